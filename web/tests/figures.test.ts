import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allSeen, falseOf, handful, outOf, partOf, reviewsBehind, sinceOf, span, yuan } from '../src/rules/figures.ts'

test('small costs keep the figures that tell them apart', () => {
  assert.equal(yuan(0), '¥\u00a00.00')
  assert.equal(yuan(12), '¥\u00a00.0012')
  assert.equal(yuan(12.5), '¥\u00a00.0013')
  assert.equal(yuan(12_345), '¥\u00a01.23')
})

test('an interval lies inside its bar', () => {
  assert.deepEqual(span(0.25, 0.75), { left: '25.00%', width: '50.00%' })
  assert.deepEqual(span(0, 1), { left: '0.00%', width: '100.00%' })
  assert.deepEqual(span(0.6, 0.6), { left: '60.00%', width: '0.00%' })
  assert.deepEqual(span(-1, 2), { left: '0.00%', width: '100.00%' })
})

test('an advice says of how many reviews it speaks', () => {
  assert.equal(reviewsBehind({ reviews: 12, reviews_part: 0.375 }), 32)
  assert.equal(reviewsBehind({ reviews: 1, reviews_part: 1 / 3 }), 3)
  assert.equal(reviewsBehind({ reviews: 0, reviews_part: 0 }), 0)
})

test('a share is shown with what it was counted from', () => {
  assert.equal(outOf({ hits: 57, of: 64 }), '57/64')
})

test('of many thresholds a handful stays, the gentlest and the harshest among them', () => {
  const all = Array.from({ length: 20 }, (_, n) => n)
  assert.deepEqual(handful(all, 6), [0, 4, 8, 11, 15, 19])
  assert.deepEqual(handful([1, 2], 6), [1, 2])
  assert.deepEqual(handful([], 6), [])
})

test('a period is counted back from now', () => {
  assert.equal(sinceOf(7, Date.parse('2026-11-25T10:00:00Z')), '2026-11-18T10:00:00.000Z')
})

test('a bar is a part of its whole, and of nothing there is none', () => {
  assert.equal(partOf(1, 4), '25.00%')
  assert.equal(partOf(5, 4), '100.00%')
  assert.equal(partOf(-1, 4), '0.00%')
  assert.equal(partOf(0, 0), '0%')
  assert.equal(falseOf([{ alarms: 3 }, { alarms: 2 }]), 5)
  assert.equal(falseOf([]), 0)
})

test('what is seen of every class stands together', () => {
  assert.deepEqual(allSeen([{ metres: 100, fixed_m: 10, seen_m: 40 }, { metres: 50, fixed_m: 0, seen_m: 5 }]), { metres: 150, fixed: 10, seen: 45 })
  assert.deepEqual(allSeen([]), { metres: 0, fixed: 0, seen: 0 })
})
