import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closes, did, doneWith, fresh, going, pressed, redone, shownWith, undone, type Draft } from '../src/rules/drawing.ts'
import type { Mark } from '../src/rules/marks.ts'

const BOX: Mark = { kind: 'box', label: 'hose_old', points: [[0.2, 0.2], [0.4, 0.4]] }
const OUTLINE: Mark = { kind: 'polygon', label: 'pipe_load', points: [[0.5, 0.5], [0.9, 0.5], [0.9, 0.9]] }
const MARKS = [BOX, OUTLINE]

function pull(draft: Draft | null, ...to: [number, number][]): Draft {
  return to.reduce((now, at) => going(now, at), draft!)
}

test('a box is pulled from corner to corner and carries the hazard that was at hand', () => {
  const { draft, chosen } = pressed('box', null, null, [0.8, 0.8], 1)
  assert.equal(chosen, null)
  const done = doneWith(MARKS, pull(draft, [0.7, 0.6], [0.6, 0.5]), 'hose_long')
  assert.deepEqual(done?.marks[2], { kind: 'box', label: 'hose_long', points: [[0.6, 0.5], [0.8, 0.8]] })
  assert.equal(done?.chosen, 2)
})

test('a tap with the box tool is no box, and a box needs no hazard yet', () => {
  const { draft } = pressed('box', null, null, [0.8, 0.8], null)
  assert.equal(doneWith(MARKS, draft!, 'hose_long'), null)
  assert.equal(doneWith(MARKS, pull(draft, [0.9, 0.9]), '')?.marks[2]?.label, '')
})

test('an outline takes a corner a press and closes on its first one', () => {
  let draft: Draft | null = null
  for (const at of [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3]] as [number, number][]) draft = pressed('polygon', draft, null, at, null).draft
  assert.equal(closes(draft, [0.105, 0.1], [0.01, 0.01]), true)
  assert.equal(closes(draft, [0.2, 0.1], [0.01, 0.01]), false)
  assert.deepEqual(doneWith(MARKS, draft!, 'x')?.marks[2]?.points, [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3]])
})

test('what a double press set twice is one corner, and two corners are no outline', () => {
  const twice: Draft = { kind: 'polygon', points: [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.3, 0.3], [0.1, 0.1]], to: null }
  assert.equal(doneWith([], twice, 'x')?.marks[0]?.points.length, 3)
  assert.equal(doneWith([], { ...twice, points: twice.points.slice(0, 2) }, 'x'), null)
  assert.equal(closes({ ...twice, points: twice.points.slice(0, 2) }, [0.1, 0.1], [0.1, 0.1]), false)
})

test('a mark is taken at its inside and moves; one that was only pressed is only chosen', () => {
  const { draft, chosen } = pressed('select', null, { on: 'mark', mark: 0, at: 0 }, [0.3, 0.3], null)
  assert.equal(chosen, 0)
  assert.equal(doneWith(MARKS, draft!, ''), null)
  const on = pull(draft, [0.35, 0.4])
  assert.deepEqual(shownWith(MARKS, on)[0]?.points, [[0.25, 0.3], [0.45, 0.5]])
  assert.deepEqual(doneWith(MARKS, on, '')?.marks, shownWith(MARKS, on))
  assert.deepEqual(MARKS[0], BOX, 'nothing counts before the hand lets go')
})

test('a corner is pulled, with the drawing tool too; a middle becomes a corner once it moves', () => {
  const corner = pressed('box', null, { on: 'corner', mark: 0, at: 2 }, [0.4, 0.4], 0)
  assert.equal(corner.corner, 2)
  assert.deepEqual(doneWith(MARKS, pull(corner.draft, [0.6, 0.5]), '')?.marks[0]?.points, [[0.2, 0.2], [0.6, 0.5]])
  const middle = pressed('select', null, { on: 'middle', mark: 1, at: 0 }, [0.7, 0.5], 1)
  assert.equal(doneWith(MARKS, middle.draft!, ''), null)
  assert.deepEqual(doneWith(MARKS, pull(middle.draft, [0.7, 0.4]), '')?.marks[1]?.points, [[0.5, 0.5], [0.7, 0.4], [0.9, 0.5], [0.9, 0.9]])
})

test('the box tool draws over marks that are there, and select on nothing lets go and pushes', () => {
  assert.equal(pressed('box', null, { on: 'mark', mark: 0, at: 0 }, [0.3, 0.3], null).draft?.kind, 'box')
  const nothing = pressed('select', null, null, [0.05, 0.05], 0)
  assert.deepEqual([nothing.chosen, nothing.draft?.kind], [null, 'pan'])
  assert.equal(pressed('pan', null, { on: 'mark', mark: 0, at: 0 }, [0.3, 0.3], 1).chosen, 1)
})

test('there is room for 200 marks', () => {
  const many = Array.from({ length: 200 }, () => BOX)
  assert.equal(doneWith(many, { kind: 'box', from: [0.1, 0.1], to: [0.5, 0.5] }, 'x'), null)
})

test('every step goes back and forth; a new step ends the way forth', () => {
  let history = did(did(fresh(0), 1), 2)
  history = undone(undone(undone(history)))
  assert.equal(history.now, 0)
  assert.equal(redone(history).now, 1)
  assert.equal(redone(redone(redone(history))).now, 2)
  assert.deepEqual(redone(did(history, 9)), did(history, 9))
})
