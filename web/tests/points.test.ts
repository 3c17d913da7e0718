import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CalibrationTrial, DraftPoint } from '../src/api/kinds.ts'
import { gradeOf, lacking, mayActivate, MOST, nudged, pasted, pixelOf, setPixel, setPlace, typed, wholeOf, type Known } from '../src/rules/points.ts'

const PIXEL: DraftPoint = { pixel: [10, 20], note: '' }
const WHOLE: DraftPoint = { pixel: [10, 20], lon: 116.7, lat: 39.5, note: '' }

test('a click in the picture and one on the map make a pair, in either order', () => {
  const first = setPixel([], null, [10, 20])
  assert.deepEqual(first, { points: [PIXEL], at: 0 })
  const pair = setPlace(first.points, null, [116.7, 39.5])
  assert.deepEqual(pair, { points: [WHOLE], at: 0 })
  const next = setPlace(pair.points, null, [116.8, 39.6])
  assert.deepEqual([next.at, next.points[1]], [1, { note: '', lon: 116.8, lat: 39.6 }])
  assert.deepEqual(setPixel(next.points, null, [1, 2]).points[1], { note: '', lon: 116.8, lat: 39.6, pixel: [1, 2] })
})

test('the point chosen is moved, and no other', () => {
  const moved = setPixel([WHOLE, PIXEL], 0, [5, 6])
  assert.deepEqual(moved.points, [{ ...WHOLE, pixel: [5, 6] }, PIXEL])
  const full = Array.from({ length: MOST }, () => WHOLE)
  assert.equal(setPixel(full, null, [1, 1]).points.length, MOST)
})

test('only pairs are tried, and it is known which they are', () => {
  const found = wholeOf([PIXEL, WHOLE, { lon: 0, lat: 0, note: '' }, { ...WHOLE, lat: null }])
  assert.deepEqual(found, { at: [1], points: [{ pixel: [10, 20], lon: 116.7, lat: 39.5 }] })
  assert.deepEqual(wholeOf([{ ...WHOLE, lon: 0, lat: 0 }]).at, [0], 'the Gulf of Guinea is a place')
})

test('a place in the picture is a pixel of its own size, and arrows move it by one', () => {
  assert.deepEqual(pixelOf([0.5, 0.25], [1280, 720]), [640, 180])
  assert.deepEqual(nudged([0.5, 0.5], 'ArrowRight', false, [1000, 500]), [0.501, 0.5])
  assert.deepEqual(nudged([0, 0.5], 'ArrowLeft', true, [1000, 500]), [0, 0.5])
  assert.equal(nudged([0, 0], 'a', false, [1000, 500]), null)
})

test('numbers are typed and pasted as people write them', () => {
  assert.equal(typed(' 12,5 '), 12.5)
  assert.equal(typed(''), null)
  assert.equal(typed('x'), null)
  const found = pasted('10\t20\t116.7\t39.5\t井盖\n\n30, 40, 116.8, 39.6\n39.5,116.7\n1,2,200,3\n,,1,2')
  assert.deepEqual(found.points, [{ ...WHOLE, note: '井盖' }, { pixel: [30, 40], lon: 116.8, lat: 39.6, note: '' }])
  assert.deepEqual(found.bad, ['39.5,116.7', '1,2,200,3', ',,1,2'])
})

test('an error is judged by how well one clicks', () => {
  const off = (px: number | null): CalibrationTrial['points'][number] => ({ off_m: 0.1, off_px: px, left_out_m: null, sigma_m: 0.2, seen: null, placed: [0, 0] })
  assert.deepEqual([off(3), off(7), off(9), off(null)].map((one) => gradeOf(one, 2)), ['good', 'fair', 'bad', 'bad'])
})

const trial = (refusal: CalibrationTrial['refusal']): CalibrationTrial => ({
  refusal, points: [], report: null, warnings: [], suspect: null, beyond: null, far_m: null, reach_m: null, drawing: null,
})
const KNOWN: Known = {
  points: [WHOLE, WHOLE, WHOLE, WHOLE], trial: trial(null), looked: true, corridor: true, reference: true, testedAt: '2026-11-20T00:00:00Z', calibration: null, changed: true,
}

test('each step says what it still lacks', () => {
  assert.deepEqual(Object.values(lacking(KNOWN)), [null, null, null, null, null, 'activate'])
  const bare = lacking({ ...KNOWN, points: [WHOLE, PIXEL], looked: false, corridor: false, reference: false, testedAt: null, changed: false })
  assert.deepEqual(Object.values(bare), ['points', 'look', 'corridor', 'reference', 'tests', 'none'])
  assert.equal(lacking({ ...KNOWN, trial: null }).points, 'fit')
  assert.equal(lacking({ ...KNOWN, trial: trial({ code: 'line', problem: '', fix: '' }) }).points, 'refused')
})

test('a test from before the calibration in force says nothing of it', () => {
  const version = { version: 2, at: '2026-11-21T00:00:00Z', by_name: 'x', source: 'wizard' as const, restores: null, kind: 'control_points' as const, points: 8 }
  const calibration = { versions: [version], in_force: 2, kind: 'control_points' as const }
  assert.equal(lacking({ ...KNOWN, calibration, changed: false }).tests, 'tests_old')
  assert.equal(lacking({ ...KNOWN, calibration, changed: false, testedAt: '2026-11-22T00:00:00Z' }).tests, null)
  assert.equal(lacking({ ...KNOWN, calibration, changed: false }).activate, null)
})

test('what the wizard put in force was looked at, a file was not', () => {
  const version = { version: 2, at: '2026-11-21T00:00:00Z', by_name: 'x', source: 'wizard' as const, restores: null, kind: 'control_points' as const, points: 8 }
  const now = { ...KNOWN, looked: false, changed: false }
  assert.equal(lacking({ ...now, calibration: { versions: [version], in_force: 2, kind: 'control_points' } }).look, null)
  assert.equal(lacking({ ...now, changed: true, calibration: { versions: [version], in_force: 2, kind: 'control_points' } }).look, 'look')
  const posed = lacking({ ...now, points: [], calibration: { versions: [version], in_force: null, kind: 'pose' } })
  assert.deepEqual([posed.points, posed.look, posed.activate], [null, 'look', null])
})

test('nothing is put in force that nobody looked at or that does not fit', () => {
  assert.equal(mayActivate(KNOWN), true)
  assert.equal(mayActivate({ ...KNOWN, looked: false }), false)
  assert.equal(mayActivate({ ...KNOWN, trial: trial({ code: 'error', problem: '', fix: '' }) }), false)
  assert.equal(mayActivate({ ...KNOWN, changed: false }), false)
  assert.equal(mayActivate({ ...KNOWN, corridor: false, reference: false, testedAt: null }), true, 'those can follow')
})
