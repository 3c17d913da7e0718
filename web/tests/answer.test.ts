import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filledOf, keyOf, labelled, lacks, marked, middleOf, NOTHING, priceOf, saidOf, secondsLeft, toggled, withGuess, type Filled, type Said } from '../src/rules/answer.ts'
import type { Mark } from '../src/rules/marks.ts'

const LISTED = ['pipe_load', 'hose_long', 'hose_old']
const BOX: Mark = { kind: 'box', label: 'hose_old', points: [[0.2, 0.3], [0.4, 0.6]] }
const EMPTY: Filled = filledOf(null)
const what = (kind: Parameters<typeof lacks>[0], filled: Filled): string[] => lacks(kind, filled).map((one) => ('mark' in one ? `${one.what}:${one.mark}` : one.what))

test('whether the scene matches is required; without a find it may be sent', () => {
  assert.deepEqual(what('hazards', EMPTY), ['matches'])
  assert.deepEqual(what('hazards', { ...EMPTY, matches: true }), [])
  assert.deepEqual(what('hazards', { ...EMPTY, matches: false, marks: [{ ...BOX, label: '' }] }), [])
})

test('a mark without a hazard is named by its number', () => {
  assert.deepEqual(what('hazards', { ...EMPTY, matches: true, marks: [BOX, { ...BOX, label: '' }] }), ['label:1'])
})

test('a price is asked of a find and of nothing else; nothing is a price', () => {
  const find = { ...EMPTY, matches: true }
  assert.deepEqual(what('price', find), ['price'])
  assert.deepEqual(what('price', { ...find, price: '10000.0001' }), ['price_many'])
  assert.deepEqual(what('price', { ...find, price: '10000' }), [])
  assert.deepEqual(what('price', { ...EMPTY, matches: false }), [])
  assert.deepEqual([priceOf('0'), priceOf(' ０.0 '), priceOf('0.13'), priceOf('-1'), priceOf('')], [0, 0, 1300, null, null])
})

test('a dispute is upheld, changed or unclear', () => {
  assert.deepEqual(what('dispute', EMPTY), ['choice'])
  assert.deepEqual(saidOf('dispute', { ...EMPTY, choice: 'changed', comment: ' 5 m 外 ' }, LISTED), {
    matches: true, hazards: [], shapes: [], price: null, choice: 'changed', comment: '5 m 外',
  })
})

test('a scene that does not match has no finds, whatever was marked before', () => {
  const filled = { ...EMPTY, matches: false, hazards: ['hose_old'], marks: [BOX], price: '5' }
  assert.deepEqual(saidOf('price', filled, LISTED), { matches: false, hazards: [], shapes: [], price: null, choice: null, comment: '' })
})

test('hazards are sent in the order of the list, with those that marks say, and come back as they were', () => {
  const filled = { ...EMPTY, matches: true, hazards: ['hose_long', 'pipe_load'], marks: [BOX], price: '0.5' }
  const said = saidOf('price', filled, LISTED)
  assert.deepEqual(said.hazards, LISTED)
  assert.equal(said.price, 5000)
  assert.deepEqual(filledOf(said), { ...filled, hazards: LISTED })
  assert.equal(saidOf('hazards', filled, LISTED).price, null)
})

test('a hazard taken back takes its marks along', () => {
  const seen = { matches: true, hazards: ['hose_old', 'hose_long'], marks: [BOX] }
  assert.deepEqual(toggled(seen, 'hose_old'), { matches: true, hazards: ['hose_long'], marks: [] })
  assert.deepEqual(toggled(seen, 'pipe_load').hazards, ['hose_old', 'hose_long', 'pipe_load'])
})

test('a mark that says a hazard makes it seen', () => {
  const drawn = marked(NOTHING, [{ ...BOX, label: '' }, BOX, BOX])
  assert.deepEqual(drawn.hazards, ['hose_old'])
  assert.deepEqual(labelled(drawn, 0, 'hose_long').hazards, ['hose_old', 'hose_long'])
  assert.equal(labelled(drawn, 0, 'hose_long').marks[0]?.label, 'hose_long')
})

test('a guess is taken over once, and leaves what is there', () => {
  const guess: Said = { matches: true, hazards: ['hose_old'], shapes: [BOX], price: null, choice: null, comment: '' }
  const once = withGuess({ ...NOTHING, hazards: ['pipe_load'] }, guess)
  assert.deepEqual(once, { matches: true, hazards: ['pipe_load', 'hose_old'], marks: [BOX] })
  assert.deepEqual(withGuess(once, guess), once)
})

test('each group has a row of the keyboard', () => {
  const keys = keyOf([['a', 'b'], ['c'], [], ['d']])
  assert.deepEqual([...keys], [['a', '1'], ['b', '2'], ['c', 'q']])
  assert.equal(keyOf([Array.from({ length: 12 }, (_, n) => `h${n}`)]).size, 9)
})

test('a turn is mine until it is not', () => {
  const at = Date.parse('2026-11-27T09:00:00Z')
  assert.equal(secondsLeft('2026-11-27T09:00:10.500Z', at), 11)
  assert.equal(secondsLeft('2026-11-27T08:59:00Z', at), 0)
  assert.deepEqual(middleOf(BOX), [30, 45])
})
