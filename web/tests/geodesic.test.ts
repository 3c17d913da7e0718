import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaOf, lengthOf, metresOf } from '../src/rules/geodesic.ts'
import type { LonLat } from '../src/api/kinds.ts'

/** As pyproj.Geod(ellps='WGS84') answers. */
const PAIRS: [LonLat, LonLat, number][] = [
  [[116.7, 39.53], [116.7001, 39.53], 8.5976],
  [[116.7, 39.53], [116.75, 39.6], 8880.4727],
  [[121.47, 31.23], [104.07, 30.67], 1662085.8575],
  [[87.6, 43.8], [113.26, 23.13], 3282209.0176],
  [[116.7, 39.5], [116.7, 39.51], 1110.2514],
]
const RINGS: [LonLat[], number][] = [
  [[[116.7, 39.53], [116.701, 39.53], [116.701, 39.531], [116.7, 39.531]], 9545.518],
  [[[116.6, 39.4], [116.9, 39.4], [116.9, 39.6], [116.6, 39.6]], 572978024.553],
  [[[113.2, 23.1], [113.5, 23.15], [113.3, 23.4]], 481961268.402],
  [[[116.7, 39.53], [116.7002, 39.5301], [116.7001, 39.5304], [116.69995, 39.5301]], 477.279],
]

test('lengths are those of the ellipsoid to a millimetre', () => {
  for (const [from, to, metres] of PAIRS) {
    assert.ok(Math.abs(metresOf(from, to) - metres) < 1e-3, `${from} ${to}`)
    assert.ok(Math.abs(metresOf(to, from) - metres) < 1e-3)
  }
  assert.equal(metresOf([116.7, 39.5], [116.7, 39.5]), 0)
  const [from, to] = [PAIRS[0]![0], PAIRS[0]![1]]
  assert.ok(Math.abs(lengthOf([from, to, from]) - 2 * PAIRS[0]![2]) < 1e-3)
  assert.equal(lengthOf([from]), 0)
  assert.equal(lengthOf([]), 0)
})

test('places that face each other across the earth are said not to be known', () => {
  assert.ok(Number.isNaN(metresOf([0, 0], [179.9, 0.01])))
})

test('areas are those of the ellipsoid to one in a hundred thousand, whichever way round', () => {
  for (const [ring, m2] of RINGS) {
    assert.ok(Math.abs(areaOf(ring) - m2) / m2 < 1e-5, `${areaOf(ring)} for ${m2}`)
    assert.ok(Math.abs(areaOf([...ring].reverse()) - m2) / m2 < 1e-5)
  }
  assert.equal(areaOf(RINGS[0]![0].slice(0, 2)), 0)
})
