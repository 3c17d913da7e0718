import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitted, panned, pinched, pixelAt, reachOf, seeing, shareAt, zoomed } from '../src/rules/viewport.ts'
import type { Point } from '../src/rules/marks.ts'

const PICTURE = { width: 1000, height: 500 }
const FRAME = { width: 500, height: 500 }
const near = ([ax, ay]: Point, [bx, by]: Point): boolean => Math.abs(ax - bx) < 1e-9 && Math.abs(ay - by) < 1e-9

test('a fitted picture is whole and in the middle', () => {
  assert.deepEqual(fitted(PICTURE, FRAME), { scale: 0.5, x: 0, y: 125 })
  assert.equal(fitted(PICTURE, { width: 0, height: 0 }).scale, 1)
})

test('what lies below the pointer stays there, as far as the picture has sides', () => {
  const at: Point = [250, 250]
  const before = fitted(PICTURE, FRAME)
  const after = zoomed(before, 4, at, PICTURE, FRAME)
  assert.equal(after.scale, 2)
  assert.ok(near(shareAt(before, PICTURE, at), shareAt(after, PICTURE, at)))
})

test('no nearer than twelve times and no further than whole', () => {
  const whole = fitted(PICTURE, FRAME)
  assert.equal(zoomed(whole, 1000, [0, 0], PICTURE, FRAME).scale, 6)
  assert.deepEqual(zoomed(zoomed(whole, 3, [10, 10], PICTURE, FRAME), 0.01, [400, 400], PICTURE, FRAME), whole)
})

test('a picture is pushed to its sides and no further', () => {
  const close = zoomed(fitted(PICTURE, FRAME), 4, [250, 250], PICTURE, FRAME)
  const corner = panned(close, [9999, 9999], PICTURE, FRAME)
  assert.deepEqual([corner.x, corner.y], [0, 0])
  const other = panned(close, [-9999, -9999], PICTURE, FRAME)
  assert.deepEqual(shareAt(other, PICTURE, [500, 500]), [1, 1])
})

test('places go there and back', () => {
  const view = zoomed(fitted(PICTURE, FRAME), 2.5, [100, 300], PICTURE, FRAME)
  assert.ok(near(shareAt(view, PICTURE, pixelAt(view, PICTURE, [0.31, 0.77])), [0.31, 0.77]))
  assert.ok(near(reachOf(view, PICTURE, 10), [10 / 1250, 10 / 625]))
})

test('two fingers that go apart come nearer, at their middle; two that go along push', () => {
  const view = zoomed(fitted(PICTURE, FRAME), 2, [250, 250], PICTURE, FRAME)
  const apart = pinched(view, [[200, 250], [300, 250]], [[150, 250], [350, 250]], PICTURE, FRAME)
  assert.equal(apart.scale, 2 * view.scale)
  assert.ok(near(shareAt(apart, PICTURE, [250, 250]), shareAt(view, PICTURE, [250, 250])))
  const along = pinched(view, [[200, 250], [300, 250]], [[230, 250], [330, 250]], PICTURE, FRAME)
  assert.deepEqual([along.scale, along.x], [view.scale, view.x + 30])
  assert.equal(pinched(view, [[5, 5], [5, 5]], [[5, 5], [9, 9]], PICTURE, FRAME).scale, view.scale)
})

test('a place that lies outside is brought into sight, and no more than that', () => {
  const close = zoomed(fitted(PICTURE, FRAME), 4, [0, 125], PICTURE, FRAME)
  const seen = pixelAt(seeing(close, [0.9, 0.5], PICTURE, FRAME), PICTURE, [0.9, 0.5])
  assert.equal(seen[0], 500)
  assert.deepEqual(seeing(close, [0.1, 0.1], PICTURE, FRAME), close)
})
