import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEVELS, levelOf, SHAPES, sureOf } from '../src/rules/level.ts'
import { CLASSES, PIPE_LOOK, pipeClass } from '../src/rules/pipes.ts'

test('what is not known to be far is treated as near', () => {
  assert.equal(levelOf('unknown'), levelOf('protection'))
  assert.ok(levelOf('protection') < levelOf('control'))
  assert.ok(levelOf('control') < levelOf('outside'))
})

test('every level has a shape of its own', () => {
  assert.equal(new Set(LEVELS.map((one) => SHAPES[one])).size, LEVELS.length)
})

test('three words for a score, none for a person’s words', () => {
  assert.deepEqual([0.95, 0.7, 0.69, 0.5, 0.49, 0, null].map(sureOf), ['certain', 'certain', 'likely', 'likely', 'doubtful', 'doubtful', null])
})

test('pipes grow wider with their class; an unknown one is dashed in the strictest hue', () => {
  const widths = CLASSES.slice(0, 4).map((one) => PIPE_LOOK[one].width)
  assert.deepEqual(widths, [1, 2, 3, 4])
  assert.equal(PIPE_LOOK.unknown.hue, 'high')
  assert.ok(PIPE_LOOK.unknown.dash)
  assert.equal(CLASSES.filter((one) => PIPE_LOOK[one].dash).length, 1)
})

test('a class nobody knows is unknown, never a calm one', () => {
  for (const odd of [null, undefined, '', 'HIGH', '__proto__', 'constructor']) assert.equal(pipeClass(odd), 'unknown')
  assert.equal(pipeClass('sub_high'), 'sub_high')
})
