import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LonLat } from '../src/api/kinds.ts'
import { cornerLines, cornersOf, crossings, dropCorner, fromGeoJson, groundFlaw, groundM2, linesOf, moveCorner, readGround, toGeoJson } from '../src/rules/area.ts'

const SQUARE: LonLat[] = [[116.7, 39.5], [116.701, 39.5], [116.701, 39.501], [116.7, 39.501]]
const BOW: LonLat[] = [[116.7, 39.5], [116.702, 39.502], [116.702, 39.5], [116.7, 39.502]]
const polygon = (ring: LonLat[]): unknown => ({ type: 'Polygon', coordinates: [[...ring, ring[0]]] })

test('a bow tie is told, and where its sides cross', () => {
  assert.equal(groundFlaw([[SQUARE]]), null)
  assert.deepEqual(crossings(SQUARE), [])
  const [at] = crossings(BOW)
  assert.ok(Math.abs((at?.[0] ?? 0) - 116.701) < 1e-9 && Math.abs((at?.[1] ?? 0) - 39.501) < 1e-9)
  assert.equal(groundFlaw([[BOW]]), 'crosses')
  assert.equal(groundFlaw([]), 'none')
  assert.equal(groundFlaw([[SQUARE.slice(0, 2)]]), 'few')
  assert.equal(groundFlaw([[[[116, 39], [116.2, 39], [116.2, 39.2], [116, 39.2]]]]), 'large')
})

test('square metres are those of the ground, less its holes', () => {
  const whole = groundM2([[SQUARE]])
  assert.ok(Math.abs(whole - 9542) < 20, String(whole))
  const hole: LonLat[] = [[116.7002, 39.5002], [116.7004, 39.5002], [116.7004, 39.5004], [116.7002, 39.5004]]
  assert.ok(groundM2([[SQUARE, hole]]) < whole - 300)
})

test('GeoJSON is read in every form, and what is no area of degrees is refused', () => {
  const expected = { ground: [[SQUARE]], crs: null }
  assert.deepEqual(readGround(JSON.stringify(polygon(SQUARE))), expected)
  assert.deepEqual(readGround(JSON.stringify({ type: 'Feature', geometry: polygon(SQUARE), properties: {} })), expected)
  const feature = { type: 'Feature', geometry: polygon(SQUARE), properties: {} }
  assert.deepEqual(readGround(JSON.stringify({ type: 'FeatureCollection', features: [feature] })), expected)
  assert.deepEqual(fromGeoJson({ ...(polygon(SQUARE) as object), crs: { properties: { name: 'EPSG:4326' } } }), { ...expected, crs: 'EPSG:4326' })
  assert.deepEqual(fromGeoJson({ ...(polygon(SQUARE) as object), crs: { properties: { name: 'EPSG:4547' } } }), { flaw: 'other_crs', crs: 'EPSG:4547' })
  assert.deepEqual(readGround('{"type": "LineString", "coordinates": [[1, 2], [3, 4]]}'), { flaw: 'no_area', crs: null })
  assert.deepEqual(readGround('{"type": "FeatureCollection", "features": []}'), { flaw: 'no_area', crs: null })
  assert.deepEqual(readGround('{"type": "Polygon", "coordinates": [[[500000, 4372000], [500010, 4372000], [500010, 4372010]]]}'), { flaw: 'other_degrees', crs: null })
  assert.deepEqual(readGround('{"type": "Polygon", "coordinates": [[["a", 2]]]}'), { flaw: 'no_area', crs: null })
  assert.deepEqual(readGround('{"type":'), { flaw: 'not_read', crs: null })
})

test('corners may be typed, one a line', () => {
  const lines = '116.7, 39.5\n116.701，39.5\n 116.701 39.501\n\n116.7;39.501'
  assert.deepEqual(readGround(lines), { ground: [[SQUARE]], crs: null })
  assert.equal(cornerLines([[SQUARE]]), '116.7, 39.5\n116.701, 39.5\n116.701, 39.501\n116.7, 39.501')
  assert.equal(cornerLines([[SQUARE], [SQUARE]]), null)
  assert.deepEqual(readGround('somewhere'), { flaw: 'not_read', crs: null })
  assert.deepEqual(readGround(''), { flaw: 'not_read', crs: null })
})

test('what is sent is closed, rounded, and comes back the same', () => {
  assert.deepEqual(toGeoJson([[SQUARE]]), polygon(SQUARE))
  const two = toGeoJson([[SQUARE], [SQUARE]])
  assert.equal(two.type, 'MultiPolygon')
  assert.deepEqual(fromGeoJson(two), { ground: [[SQUARE], [SQUARE]], crs: null })
  assert.deepEqual(toGeoJson([[[[116.70000000004, 39.5], ...SQUARE.slice(1)]]]), polygon(SQUARE))
})

test('corners are moved and dropped, and a ring with too few goes', () => {
  const corner = { part: 0, ring: 0, at: 1 }
  assert.deepEqual(moveCorner([[SQUARE]], corner, [116.8, 39.6])[0]?.[0]?.[1], [116.8, 39.6])
  assert.deepEqual(dropCorner([[SQUARE]], corner), [[[SQUARE[0], SQUARE[2], SQUARE[3]]]])
  assert.deepEqual(cornersOf([[SQUARE.slice(0, 3)], [SQUARE]]).map((one) => `${one.part}${one.at}`), ['00', '01', '02', '10', '11', '12', '13'])
  assert.deepEqual(dropCorner([[SQUARE.slice(0, 3)]], corner), [])
  assert.deepEqual(dropCorner([[SQUARE, SQUARE.slice(0, 3)]], { part: 0, ring: 1, at: 0 }), [[SQUARE]])
})

test('what a list drew of works without an area is a line or a point', () => {
  const [a, b] = SQUARE as [LonLat, LonLat]
  assert.deepEqual(linesOf({ type: 'Point', coordinates: a }), [[a]])
  assert.deepEqual(linesOf({ type: 'MultiPoint', coordinates: [a, b] }), [[a], [b]])
  assert.deepEqual(linesOf({ type: 'LineString', coordinates: [a, b] }), [[a, b]])
  assert.deepEqual(linesOf({ type: 'MultiLineString', coordinates: [[a, b]] }), [[a, b]])
  assert.deepEqual(linesOf({ type: 'GeometryCollection', geometries: [{ type: 'Point', coordinates: a }, { type: 'LineString', coordinates: [a, b] }] }), [[a], [a, b]])
  assert.deepEqual(linesOf({ type: 'Polygon', coordinates: [SQUARE] }), [])
})
