import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Filing } from '../src/api/kinds.ts'
import { actsOf, beginOf, clauseOf, doneElsewhere, dueOf, emptyForm, endOf, fieldOf, formOf, inZone, queryOf, worksOf } from '../src/rules/filing.ts'

const ZONE = 'Asia/Shanghai'
const AREA = { type: 'Polygon' }
const everything = (): boolean => true

test('a day is that of the place, wherever the reader sits', () => {
  assert.deepEqual(inZone('2026-03-09T16:00:00Z', ZONE), { day: '2026-03-10', time: '00:00' })
  assert.equal(beginOf('2026-03-09T16:00:00Z', ZONE), '2026-03-10')
  assert.equal(beginOf('2026-03-09T17:30:00Z', ZONE), '2026-03-10 01:30')
  assert.equal(endOf('2026-03-20T16:00:00Z', ZONE), '2026-03-20')
  assert.equal(endOf('2026-03-20T10:00:00Z', ZONE), '2026-03-20 18:00')
})

test('a midnight that is too late itself is the end of the day before', () => {
  assert.equal(dueOf({ due_at: '2026-03-04T16:00:00Z', included: false }, ZONE), '2026-03-04 24:00')
  assert.equal(dueOf({ due_at: '2026-03-04T16:00:00Z', included: true }, ZONE), '2026-03-05 00:00')
  assert.equal(dueOf({ due_at: '2026-03-04T10:00:00Z', included: false }, ZONE), '2026-03-04 18:00')
  assert.equal(dueOf({ due_at: null, included: true }, ZONE), null)
})

type Standing = Parameters<typeof actsOf>[0]
const OPEN: Standing = { state: 'filed', answered_at: null, source: '', handed: null }
const THERE: Standing['handed'] = { filing_id: 'f', state: 'valid', answered_at: '2026-03-02T00:00:00Z' }

test('what may be done follows from state and permission', () => {
  assert.deepEqual(actsOf(OPEN, everything), ['answer', 'revise', 'renew', 'hand_over', 'cancel'])
  assert.deepEqual(actsOf({ ...OPEN, state: 'valid', answered_at: '2026-03-01T00:00:00Z' }, everything), ['revise', 'renew', 'hand_over', 'cancel'])
  assert.deepEqual(actsOf(OPEN, (one) => one === 'filing:create'), ['revise', 'renew', 'cancel'])
  assert.deepEqual(actsOf(OPEN, (one) => one === 'filing:answer'), ['answer', 'hand_over'])
  assert.deepEqual(actsOf({ ...OPEN, state: 'expired' }, everything), [])
  assert.deepEqual(actsOf({ ...OPEN, state: 'cancelled' }, everything), [])
  assert.deepEqual(actsOf(OPEN, () => false), [])
})

test('who was handed a filing answers it or sends it back, and who gave it away changes the works alone', () => {
  const received: Standing = { ...OPEN, source: 'handed_over' }
  assert.deepEqual(actsOf(received, everything), ['answer', 'hand_over', 'send_back'])
  assert.deepEqual(actsOf({ ...received, answered_at: '2026-03-01T00:00:00Z' }, everything), ['hand_over', 'send_back'])
  assert.deepEqual(actsOf(received, (one) => one === 'filing:create'), [])
  assert.deepEqual(actsOf({ ...received, handed: THERE }, everything), []) // it comes back first from where it is now
  assert.deepEqual(actsOf({ ...OPEN, handed: THERE }, everything), ['revise', 'renew', 'cancel'])
  assert.deepEqual(actsOf({ ...OPEN, source: 'list', handed: THERE }, everything), ['revise', 'renew', 'cancel'])
})

test('what another operator did is not the doing of the house', () => {
  assert.equal(doneElsewhere({ actor: null, kind: 'filed' }, 'handed_over'), true)
  assert.equal(doneElsewhere({ actor: null, kind: 'revised' }, 'handed_over'), true)
  assert.equal(doneElsewhere({ actor: null, kind: 'checked' }, 'handed_over'), false)
  assert.equal(doneElsewhere({ actor: null, kind: 'answered' }, 'handed_over'), false)
  assert.equal(doneElsewhere({ actor: 'Li', kind: 'cancelled' }, 'handed_over'), false)
  assert.equal(doneElsewhere({ actor: null, kind: 'returned' }, ''), true)
  assert.equal(doneElsewhere({ actor: null, kind: 'filed' }, 'list'), false)
})

test('a form begins in a week, by the clock of the place, and leaves out what nobody wrote', () => {
  const form = emptyForm(Date.parse('2026-03-01T17:00:00Z'), ZONE)
  assert.deepEqual([form.from, form.until], ['2026-03-09', '2026-03-16'])
  const works = worksOf(form, AREA)
  assert.deepEqual([works.depth_m, works.hours, works.parties, works.place], [null, null, [], null])
  Object.assign(form, { depth: '2.5', fromTime: '08:30', opens: '22:00', shuts: '05:00', place: ' CN-HE ' })
  form.parties[0]!.name = ' 水务局 '
  const said = worksOf(form, AREA)
  assert.deepEqual([said.depth_m, said.valid_from, said.valid_until, said.place], [2.5, '2026-03-09T08:30', '2026-03-16', 'CN-HE'])
  assert.deepEqual([said.hours, said.parties], [{ opens: '22:00', shuts: '05:00' }, [{ role: 'owner', name: '水务局', contact: '', code: '' }]])
})

test('a slip in the depth is sent as it was written, never as an empty field', () => {
  const depth = (typed: string): unknown => worksOf({ ...emptyForm(0, ZONE), depth: typed }, AREA).depth_m
  assert.deepEqual(['3m', '约2米', '2,5', ' ', '0'].map(depth), ['3m', '约2米', 2.5, null, 0])
})

test('what is filed comes back into the form as it was sent', () => {
  const filed = {
    urgent: false, method: 'piling', machines: ['other'], depth_m: 6, valid_from: '2026-03-09T16:00:00Z', valid_until: '2026-03-20T10:00:00Z',
    time_zone: ZONE, hours: { opens: '22:00:00', shuts: '05:00:00' }, parties: [{ role: 'owner', name: '甲', contact: '1', code: '' }], words: '桩', place: 'CN-HE-langfang',
    source: 's', source_id: '7',
  } as unknown as Filing
  assert.deepEqual(worksOf(formOf(filed), AREA), {
    area: AREA, method: 'piling', machines: ['other'], valid_from: '2026-03-10', valid_until: '2026-03-20T18:00', depth_m: 6,
    hours: { opens: '22:00', shuts: '05:00' }, parties: [{ role: 'owner', name: '甲', contact: '1', code: '' }], urgent: false, words: '桩',
    place: 'CN-HE-langfang',
  })
})

test('an error finds its field, however deep it lies', () => {
  assert.equal(fieldOf('area'), 'area')
  assert.equal(fieldOf('body.act.revise.works.valid_until'), 'valid_until')
  assert.equal(fieldOf('body.parties.0.name'), 'parties')
  assert.equal(fieldOf('version'), null)
  assert.equal(fieldOf(undefined), null)
})

test('a product default says only what it rests on', () => {
  assert.equal(clauseOf({ law: true, clause: '城镇燃气管理条例 第三十七条' }), '城镇燃气管理条例 第三十七条')
  assert.equal(clauseOf({ law: false, clause: 'product default, not law; the strictest notice' }), 'the strictest notice')
  assert.equal(clauseOf({ law: false, clause: 'product default, not law (domain.md 3.9)' }), 'domain.md 3.9')
  assert.equal(clauseOf({ law: false, clause: 'product default, not law' }), '')
})

test('the address of the list says what it asks, and nonsense asks nothing', () => {
  const asked = (said: Record<string, string>): unknown => queryOf((name) => said[name] ?? '')
  assert.deepEqual(asked({}), { limit: 50, late_first: true })
  assert.deepEqual(asked({ order: 'newest', state: 'valid', q: '市政', late: 'yes' }), { limit: 50, late_first: false, state: 'valid', q: '市政', late: true })
  assert.deepEqual(asked({ from: '2026-03-10', until: '2026-03-10' }), {
    limit: 50, late_first: true, since: '2026-03-09T16:00:00.000Z', until: '2026-03-10T16:00:00.000Z',
  })
  assert.deepEqual(asked({ state: 'gone', from: 'x', until: '2026-99-99' }), { limit: 50, late_first: true })
})

test('who is only named on works does nothing to them', () => {
  const may = (): boolean => true
  const works = { state: 'filed', answered_at: null, source: '', handed: null } as const
  assert.ok(actsOf(works, may).length > 0)
  assert.deepEqual(actsOf({ ...works, part: 'owner' }, may), [])
  assert.deepEqual(actsOf({ ...works, part: null }, may), actsOf(works, may))
})
