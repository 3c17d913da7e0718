import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BATCH, EVERY_MS, isDue, keeps, longer, pointOf, type Fix, type Length } from '../src/rules/track.ts'

const DEGREE_EAST = 1 / (111_320 * Math.cos((39.5 * Math.PI) / 180))
const fix = (metresEast: number, second: number, accuracy_m = 8): Fix => ({ lon: 116.7 + metresEast * DEGREE_EAST, lat: 39.5, accuracy_m, at: second * 1000 })
const walked = (fixes: Fix[]): number => fixes.reduce<Length>(longer, { m: 0, anchor: null }).m

test('a walk is as long as it is', () => {
  const way = Array.from({ length: 101 }, (_, n) => fix(n * 7, n * 5))
  assert.ok(Math.abs(walked(way) - 700) <= 21, String(walked(way)))
})

test('whoever stands walks nowhere, however the place trembles', () => {
  const still = Array.from({ length: 500 }, (_, n) => fix(((n * 7919) % 13) - 6, n * 5))
  assert.equal(walked(still), 0)
})

test('a vague place makes no way', () => {
  assert.equal(walked([fix(0, 0), fix(3000, 5, 2000), fix(5, 10)]), 0)
})

test('positions that come faster than three seconds say nothing new; a clock that went back is kept', () => {
  assert.equal(keeps(null, fix(0, 0)), true)
  assert.equal(keeps(fix(0, 10), fix(0, 12)), false)
  assert.equal(keeps(fix(0, 10), fix(0, 13)), true)
  assert.equal(keeps(fix(0, 10), fix(0, 1)), true)
})

test('a batch goes each minute with a line, and when many lie here without one', () => {
  assert.equal(isDue(0, EVERY_MS * 9, true), false)
  assert.equal(isDue(1, EVERY_MS - 1, true), false)
  assert.equal(isDue(1, EVERY_MS, true), true)
  assert.equal(isDue(BATCH - 1, EVERY_MS * 9, false), false)
  assert.equal(isDue(BATCH, 0, false), true)
  assert.ok(BATCH <= 500, 'the door takes no more at once')
})

test('a point makes nothing up', () => {
  const point = pointOf(3, fix(0, 0), Number.NaN, -1)
  assert.deepEqual([point.n, point.speed_mps, point.course_deg, point.at], [3, null, null, '1970-01-01T00:00:00.000Z'])
  assert.deepEqual([pointOf(0, fix(0, 0), 1.2, 0).speed_mps, pointOf(0, fix(0, 0), 1.2, 0).course_deg], [1.2, 0])
})
