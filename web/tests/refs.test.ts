import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedIn, nameOfDraft, unbound, withIds } from '../src/rules/refs.ts'

const A = nameOfDraft('a')
const B = nameOfDraft('b')

test('a body names drafts wherever they stand in it', () => {
  assert.deepEqual(namedIn({ act: { kind: 'verify', proof: { pictures: [A, 'srv-1', B] } }, signatures: [{ picture: A }] }), ['a', 'b', 'a'])
  for (const nothing of [null, undefined, 7, true, 'words', {}, []]) assert.deepEqual(namedIn(nothing), [])
})

test('ids take the places of drafts, and nothing else changes', () => {
  const body = { act: { pictures: [A, 'srv-1'], words: 'a', n: 3, none: null, far: { picture: B } } }
  const ids = new Map([['a', 'id-of-a']])
  assert.deepEqual(withIds(body, ids), { act: { pictures: ['id-of-a', 'srv-1'], words: 'a', n: 3, none: null, far: { picture: B } } })
  assert.deepEqual(body.act.pictures, [A, 'srv-1'], 'the draft on the disk is left alone')
})

test('what names a draft that waits goes after it, and only then', () => {
  const picture = { id: 'a', state: 'waits', body: {} }
  const act = { id: 'x', state: 'waits', body: { act: { pictures: [A] } } }
  const other = { id: 'y', state: 'waits', body: { words: 'free' } }
  assert.deepEqual(unbound([picture, act, other]).map((one) => one.id), ['a', 'y'])
  assert.deepEqual(unbound([act, other]).map((one) => one.id), ['x', 'y'])
  const refused = { ...picture, state: 'refused' }
  assert.deepEqual(unbound([refused, act]).map((one) => one.id), ['a', 'x'], 'a refused picture lets its act go: the server says what is missing')
})
