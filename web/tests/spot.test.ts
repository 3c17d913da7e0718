import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearingOf, halfSide, movedBy, offsetOf, spotOf } from '../src/rules/spot.ts'
import type { LonLat } from '../src/api/kinds.ts'

const HERE: LonLat = [116.7, 39.53]

test('a place always says its system and how sure it is, within what the server takes', () => {
  assert.deepEqual(spotOf({ longitude: 116.7, latitude: 39.53, accuracy: 11.2 }), { lon: 116.7, lat: 39.53, crs: 'wgs84', accuracy_m: 12, source: 'device' })
  assert.equal(spotOf({ longitude: 0, latitude: 0, accuracy: 0 }).accuracy_m, 1)
  assert.equal(spotOf({ longitude: 0, latitude: 0, accuracy: 5_000_000 }).accuracy_m, 20_000)
})

test('metres and degrees go back and forth', () => {
  for (const away of [[0, 0], [30, -40], [-800, 1200]] as [number, number][]) {
    const [east, north] = offsetOf(movedBy(HERE, away), HERE)
    assert.ok(Math.abs(east - away[0]) < 1e-6 && Math.abs(north - away[1]) < 1e-6)
  }
})

test('a degree of longitude is shorter in the north', () => {
  const east = offsetOf([HERE[0] + 0.001, HERE[1]], HERE)[0]
  assert.ok(Math.abs(east - 85.87) < 0.1, String(east))
})

test('the plan shows all, in round figures', () => {
  assert.equal(halfSide([], HERE, 30), 50)
  assert.equal(halfSide([movedBy(HERE, [95, 0])], HERE, 30), 200)
  assert.equal(halfSide([movedBy(HERE, [0, -1500])], HERE, 30), 2000)
  assert.equal(halfSide([movedBy(HERE, [90_000, 0])], HERE, 30), 5000)
})

test('eight words of direction', () => {
  const words = [[0, 9], [9, 9], [9, 0], [9, -9], [0, -9], [-9, -9], [-9, 0], [-9, 9]].map((away) => bearingOf(movedBy(HERE, away as [number, number]), HERE))
  assert.deepEqual(words, ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'])
})
