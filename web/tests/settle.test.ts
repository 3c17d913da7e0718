import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from '../src/rules/settle.ts'

interface Row { id: string; said: string }
const row = (id: string, said = 'list'): Row => ({ id, said })
const map = (...rows: Row[]): Map<string, Row> => new Map(rows.map((one) => [one.id, one]))
const never = (): boolean => false
const said = (now: Map<string, Row>): string[] => [...now.values()].map((one) => `${one.id} ${one.said}`).sort()

test('a first page replaces what was there', () => {
  assert.deepEqual(said(settled(map(row('a', 'old'), row('b', 'old')), [row('b'), row('c')], never, never)), ['b list', 'c list'])
})

test('what came while the question was under way is not lost', () => {
  const now = settled(map(row('a', 'old'), row('new', 'stream')), [row('a')], (id) => id === 'new', never)
  assert.deepEqual(said(now), ['a list', 'new stream'])
})

test('what changed while the question was under way is not put back', () => {
  assert.deepEqual(said(settled(map(row('a', 'taken')), [row('a', 'open')], (id) => id === 'a', never)), ['a taken'])
})

test('what was merged away while the question was under way does not come back', () => {
  assert.deepEqual(said(settled(map(row('a', 'old')), [row('a'), row('gone')], (id) => id === 'gone', never)), ['a list'])
})

test('older pages stay when only the first is asked again', () => {
  const now = settled(map(row('1', 'old'), row('7', 'old'), row('9', 'old')), [row('9')], never, (id) => id < '5')
  assert.deepEqual(said(now), ['1 old', '9 list'])
})
