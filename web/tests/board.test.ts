import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Board, Site } from '../src/api/kinds.ts'
import { columnsOf, isNarrowed, longer, neighbour, orderOf, queryOf, viewOf, whichOf } from '../src/rules/board.ts'

const asking = (said: Record<string, string>) => (name: string): string => said[name] ?? ''
const ID = '01a21d2b-4d70-7000-96de-9ba34756801e'
const site = (id: string): Site => ({ id }) as Site
const column = (state: string, count: number, ids: string[] = [], next: string | null = null) => ({ state, count, late: 0, items: ids.map(site), next }) as Board['columns'][number]

test('an address that says nothing asks for all that is open, as a list', () => {
  assert.deepEqual(queryOf(asking({})), { open: true })
  assert.deepEqual([viewOf(asking({})), whichOf(asking({})), orderOf(asking({}))], ['list', 'open', 'zone'])
  assert.equal(isNarrowed(asking({ view: 'board', which: 'mine', order: 'due' })), false)
})

test('every filter of the address is asked for', () => {
  const said = { which: 'overdue', state: 'stopped', zone: 'protection', level: '2', owner: ID, area: ID, filing: 'unfiled', q: ' 水厂 ' }
  assert.deepEqual(queryOf(asking(said)), { open: true, overdue: true, state: 'stopped', zone: 'protection', level: 2, owner: ID, area: ID, filing: 'unfiled', q: '水厂' })
  assert.equal(queryOf(asking({ which: 'mine' })).mine, true)
  assert.equal(queryOf(asking({ which: 'ended' })).open, false)
  assert.equal(isNarrowed(asking({ q: 'x' })), true)
})

test('what somebody typed into the address and nobody can mean narrows nothing', () => {
  const said = { view: 'globe', which: 'none', order: 'colour', state: 'lost', zone: 'mars', level: '9', owner: 'me', area: '../..', filing: 'maybe', q: '   ' }
  assert.deepEqual(queryOf(asking(said)), { open: true })
  assert.deepEqual([viewOf(asking(said)), whichOf(asking(said)), orderOf(asking(said))], ['list', 'open', 'zone'])
  assert.equal(queryOf(asking({ q: 'x'.repeat(300) })).q?.length, 100)
})

test('the board shows the path while sites are open and the ends when they have ended, and hides no site', () => {
  const board = { total: 3, columns: [column('discovered', 0), column('verifying', 2), column('closed', 1), column('exempt', 0), column('false', 0)] } as Board
  assert.deepEqual(columnsOf(board, false).map((one) => one.state), ['discovered', 'verifying', 'closed'])
  assert.deepEqual(columnsOf(board, true).map((one) => one.state), ['verifying', 'closed', 'exempt', 'false'])
})

test('a column grows by a page, and a site that comes twice stands once', () => {
  const grown = longer(column('verifying', 4, ['a', 'b'], 'x'), [site('b'), site('c')], null)
  assert.deepEqual(grown.items.map((one) => one.id), ['a', 'b', 'c'])
  assert.equal(grown.next, null)
  assert.equal(grown.count, 4)
})

test('keys go from card to card, past empty columns, and stay at the edges', () => {
  const columns = [['a', 'b', 'c'], [], ['d']]
  assert.equal(neighbour(columns, null, 0, 1), 'a')
  assert.equal(neighbour(columns, 'gone', 1, 0), 'a')
  assert.equal(neighbour(columns, 'a', 0, 1), 'b')
  assert.equal(neighbour(columns, 'c', 0, 1), null)
  assert.equal(neighbour(columns, 'a', 0, -1), null)
  assert.equal(neighbour(columns, 'c', 1, 0), 'd')
  assert.equal(neighbour(columns, 'd', -1, 0), 'a')
  assert.equal(neighbour(columns, 'd', 1, 0), null)
  assert.equal(neighbour([[], []], null, 0, 1), null)
})
