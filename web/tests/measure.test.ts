import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageOf, clockTime, metres, minutesSeconds, percent, measuredArea, measuredLength } from '../src/rules/measure.ts'

test('metres carry their unit, finer when near', () => {
  assert.equal(metres(0.44), '0.4\u00a0m')
  assert.equal(metres(19.96), '20.0\u00a0m')
  assert.equal(metres(20.4), '20\u00a0m')
  assert.equal(metres(1530), '1.5\u00a0km')
  assert.equal(metres(null), null)
})

test('a chance is never rounded into certainty', () => {
  assert.equal(percent(0), '0\u00a0%')
  assert.equal(percent(0.0004), '<1\u00a0%')
  assert.equal(percent(0.5), '50\u00a0%')
  assert.equal(percent(0.9996), '>99\u00a0%')
  assert.equal(percent(1), '100\u00a0%')
  assert.equal(percent(null), null)
})

test('an age is said in its largest whole unit and never runs ahead of the clock', () => {
  const now = Date.parse('2026-11-20T01:00:00Z')
  const ago = (seconds: number) => ageOf(now - seconds * 1000, now)
  assert.deepEqual(ago(-60), { unit: 'now', n: 0 })
  assert.deepEqual(ago(4), { unit: 'now', n: 0 })
  assert.deepEqual(ago(59), { unit: 'seconds', n: 59 })
  assert.deepEqual(ago(60), { unit: 'minutes', n: 1 })
  assert.deepEqual(ago(3599), { unit: 'minutes', n: 59 })
  assert.deepEqual(ago(47 * 3600), { unit: 'hours', n: 47 })
  assert.deepEqual(ago(49 * 3600), { unit: 'days', n: 2 })
})

test('clock times are the wall clock of who reads; what is no time stays as it was', () => {
  const at = new Date(2026, 10, 20, 9, 2, 7).toISOString()
  assert.equal(clockTime(at), '11-20 09:02')
  assert.equal(clockTime(at, true), '2026-11-20 09:02:07')
  assert.equal(clockTime('soon'), 'soon')
})

test('a countdown never shows less than is left', () => {
  assert.equal(minutesSeconds(899.2), '15:00')
  assert.equal(minutesSeconds(0.1), '00:01')
  assert.equal(minutesSeconds(-5), '00:00')
})

test('what somebody measured is told closer than a distance', () => {
  assert.equal(measuredLength(12.34), '12.3\u00a0m')
  assert.equal(measuredLength(999.94), '999.9\u00a0m')
  assert.equal(measuredLength(1234.5), '1.234\u00a0km')
  assert.equal(measuredLength(NaN), '–')
  assert.equal(measuredArea(0), '0.0\u00a0m²')
  assert.equal(measuredArea(477.279), '477\u00a0m²')
  assert.equal(measuredArea(572978024.5), '572.978\u00a0km²')
})
