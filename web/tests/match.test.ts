import assert from 'node:assert/strict'
import test from 'node:test'
import { percent, pointsText, progressOf } from '../src/rules/match.ts'

test('a match is said in whole hundredths', () => {
  assert.deepEqual([0, 0.9237, 0.925, 1].map(percent), ['0 %', '92 %', '93 %', '100 %'])
})

test('a reason adds or takes away, and what is nothing has no sign', () => {
  assert.deepEqual([0.3124, -0.05, 0.00049, -0.0004, 0.0005].map(pointsText), ['+31.2', '−5.0', '0', '0', '+0.1'])
})

test('what is not whole is never said to be', () => {
  assert.deepEqual(progressOf(149_999, 150_000), { share: 149_999 / 150_000, text: '99 %' })
  assert.deepEqual(progressOf(150_000, 150_000), { share: 1, text: '100 %' })
  assert.deepEqual(progressOf(7, 5), { share: 1, text: '100 %' })
  assert.deepEqual(progressOf(3, 0), { share: 0, text: '0 %' })
})
