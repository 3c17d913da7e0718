import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Site } from '../src/api/kinds.ts'
import { ahead, codesFor, lacksOf, newestOf, walkAct, walkOf, type Walked, type WalkStep } from '../src/rules/walk.ts'

const AT = '2026-11-26T10:00:00Z'

function site(more: Partial<Site> = {}): Site {
  return {
    id: 's', tenant_id: 't', version: 4, alarm_id: 'a', clue: 'accepted', state: 'verifying', headline: 'verifying', since: AT, zone: 'protection',
    level: 1, lon: 116.7, lat: 39.5, owner_id: 'me', owner_name: 'Wang', owned_since: null, accepted_at: null, arrived_at: null,
    verified: null, standby_at: null, watched_until: null, passed: [], violations: [], stops: [], reports: [], disputes: [], repair: null, strike: null,
    merged_into: null, filed: 'unknown', filed_id: null, filed_score: null, filed_at: null, compound: null, contractor_id: null, risk_score: null, risk_level: 1,
    open: true, opened_at: AT, ended_at: null, next_due_at: null, next_duty: null, pipe_id: null, distance_m: null, seen_at: null, ...more,
  }
}
const SAID: Walked = { code: '', words: '', pictures: [], place: null, signed: '', refused: false, witness: '' }
const PLACE = { lon: 116.7, lat: 39.5, accuracy_m: 12 }
const main = (one: Site, me = 'me'): WalkStep[] => walkOf(one, me).main

test('each step leads to the next, with a line or without', () => {
  const acts = [
    { kind: 'accept' }, { kind: 'arrive' }, { kind: 'verify', true: true }, { kind: 'advance', to: 'notified' },
  ]
  const seen = [0, 1, 2, 3, 4].map((n) => main(ahead(site(), acts.slice(0, n), 'me', AT)))
  assert.deepEqual(seen, [['accept'], ['arrive'], ['verify_true', 'verify_false'], ['notify'], []])
})

test('what was found false is over here before the server says so', () => {
  const now = ahead(site({ accepted_at: AT, arrived_at: AT }), [{ kind: 'verify', true: false }], 'me', AT)
  assert.equal(now.open, false)
  assert.deepEqual(walkOf(now, 'me'), { main: [], rest: ['note'] })
})

test('a site that waits in the queue is not changed itself', () => {
  const one = site()
  ahead(one, [{ kind: 'stop', reason: 'gas' }, { kind: 'decline' }], 'me', AT)
  assert.equal(one.stops.length, 0)
  assert.equal(one.owner_id, 'me')
})

test('who gave it back is offered no acceptance, and somebody else never', () => {
  assert.deepEqual(main(ahead(site(), [{ kind: 'decline' }], 'me', AT)), ['arrive'])
  assert.deepEqual(main(site(), 'somebody'), ['arrive'])
})

test('a stop order that holds is not given twice', () => {
  assert.ok(walkOf(site({ accepted_at: AT }), 'me').rest.includes('stop'))
  assert.ok(!walkOf(ahead(site({ accepted_at: AT }), [{ kind: 'stop' }], 'me', AT), 'me').rest.includes('stop'))
})

test('every step says the first thing that it lacks', () => {
  const lacks = (step: WalkStep, more: Partial<Walked> = {}) => lacksOf(step, { ...SAID, ...more })
  assert.equal(lacks('accept'), null)
  assert.equal(lacks('arrive'), 'place')
  assert.equal(lacks('arrive', { place: PLACE }), null)
  assert.equal(lacks('arrive', { pictures: ['p'] }), null)
  assert.equal(lacks('verify_true'), 'code')
  assert.equal(lacks('verify_true', { code: 'digging' }), 'picture')
  assert.equal(lacks('verify_false', { code: 'duplicate', pictures: ['p'] }), null)
  assert.equal(lacks('stop'), 'words')
  assert.equal(lacks('stop', { words: ' ' }), 'words')
  assert.equal(lacks('note'), 'words')
  assert.equal(lacks('note', { pictures: ['p'] }), null)
  assert.equal(lacks('notify'), 'signed')
  assert.equal(lacks('notify', { refused: true }), 'witness')
  assert.equal(lacks('notify', { refused: true, pictures: ['p'] }), null)
  assert.equal(lacks('notify', { refused: true, witness: '李' }), null)
})

test('acts go as the API takes them', () => {
  const full: Walked = { code: 'digging', words: ' 挖机 ', pictures: ['p'], place: PLACE, signed: ' 张工长 ', refused: false, witness: '' }
  assert.deepEqual(walkAct('accept', full), { kind: 'accept' })
  assert.deepEqual(walkAct('stop', full), { kind: 'stop', reason: '挖机' })
  assert.deepEqual(walkAct('note', full), { kind: 'note', words: '挖机', shown: ['p'] })
  const arrive = walkAct('arrive', full) as { proof: Record<string, unknown> }
  assert.deepEqual([arrive.proof.lon, arrive.proof.lat, arrive.proof.accuracy_m], [116.7, 39.5, 12])
  assert.deepEqual((walkAct('verify_false', { ...full, code: 'duplicate' }) as { true: boolean; code: string }).true, false)
  const notify = walkAct('notify', full) as { to: string; proof: { signed_by: string[] } }
  assert.deepEqual([notify.to, notify.proof.signed_by], ['notified', ['张工长']])
})

test('who refuses has not signed, whatever was typed before', () => {
  const act = walkAct('notify', { ...SAID, signed: '张工长', refused: true, witness: '李' }) as { proof: { signed_by: string[]; refused: boolean; witness: string } }
  assert.deepEqual([act.proof.signed_by, act.proof.refused, act.proof.witness], [[], true, '李'])
})

test('the reason that patrollers need most stands first, and each once', () => {
  const codes = codesFor('verify_false')
  assert.equal(codes[0], 'duplicate')
  assert.equal(new Set(codes).size, codes.length)
  assert.deepEqual(codesFor('arrive'), [])
})

test('an answer to an act is newer than what was read before it, and no older one counts', () => {
  const read = site({ version: 4 })
  const answered = { ...site({ version: 6, arrived_at: AT }) }
  assert.equal(newestOf(read, [answered, site({ version: 5 })]).arrived_at, AT)
  assert.equal(newestOf(site({ version: 7 }), [answered]).arrived_at, null)
  assert.equal(newestOf(read, [{ ...answered, id: 'another' }, {}]).version, 4)
})
