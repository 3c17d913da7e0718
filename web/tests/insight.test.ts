import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  areaOf, askedOf, count, darkness, dayOf, lastingOf, leadsTo, met, monthsBack, pauseAfter, quarterName, quartersBack, reportQuery, sameTime, share, spanOf, spanQuery, turned, verdictOf, yearBefore,
} from '../src/rules/insight.ts'

const AT = Date.parse('2026-11-30T16:30:00Z') // half past midnight of the first of December there
const asked = (query: Record<string, string>) => askedOf(query, AT)
const AREA = '0190e0c2-0000-7000-8000-000000000000'

test('without a word it is the last thirty days beside the thirty before', () => {
  const one = asked({})
  assert.deepEqual([one.period, one.against], ['days', 'before'])
  assert.deepEqual(one.now, { first: '2026-11-02', last: '2026-12-01' })
  assert.deepEqual(one.before, { first: '2026-10-03', last: '2026-11-01' })
  assert.equal(dayOf(AT), '2026-12-01')
})

test('months and quarters stand beside the ones before, whatever their length', () => {
  assert.deepEqual(asked({ period: 'month', at: '2026-03' }), {
    period: 'month', against: 'before', now: { first: '2026-03-01', last: '2026-03-31' }, before: { first: '2026-02-01', last: '2026-02-28' },
  })
  assert.deepEqual(asked({ period: 'month', at: '2027-01' }).before, { first: '2026-12-01', last: '2026-12-31' })
  assert.deepEqual(asked({ period: 'quarter', at: '2026-01' }).now, { first: '2026-01-01', last: '2026-03-31' })
  assert.deepEqual(asked({ period: 'quarter', at: '2026-02' }).before, { first: '2025-10-01', last: '2025-12-31' })
  assert.deepEqual(asked({ period: 'month' }).now, { first: '2026-12-01', last: '2026-12-31' })
})

test('a year before is the same days, and the end of a month stays one', () => {
  assert.deepEqual(asked({ period: 'month', at: '2025-02', against: 'year' }).before, { first: '2024-02-01', last: '2024-02-29' })
  assert.deepEqual(yearBefore({ first: '2024-02-29', last: '2024-03-10' }), { first: '2023-02-28', last: '2023-03-10' })
})

test('own days are taken as they are, and what cannot be is not', () => {
  const own = asked({ period: 'own', first: '2026-10-05', last: '2026-10-11', against: 'own', against_first: '2026-09-07', against_last: '2026-09-13' })
  assert.deepEqual([own.now, own.before], [{ first: '2026-10-05', last: '2026-10-11' }, { first: '2026-09-07', last: '2026-09-13' }])
  assert.deepEqual(asked({ period: 'own', first: '2026-10-05', last: '2026-10-11' }).before, { first: '2026-09-28', last: '2026-10-04' })
  for (const wrong of [{ first: '2026-10-12', last: '2026-10-11' }, { first: '2026-02-30', last: '2026-03-11' }, { first: 'x', last: '' }])
    assert.deepEqual(asked({ period: 'own', ...wrong }).now, { first: '2026-11-02', last: '2026-12-01' })
  assert.equal(asked({ period: 'century', against: 'tomorrow' }).period, 'days')
})

test('a time goes from midnight to midnight of the place', () => {
  assert.deepEqual(spanOf({ first: '2026-10-01', last: '2026-10-31' }), { since: '2026-09-30T16:00:00.000Z', until: '2026-10-31T16:00:00.000Z' })
  const one = asked({ period: 'month', at: '2026-10' })
  assert.deepEqual(spanQuery(one, AREA), { since: '2026-09-30T16:00:00.000Z', until: '2026-10-31T16:00:00.000Z', area_id: AREA })
  assert.deepEqual(reportQuery(one, null), {
    since: '2026-09-30T16:00:00.000Z', until: '2026-10-31T16:00:00.000Z', compare_since: '2026-08-31T16:00:00.000Z', compare_until: '2026-09-30T16:00:00.000Z',
  })
})

test('the address keeps which time and area, and nothing else', () => {
  assert.deepEqual(sameTime({ period: 'month', at: '2026-10', area: AREA, group: 'camera', part: 'rest' }), { period: 'month', at: '2026-10', area: AREA })
  assert.equal(areaOf({ area: AREA }), AREA)
  assert.equal(areaOf({ area: '../x' }), null)
})

test('months and quarters to choose from', () => {
  assert.deepEqual(monthsBack('2026-01-15', 3), ['2026-01', '2025-12', '2025-11'])
  assert.deepEqual(quartersBack('2026-05-31', 3), ['2026-04', '2026-01', '2025-10'])
  assert.equal(quarterName('2025-10'), '2025 Q4')
})

test('numbers are said so that nothing is rounded into being', () => {
  assert.deepEqual([share(0), share(0.0004), share(0.5), share(0.123), share(0.9996), share(1)], ['0\u00a0%', '<0.1\u00a0%', '50\u00a0%', '12.3\u00a0%', '>99.9\u00a0%', '100\u00a0%'])
  assert.deepEqual([count(7), count(12345), count(1234567.25), count(0.04)], ['7', '12\u202f345', '1\u202f234\u202f567.3', '0.0'])
  assert.deepEqual([lastingOf(1800), lastingOf(5400), lastingOf(172_800)], [{ unit: 'minutes', n: '30' }, { unit: 'hours', n: '1.5' }, { unit: 'days', n: '2.0' }])
})

const figure = (more: object) => ({ value: null, low: null, high: null, p50: null, p90: null, counted: 0, of: 0, few: false, left_out: [], groups: [], ...more })

test('a target is held against what it was set for, and against nothing where there is too little', () => {
  assert.equal(met('time_to_site', { shape: 'time' }, figure({ p50: 60, p90: 1800 })), true)
  assert.equal(met('time_to_site', { shape: 'time' }, figure({ p50: 60, p90: 1801 })), false)
  assert.equal(met('time_to_site', { shape: 'time' }, figure({ p50: 60 })), null)
  assert.equal(met('standby_checks', { shape: 'share' }, figure({ value: 0.979 })), false)
  assert.equal(met('damages_per_1000_filings', { shape: 'rate' }, figure({ value: 0.4, few: true })), null)
  assert.equal(met('unfiled', { shape: 'share' }, figure({ value: 0.4 })), null)
})

test('two times are called apart only where their intervals are', () => {
  const two = (now: object, before: object, apart = false) => verdictOf({ now: figure(now), before: figure(before), apart } as never)
  assert.equal(two({ low: 0.1, high: 0.2 }, { low: 0.4, high: 0.6 }, true), 'apart')
  assert.equal(two({ low: 0.1, high: 0.5 }, { low: 0.4, high: 0.6 }), 'together')
  assert.equal(two({ few: true }, {}), 'few')
  assert.equal(two({ low: 0.1, high: 0.5 }, {}), 'none')
})

test('a case leads to its own file', () => {
  assert.deepEqual(leadsTo({ kind: 'violation', id: 'v', site_id: 's' }), { path: '/sites/s', needs: 'site:read' })
  assert.deepEqual(leadsTo({ kind: 'strike', id: 'k', site_id: null }), { path: '/strikes/k', needs: 'strike:read' })
  assert.deepEqual(leadsTo({ kind: 'filing', id: 'f', site_id: null }), { path: '/filings/f', needs: 'filing:read' })
  assert.equal(leadsTo({ kind: 'stretch', id: 'p:0-9', site_id: null })?.needs, 'coverage:read')
  assert.equal(leadsTo({ kind: 'check', id: 'c', site_id: null }), null)
})

test('the fullest cell is the darkest', () => {
  assert.deepEqual([0, 1, 3, 5, 10].map((one) => darkness(one, 10)), [1, 1, 2, 2, 4])
})

test('a wall tries again soon, then once a minute, and its pages go round', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 50].map(pauseAfter), [5000, 10_000, 20_000, 40_000, 60_000, 60_000])
  assert.deepEqual([turned(4, 1, 5), turned(0, -1, 5), turned(2, 0, 5)], [0, 4, 2])
})
