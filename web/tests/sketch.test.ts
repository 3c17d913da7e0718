import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LonLat } from '../src/api/kinds.ts'
import { groundM2 } from '../src/rules/area.ts'
import { cornerNear, fitting, groundOf, lengthOf, panned, placed, sketchFlaw, widened, zoomed, type Window } from '../src/rules/sketch.ts'
import { movedBy, offsetOf } from '../src/rules/spot.ts'

const MIDDLE: LonLat = [116.7, 39.53]
const WINDOW: Window = { middle: MIDDLE, half: 100 }
const at = (east: number, north: number): LonLat => movedBy(MIDDLE, [east, north])
const near = (one: number, other: number, by = 1e-6): void => assert.ok(Math.abs(one - other) < by, `${one} ${other}`)

test('a tap and its place go back and forth; the middle is the middle', () => {
  assert.deepEqual(placed(MIDDLE, WINDOW), [0.5, 0.5])
  for (const spot of [[0, 0], [0.25, 0.9], [1, 1]] as [number, number][]) {
    const [x, y] = placed(groundOf(spot, WINDOW), WINDOW)
    near(x, spot[0])
    near(y, spot[1])
  }
})

test('north is up, and the side is two halves', () => {
  const [east, north] = offsetOf(groundOf([1, 0], WINDOW), MIDDLE)
  near(east, 100)
  near(north, 100)
})

test('closer and farther stay within what a window may be', () => {
  assert.equal(zoomed(WINDOW, 0.5).half, 50)
  assert.equal(zoomed(WINDOW, 0.001).half, 20)
  assert.equal(zoomed(WINDOW, 1e9).half, 20_000)
})

test('what lies under the finger stays under it', () => {
  const spot = groundOf([0.4, 0.4], WINDOW)
  const [x, y] = placed(spot, panned(WINDOW, [0.2, -0.1]))
  near(x, 0.6)
  near(y, 0.3)
})

test('a window fits its places and keeps its own without any', () => {
  assert.equal(fitting([], WINDOW), WINDOW)
  const all = [at(-300, 0), at(500, 40)]
  const now = fitting(all, WINDOW)
  for (const one of all) assert.ok(placed(one, now).every((part) => part > 0.1 && part < 0.9))
  assert.equal(fitting([at(5, 5)], WINDOW).half, 20)
})

test('a tap near a corner means it', () => {
  const corners = [at(-50, 50), at(50, 50)]
  assert.equal(cornerNear(corners, [0.76, 0.26], WINDOW), 1)
  assert.equal(cornerNear(corners, [0.5, 0.5], WINDOW), null)
  assert.equal(cornerNear([], [0.5, 0.5], WINDOW), null)
})

test('fewer than three corners, and sides that cross, are no area', () => {
  assert.equal(sketchFlaw([]), 'none')
  assert.equal(sketchFlaw([at(0, 0)]), 'point')
  assert.equal(sketchFlaw([at(0, 0), at(50, 0)]), 'line')
  assert.equal(sketchFlaw([at(0, 0), at(50, 50), at(50, 0), at(0, 50)]), 'crosses')
  assert.equal(sketchFlaw([at(0, 0), at(50, 0), at(50, 50)]), null)
})

test('a straight line widened is as large as its length times its width', () => {
  const line = [at(0, 0), at(60, 80)]
  near(lengthOf(line), 100, 0.01)
  const ring = widened(line, 4)!
  assert.equal(ring.length, 4)
  near(groundM2([[ring]]), 400, 2)
  assert.equal(sketchFlaw(ring), null)
})

test('a bent line keeps its width past the bend, and a sharp turn is cut off', () => {
  const bent = widened([at(0, 0), at(100, 0), at(100, 100)], 6)!
  assert.equal(sketchFlaw(bent), null)
  near(groundM2([[bent]]), 1200, 6)
  const sharp = widened([at(0, 0), at(100, 0), at(0, 8)], 4)!
  for (const one of sharp) assert.ok(offsetOf(one, MIDDLE)[0] < 107)
})

test('a line that comes back over itself crosses, and one that goes nowhere is none', () => {
  assert.equal(sketchFlaw(widened([at(0, 0), at(80, 0), at(40, 40), at(40, -40)], 4)!), 'crosses')
  assert.equal(widened([at(0, 0)], 4), null)
  assert.equal(widened([at(0, 0), at(0, 0)], 4), null)
  assert.equal(widened([at(0, 0), at(9, 0)], 0), null)
  assert.equal(widened([at(0, 0), at(0, 0), at(9, 0)], 2)?.length, 4)
})
