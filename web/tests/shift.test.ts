import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aheadOf, blankCheck, checkBody, checkLacks, EVERY_MS, leftUntil, numberOf, reachOf, toldLast, type StandingHere } from '../src/rules/shift.ts'
import type { Spot } from '../src/rules/spot.ts'

const NOW = Date.parse('2026-11-26T10:00:00Z')
const STANDING: StandingHere = { site_id: 's', title: 'x', headline: 'ready', place: { lon: 116.7, lat: 39.5 }, radius_m: 100, gas_limit_ppm: 10_000, shift: null, checklist: [] }
const spot = (lon: number, accuracy_m = 10): Spot => ({ lon, lat: 39.5, crs: 'wgs84', accuracy_m, source: 'device' })

test('a shift that begins without a line runs here, and its checks count', () => {
  const begun = aheadOf(STANDING, [{ kind: 'standby_begin', madeAt: NOW }])
  assert.equal(begun.shift?.checks, 0)
  assert.equal(leftUntil(begun.shift, NOW), EVERY_MS / 1000)
  const checked = aheadOf(STANDING, [{ kind: 'standby_begin', madeAt: NOW }, { kind: 'standby_check', madeAt: NOW + 1_800_000 }])
  assert.equal(checked.shift?.checks, 1)
  assert.equal(leftUntil(checked.shift, NOW), 1.5 * EVERY_MS / 1000)
})

test('a stop shows at once, an end too, and neither changes what the server said', () => {
  assert.equal(aheadOf(STANDING, [{ kind: 'standby_stop', madeAt: NOW }]).headline, 'stopped')
  const over = aheadOf(STANDING, [{ kind: 'standby_begin', madeAt: NOW }, { kind: 'standby_end', madeAt: NOW }])
  assert.equal(over.shift, null)
  assert.equal(STANDING.headline, 'ready')
})

test('a check without a shift is none', () => {
  assert.equal(aheadOf(STANDING, [{ kind: 'standby_check', madeAt: NOW }]).shift, null)
})

test('the fence is widened by the error of the phone, up to what proves nothing', () => {
  const degree = 1 / (111_320 * Math.cos((39.5 * Math.PI) / 180))
  assert.equal(reachOf(STANDING, spot(116.7 + 105 * degree))?.where, 'inside')
  assert.equal(reachOf(STANDING, spot(116.7 + 115 * degree))?.where, 'outside')
  assert.equal(Math.round(reachOf(STANDING, spot(116.7 + 115 * degree))?.off_m ?? 0), 115)
  assert.equal(reachOf(STANDING, spot(116.7 + 900 * degree, 5000))?.where, 'vague')
  assert.equal(reachOf({ ...STANDING, place: null }, spot(116.7)), null)
})

test('numbers are typed as people type them', () => {
  assert.deepEqual(['12', '1,5', ' 0 ', '', 'abc', '-3'].map(numberOf), [12, 1.5, 0, null, null, null])
})

test('a check says what it lacks, the picture first', () => {
  const said = { ...blankCheck(), answers: { a: true }, gas: '0' }
  assert.deepEqual(checkLacks(said, 0, ['a', 'b']), { what: 'picture', open: 1 })
  assert.deepEqual(checkLacks(said, 1, ['a', 'b']), { what: 'list', open: 1 })
  assert.deepEqual(checkLacks({ ...said, answers: { a: true, b: false }, gas: '' }, 1, ['a', 'b']), { what: 'gas', open: 0 })
  assert.equal(checkLacks({ ...said, answers: { a: true, b: false } }, 1, ['a', 'b']), null)
})

test('a check goes as the door takes it: what was not read is not made up', () => {
  const body = checkBody({ ...blankCheck(), answers: { a: true }, gas: '120', words: ' ' }, spot(116.7), null, '2026-11-26T10:00:00Z')
  assert.deepEqual([body.gas_ppm, body.distance_m, body.exposed, body.words, body.nonce], [120, null, null, null, null])
})

test('no shift owes no check', () => {
  assert.equal(leftUntil(null, NOW), null)
  assert.equal(leftUntil({ next_check_by: null }, NOW), null)
  assert.equal(leftUntil({ next_check_by: '2026-11-26T09:59:00Z' }, NOW), -60)
})

test('an answer that came after the list was read is what counts, a check tells of its shift', () => {
  const shift = { began_at: '2026-11-26T09:00:00Z', checks: 0, next_check_by: null, late: false, doubts: [] }
  const begun = { at: NOW + 1, answer: { ...STANDING, shift } }
  const checked = { at: NOW + 2, answer: { id: 'c', standing: { ...STANDING, shift: { ...shift, checks: 1 } } } }
  assert.equal(toldLast(STANDING, NOW, [begun]).shift?.checks, 0)
  assert.equal(toldLast(STANDING, NOW, [checked, begun]).shift?.checks, 1)
  assert.equal(toldLast(STANDING, NOW + 5, [checked, begun]).shift, null)
  assert.equal(toldLast(STANDING, NOW, [{ at: NOW + 1, answer: { site_id: 's', headline: 'stopped', violation_id: 'v' } }]).headline, 'ready')
})
