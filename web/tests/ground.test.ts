import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LonLat, Ring } from '../src/api/kinds.ts'
import { boxAround, boxOf, circle, closed, inRings, joined, metresBetween, parsePlace } from '../src/rules/ground.ts'

const HERE: LonLat = [116.7, 39.53]

test('a degree of latitude is 111.2 km, one of longitude is shorter by the cosine', () => {
  assert.ok(Math.abs(metresBetween([116.7, 39], [116.7, 40]) - 111_195) < 1)
  assert.ok(Math.abs(metresBetween([116, 39.53], [117, 39.53]) / 111_195 - Math.cos((39.53 * Math.PI) / 180)) < 1e-4)
  assert.equal(metresBetween(HERE, HERE), 0)
})

test('every point of a circle is its radius away, and the ring is closed', () => {
  const ring = circle(HERE, 25)
  assert.equal(ring.length, 49)
  assert.deepEqual(ring[0], ring.at(-1))
  for (const point of ring) assert.ok(Math.abs(metresBetween(HERE, point) - 25) < 0.05)
})

test('closing is done once', () => {
  const open: Ring = [[0, 0], [1, 0], [1, 1]]
  assert.equal(closed(open).length, 4)
  assert.equal(closed(closed(open)).length, 4)
  assert.deepEqual(closed([]), [])
})

test('boxes hold what they were made of', () => {
  const [west, south, east, north] = boxAround(HERE, 100)
  assert.ok(Math.abs(metresBetween([west, HERE[1]], [east, HERE[1]]) - 200) < 0.5)
  assert.ok(Math.abs(metresBetween([HERE[0], south], [HERE[0], north]) - 200) < 0.5)
  assert.equal(boxOf([]), null)
  assert.deepEqual(joined([0, 0, 1, 1], [-1, 0.5, 0.5, 3]), [-1, 0, 1, 3])
  assert.deepEqual(joined(null, [1, 2, 3, 4]), [1, 2, 3, 4])
})

test('inside is inside, a hole is outside', () => {
  const square: Ring = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
  const hole: Ring = [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]
  assert.equal(inRings([0.5, 0.5], [square, hole]), true)
  assert.equal(inRings([2, 2], [square, hole]), false)
  assert.equal(inRings([5, 2], [square, hole]), false)
})

test('a typed place is two numbers on the globe or nothing', () => {
  assert.deepEqual(parsePlace(' 116.7, 39.53 '), [116.7, 39.53])
  assert.deepEqual(parsePlace('116.7，39.53'), [116.7, 39.53])
  for (const wrong of ['', '116.7', '116.7, north', '39.53, 116.7', '116.7, 39.53, 4', '200, 10']) assert.equal(parsePlace(wrong), null)
})
