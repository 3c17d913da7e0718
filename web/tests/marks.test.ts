import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  boundsOf, boxBetween, boxTyped, cornersOf, grownBy, layers, middlesOf, movedBy, problemOf, typedOf, withCorner, withCornerAfter, within, withoutCorner, type Mark,
} from '../src/rules/marks.ts'

const BOX: Mark = { kind: 'box', label: 'hose_old', points: [[0.2, 0.3], [0.4, 0.6]] }
const OUTLINE: Mark = { kind: 'polygon', label: 'pipe_load', points: [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]] }

test('a box has its upper left corner first, whichever way it was pulled, and ends at the picture', () => {
  assert.deepEqual(boxBetween([0.4, 0.6], [0.2, 0.3], 'x').points, [[0.2, 0.3], [0.4, 0.6]])
  assert.deepEqual(boxBetween([0.4, 0.3], [0.2, 0.6], 'x').points, [[0.2, 0.3], [0.4, 0.6]])
  assert.deepEqual(boxBetween([-3, 0.5], [0.5, 7], 'x').points, [[0, 0.5], [0.5, 1]])
  assert.deepEqual(within([0.123_456_789, -1]), [0.12346, 0])
})

test('corners and middles are what a hand takes hold of', () => {
  assert.deepEqual(cornersOf(BOX), [[0.2, 0.3], [0.4, 0.3], [0.4, 0.6], [0.2, 0.6]])
  assert.deepEqual(middlesOf(BOX), [])
  assert.deepEqual(middlesOf(OUTLINE)[0], [0.3, 0.1])
  assert.deepEqual(middlesOf(OUTLINE)[3], [0.1, 0.3])
})

test('a mark moves with its form, and stops at the edge of the picture', () => {
  assert.deepEqual(movedBy(BOX, [0.1, 0.1]).points, [[0.3, 0.4], [0.5, 0.7]])
  assert.deepEqual(movedBy(BOX, [2, -2]).points, [[0.8, 0], [1, 0.3]])
  assert.deepEqual(boundsOf(movedBy(OUTLINE, [9, 9])), { left: 0.6, top: 0.6, right: 1, bottom: 1 })
})

test('a corner pulled across the other one turns the box about, and the other one stays', () => {
  assert.deepEqual(withCorner(BOX, 0, [0.1, 0.1]).points, [[0.1, 0.1], [0.4, 0.6]])
  assert.deepEqual(withCorner(BOX, 1, [0.5, 0.2]).points, [[0.2, 0.2], [0.5, 0.6]])
  assert.deepEqual(withCorner(BOX, 2, [0.1, 0.1]).points, [[0.1, 0.1], [0.2, 0.3]])
  assert.deepEqual(withCorner(BOX, 3, [0.3, 0.9]).points, [[0.3, 0.3], [0.4, 0.9]])
  assert.deepEqual(withCorner(OUTLINE, 2, [0.9, 0.8]).points[2], [0.9, 0.8])
})

test('an outline takes and loses corners, but never so many that it is none', () => {
  const more = withCornerAfter(OUTLINE, 3, [0.05, 0.3])
  assert.deepEqual(more.points.at(-1), [0.05, 0.3])
  assert.equal(withoutCorner(more, 4)?.points.length, 4)
  assert.equal(withoutCorner({ ...OUTLINE, points: OUTLINE.points.slice(0, 3) }, 1), null)
  assert.equal(withoutCorner(BOX, 1), null)
})

test('a mark grows at its lower right, never to nothing and never out of the picture', () => {
  assert.deepEqual(grownBy(BOX, [0.1, -0.1]).points, [[0.2, 0.3], [0.5, 0.5]])
  assert.deepEqual(boundsOf(grownBy(BOX, [9, 9])), { left: 0.2, top: 0.3, right: 1, bottom: 1 })
  assert.equal(problemOf(grownBy(BOX, [-9, -9])), null)
  assert.deepEqual(boundsOf(grownBy(OUTLINE, [0.1, 0])), { left: 0.1, top: 0.1, right: 0.6, bottom: 0.5 })
})

test('what cannot be sent is known before', () => {
  assert.equal(problemOf(BOX), null)
  assert.equal(problemOf({ ...BOX, label: '' }), 'label')
  assert.equal(problemOf(boxBetween([0.1, 0.1], [0.1, 0.5], 'x')), 'small')
  assert.equal(problemOf(OUTLINE), null)
  assert.equal(problemOf({ ...OUTLINE, points: OUTLINE.points.slice(0, 2) }), 'few')
  assert.equal(problemOf({ ...OUTLINE, points: [[0, 0], [1, 0], [0, 0.9], [1, 1]] }), 'crosses')
  assert.equal(problemOf({ ...OUTLINE, points: Array.from({ length: 201 }, (_, n) => [n / 201, (n % 2) / 2]) }), 'many')
})

test('a small mark lies above the large one around it', () => {
  assert.deepEqual(layers([BOX, OUTLINE, boxBetween([0, 0], [1, 1], 'x')]), [2, 1, 0])
})

test('a box is typed in per cent, and comes back as it was said', () => {
  assert.deepEqual(typedOf(BOX), [20, 30, 20, 30])
  assert.deepEqual(boxTyped([20, 30, 20, 30], 'hose_old'), BOX)
  assert.deepEqual(boxTyped([90, 90, 50, 50], 'x')?.points, [[0.9, 0.9], [1, 1]])
  assert.equal(boxTyped([20, 30, 0, 30], 'x'), null)
  assert.equal(boxTyped([20, 30, -10, 30], 'x'), null)
  assert.equal(boxTyped([Number.NaN, 30, 10, 30], 'x'), null)
})
