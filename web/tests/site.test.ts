import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Onward, Site, SiteRefusal } from '../src/api/kinds.ts'
import { outcomeOf } from '../src/rules/government.ts'
import { actOf, leftOf, namesIn, offersOf, type Filled } from '../src/rules/site.ts'

const NOW = Date.parse('2026-11-25T10:00:00Z')
const STOPPED: SiteRefusal = { code: 'stopped', field: 'state', reason: 'a stop order holds', clause: '第三十六条', fix: 'resume' }

function site(more: Partial<Site> = {}): Site {
  return {
    id: 's', tenant_id: 't', version: 4, alarm_id: 'a', clue: 'accepted', state: 'verifying', headline: 'verifying', since: '2026-11-25T09:00:00Z', zone: 'protection',
    level: 1, lon: 116.7, lat: 39.5, owner_id: 'me', owner_name: 'Wang', owned_since: null, accepted_at: '2026-11-25T09:01:00Z', arrived_at: null,
    verified: null, standby_at: null, watched_until: null, passed: [], violations: [], stops: [], reports: [], disputes: [], repair: null, strike: null,
    merged_into: null, filed: 'unknown', filed_id: null, filed_score: null, filed_at: null, compound: null, contractor_id: null, risk_score: null, risk_level: 1,
    open: true, opened_at: '2026-11-25T09:00:00Z', ended_at: null, next_due_at: null, next_duty: null, pipe_id: null, distance_m: null, seen_at: null, ...more,
  }
}

function onward(more: Partial<Onward> = {}): Onward {
  return { version: 4, may_work: true, may_decide: false, steps: [], kinds: [], records: [], parties: [], roles: [], machines: [], ...more }
}

const NEEDS = { document: '告知函', clause: '第三十四条', pictures: 0, signatures: 1, words: false, position: false, refusal: true }
const FILLED: Filled = {
  reason: 'r', words: 'w', pictures: ['p'], signed_by: 'a\nb、a', refused: false, witness: '', place: [1, 2], accuracy: 5, code: 'digging', person: 'x',
  utility: 'water', to: '城管', until: '2026-12-01', answer: 'yes', violation: 'V-PLAN',
  outcome: { measure: 'fine', amount: '5000', document: '城执 7 号', clause: '第四十二条' }, by: '某建', upheld: false, experts: '甲\n乙，甲',
}
const names = (one: Site, next: Onward, me = 'me'): string[] => offersOf(one, next, me).map((each) => each.name)

test('who may not work is offered nothing', () => {
  assert.deepEqual(names(site(), onward({ may_work: false })), [])
})

test('the owner accepts, arrives and then says what is there', () => {
  assert.equal(names(site({ accepted_at: null }), onward())[0], 'accept')
  assert.ok(!names(site({ accepted_at: null }), onward(), 'somebody').includes('accept'))
  assert.equal(names(site(), onward())[0], 'arrive')
  assert.deepEqual(names(site({ arrived_at: '2026-11-25T09:10:00Z' }), onward()).slice(0, 2), ['verify_true', 'verify_false'])
})

test('a step asks for what it needs, and a refused one stands behind with its reason', () => {
  const steps: Onward['steps'] = [
    { act: 'complete', to: 'completed', needs: null, evidence: null, refused: [STOPPED] },
    { act: 'notify', to: 'notified', needs: NEEDS, evidence: null, refused: [] },
  ]
  const found = offersOf(site({ state: 'notified' }), onward({ steps }), 'me')
  assert.deepEqual(found[0]?.fields, ['signed_by', 'refused', 'witness'])
  assert.equal(found[0]?.name, 'notify')
  assert.equal(found.find((one) => one.name === 'complete')?.refused[0]?.code, 'stopped')
})

test('only who decides assigns, ends, resumes, reports and closes', () => {
  const steps: Onward['steps'] = [
    { act: 'close', to: 'closed', needs: null, evidence: null, refused: [] },
    { act: 'end_exempt', to: 'exempt', needs: null, evidence: null, refused: [] },
    { act: 'end_false', to: 'false', needs: null, evidence: null, refused: [] },
  ]
  const stop = { id: 'st', reason: 'r', ordered_at: '2026-11-25T09:00:00Z', refused_at: null, resumed_at: null }
  const one = site({ state: 'completed', stops: [stop] })
  const works = names(one, onward({ steps }))
  for (const name of ['close', 'end_exempt', 'end_false', 'assign', 'resume', 'report']) assert.ok(!works.includes(name), name)
  const decides = names(one, onward({ steps, may_decide: true }))
  for (const name of ['close', 'end_exempt', 'end_false', 'assign', 'resume', 'report']) assert.ok(decides.includes(name), name)
  assert.ok(works.includes('refuse_stop'))
  assert.ok(!works.includes('stop')) // one holds already
})

test('what hangs on a site is offered as long as it is open', () => {
  const violation = { id: 'v', code: 'V-PLAN', severity: 'major', clause: 'c', reason: 'r', opened_at: '2026-11-25T09:00:00Z', due_at: null, fixed_at: null } as const
  const one = site({ state: 'ready', violations: [violation], repair: { declared_at: '2026-11-25T09:00:00Z', utility: 'water', papers_at: null } })
  const check = { step: 'standby_check', zh: '旁站签到', en: 'Check-in', document: 'd', clause: 'c', law: true, pictures: 0, position: true, refusal: false, fields: [], refused: [], known: [], done: false }
  const found = offersOf(one, onward({ records: [check] }), 'me')
  assert.equal(found[0]?.name, 'fix')
  assert.equal(found[0]?.about, 'v')
  const told = found.map((each) => each.name)
  assert.ok(told.includes('repair_papers') && told.includes('standby') && !told.includes('repair'))
  assert.ok(!names(site({ violations: [{ ...violation, fixed_at: '2026-11-25T09:30:00Z' }] }), onward()).includes('fix'))
})

test('an ended site is only noted, or opened again', () => {
  const steps: Onward['steps'] = [{ act: 'reopen', to: 'discovered', needs: null, evidence: null, refused: [] }]
  assert.deepEqual(names(site({ open: false, state: 'closed' }), onward({ steps, may_decide: true })), ['reopen', 'note'])
  assert.deepEqual(names(site({ open: false, state: 'closed' }), onward({ steps })), ['note'])
})

test('an act carries what the API asks of its kind and nothing else', () => {
  const offer = { to: null, about: 'o', needs: null, evidence: null, refused: [], main: false, fields: [], name: '' }
  const proof = { pictures: ['p'], words: 'w', signed_by: ['a', 'b'], refused: false, witness: '', lon: 1, lat: 2, accuracy_m: 5 }
  assert.deepEqual(actOf({ ...offer, kind: 'resume' }, FILLED), { kind: 'resume', stop_id: 'o', proof })
  assert.deepEqual(actOf({ ...offer, kind: 'advance', to: 'filed' }, FILLED), { kind: 'advance', to: 'filed', proof })
  assert.deepEqual(actOf({ ...offer, kind: 'verify', name: 'verify_false' }, { ...FILLED, code: 'other', place: null }), {
    kind: 'verify', true: false, code: 'other', proof: { ...proof, lon: null, lat: null, accuracy_m: null },
  })
  assert.deepEqual(actOf({ ...offer, kind: 'assign' }, FILLED), { kind: 'assign', person_id: 'x', why: 'r' })
  assert.deepEqual(actOf({ ...offer, kind: 'end', to: 'exempt', fields: ['until'] }, FILLED), {
    kind: 'end', to: 'exempt', code: 'digging', reason: 'r', until: '2026-12-01T23:59:59+08:00',
  })
  assert.deepEqual(actOf({ ...offer, kind: 'violate' }, FILLED), { kind: 'violate', code: 'V-PLAN', reason: 'r' })
  assert.deepEqual(actOf({ ...offer, kind: 'report' }, FILLED), { kind: 'report', reason: 'r', to: '城管' })
  assert.deepEqual(actOf({ ...offer, kind: 'answer' }, FILLED), { kind: 'answer', report_id: 'o', answer: 'yes', outcome: outcomeOf(FILLED.outcome) })
  assert.deepEqual(actOf({ ...offer, kind: 'note' }, FILLED), { kind: 'note', words: 'w', shown: ['p'] })
  assert.deepEqual(actOf({ ...offer, kind: 'accept' }, FILLED), { kind: 'accept' })
  assert.deepEqual(namesIn(' a ; b\n\n a'), ['a', 'b'])
})

test('the countdown runs past its end and stops with the site', () => {
  assert.equal(leftOf(site({ next_due_at: '2026-11-25T10:01:30Z' }), NOW), 90)
  assert.equal(leftOf(site({ next_due_at: '2026-11-25T09:59:00Z' }), NOW), -60)
  assert.equal(leftOf(site(), NOW), null)
  assert.equal(leftOf(site({ next_due_at: '2026-11-25T10:01:30Z', open: false }), NOW), null)
})

test('an answer carries what was decided, and a fine in 分', () => {
  const report = { id: 'rp', to: '城管', reason: 'r', reported_at: '2026-11-25T09:00:00Z', acknowledged_at: null, answered_at: null, answer: '', outcome: null }
  const answer = offersOf(site({ reports: [report] }), onward({ may_decide: true }), 'me').find((one) => one.name === 'answer')!
  assert.deepEqual(answer.fields, ['answer', 'outcome'])
  assert.deepEqual(actOf(answer, FILLED), {
    kind: 'answer', report_id: 'rp', answer: 'yes', outcome: { measure: 'fine', amount_fen: 500_000, document: '城执 7 号', clause: '第四十二条' },
  })
})

test('a plan is disputed before it is signed, by one party at a time, and reviewed by who decides', () => {
  const open = { id: 'd', by: '某建', reason: 'r', opened_at: '2026-11-25T09:00:00Z', reviewed_at: null, upheld: null, experts: [], words: '' }
  const briefed = site({ state: 'briefed' })
  assert.ok(names(briefed, onward()).includes('dispute'))
  assert.ok(!names(site({ state: 'plan_signed' }), onward()).includes('dispute'))
  const disputed = site({ state: 'briefed', disputes: [open] })
  assert.ok(!names(disputed, onward({ may_decide: true })).includes('dispute'))
  assert.equal(names(disputed, onward({ may_decide: true }))[0], 'review_plan')
  assert.ok(!names(disputed, onward()).includes('review_plan'))
  const over = { ...open, reviewed_at: '2026-11-25T10:00:00Z', upheld: true }
  assert.ok(names(site({ state: 'briefed', disputes: [over] }), onward()).includes('dispute'))
  const find = (one: Site, name: string) => offersOf(one, onward({ may_decide: true }), 'me').find((each) => each.name === name)!
  assert.deepEqual(actOf(find(briefed, 'dispute'), FILLED), { kind: 'dispute', reason: 'r', by: '某建' })
  assert.deepEqual(actOf(find(disputed, 'review_plan'), FILLED), { kind: 'review_plan', dispute_id: 'd', upheld: false, experts: ['甲', '乙'], words: 'w' })
})
