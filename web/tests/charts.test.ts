import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chartOf, widthOf, type ChartWords } from '../src/rules/charts.ts'

const WORDS: ChartWords = {
  now: 'now', before: 'before', value: (figure) => String(figure.value), times: (figure) => `${figure.p50}–${figure.p90}`, rest: (n) => `${n} more`,
  group: (group) => ({ name: group.key, label: String(group.hits) }),
}
const figure = (more: object) => ({ value: null, low: null, high: null, p50: null, p90: null, counted: 0, of: 0, few: false, left_out: [], groups: [], ...more })
const of = (name: string, shape: string, now: object, before: object = {}) => chartOf({ figure: name, shape, now: figure(now), before: figure(before) } as never, WORDS)
const group = (key: string, hits: number, value = 0) => ({ key, hits, value, low: 0, high: 1, name: { zh: key, en: key } })

test('a share is two intervals between nothing and all, with its target', () => {
  const one = of('standby_checks', 'share', { value: 0.9, low: 0.8, high: 0.95 }, { value: 0.5, low: 0.4, high: 0.6 })
  assert.deepEqual([one?.kind, one?.max, one?.target], ['interval', 1, 0.98])
  assert.deepEqual(one?.rows.map((row) => [row.name, row.at, row.low, row.high, row.strong]), [['now', 0.9, 0.8, 0.95, true], ['before', 0.5, 0.4, 0.6, false]])
  assert.equal(of('unfiled', 'share', { value: 0.3, low: 0.1, high: 0.6 })?.target, null)
})

test('a time holds its target, its nine tenths, and room for those who wait', () => {
  const one = of('time_to_site', 'time', { p50: 600, p90: null }, { p50: 300, p90: 1200 })
  assert.deepEqual(one?.rows.map((row) => [row.at, row.high, row.label]), [[600, null, '600–null'], [300, 1200, '300–1200']])
  assert.ok((one?.max ?? 0) > 1800)
})

test('where there is too little nothing is drawn', () => {
  assert.equal(of('time_to_site', 'time', {}), null)
  assert.equal(of('unfiled', 'share', {}), null)
  assert.equal(of('damages_per_100_km', 'rate', { value: 3, few: true }), null)
  assert.equal(of('hot_spots', 'groups', {}), null)
})

test('of a rate with too few the time beside it draws nothing', () => {
  const one = of('damages_per_1000_filings', 'rate', { value: 2 }, { value: 9, few: true })
  assert.deepEqual(one?.rows.map((row) => row.at), [2, null])
  assert.ok((one?.max ?? 0) < 3)
})

test('the largest groups lead to their cases, the rest stands as one', () => {
  const one = of('discovered_by_source', 'groups', { groups: [9, 8, 7, 6, 5, 4, 3, 2].map((hits) => group(`g${hits}`, hits)) })
  assert.deepEqual(one?.rows.map((row) => [row.key, row.at]), [['g9', 9], ['g8', 8], ['g7', 7], ['g6', 6], ['g5', 5], ['g4', 4], [undefined, 5]])
  assert.deepEqual([one?.max, one?.rows.at(-1)?.name], [9, '2 more'])
})

test('lengths are parts of all pipe, and lead to no group of cases', () => {
  const one = of('patrol_coverage', 'length', { groups: [group('high', 900, 0.9)] })
  assert.deepEqual([one?.max, one?.rows[0]?.at, one?.rows[0]?.key], [1, 0.9, undefined])
})

test('Chinese letters are as wide as high', () => {
  assert.equal(widthOf(['未备案', 'a'], 12), 42)
  assert.equal(widthOf([], 12), 6)
})
