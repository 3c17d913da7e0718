import assert from 'node:assert/strict'
import { test } from 'node:test'
import { area, cornerAt, crosses, ringProblem, type Corner } from '../src/rules/polygon.ts'

const SQUARE: Corner[] = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]

test('a click is a part of the picture, and its edge when it falls beside', () => {
  const box = { left: 100, top: 50, width: 800, height: 400 }
  assert.deepEqual(cornerAt(500, 250, box), [0.5, 0.5])
  assert.deepEqual(cornerAt(100, 50, box), [0, 0])
  assert.deepEqual(cornerAt(2000, -3, box), [1, 0])
})

test('a ring that the server would refuse is known before', () => {
  assert.equal(ringProblem(SQUARE), null)
  assert.equal(ringProblem([]), 'few')
  assert.equal(ringProblem(SQUARE.slice(0, 2)), 'few')
  assert.equal(ringProblem([[0, 0], [1, 1], [1, 0], [0, 1]]), 'crosses')
  assert.equal(ringProblem([[0, 0], [0.01, 0], [0, 0.01]]), 'small')
  assert.equal(ringProblem([[0, 0], [0.5, 0.5], [1, 1]]), 'small')
  const many = Array.from({ length: 201 }, (_, n): Corner => [0.5 + 0.4 * Math.cos((n / 201) * 2 * Math.PI), 0.5 + 0.4 * Math.sin((n / 201) * 2 * Math.PI)])
  assert.equal(ringProblem(many), 'many')
  assert.equal(ringProblem(many.slice(0, 200)), null)
})

test('neighbours share a corner and do not cross; a dent is no crossing; a touch is one', () => {
  assert.equal(crosses([[0, 0], [1, 0], [0.5, 0.4], [1, 1], [0, 1]]), false)
  assert.equal(crosses([[0, 0], [1, 0], [0.5, 0], [1, 1], [0, 1]]), true)
  assert.equal(crosses([[0, 0], [1, 0], [0, 1]]), false)
})

test('the area is that of the picture it covers', () => {
  assert.ok(Math.abs(area(SQUARE) - 0.64) < 1e-9)
  assert.ok(Math.abs(area([...SQUARE].reverse()) - 0.64) < 1e-9)
})
