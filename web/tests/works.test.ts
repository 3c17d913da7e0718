import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byDue, dayNow, nextDue, openOf } from '../src/rules/works.ts'
import type { Filing, Required, SiteUnder } from '../src/api/kinds.ts'

const NOW = Date.parse('2026-03-10T00:00:00Z')
const due = (kind: string, due_at: string | null, effect = 'required'): Required => ({ kind, due_at, effect }) as Required
const LATER = due('briefing', '2026-03-12T00:00:00Z')
const SOON = due('reply', '2026-03-11T00:00:00Z')
const PAST = due('file', '2026-03-01T00:00:00Z')
const ALWAYS = due('hours', null)

const filing = (required: Required[], state: Filing['state'] = 'filed'): Pick<Filing, 'state' | 'decision'> => ({ state, decision: { required } as Filing['decision'] })

test('the soonest comes first and what always holds last', () => {
  assert.deepEqual(byDue([ALWAYS, LATER, PAST, SOON]).map((one) => one.kind), ['file', 'reply', 'briefing', 'hours'])
  assert.deepEqual(byDue([ALWAYS, { ...ALWAYS, kind: 'x' }]).map((one) => one.kind), ['hours', 'x'])
})

test('the next due lies ahead, and a filing that ended has none', () => {
  assert.equal(nextDue(filing([ALWAYS, LATER, PAST, SOON]), NOW)?.kind, 'reply')
  assert.equal(nextDue(filing([PAST, ALWAYS]), NOW), null)
  assert.equal(nextDue(filing([due('blasting', '2026-03-11T00:00:00Z', 'forbidden')]), NOW), null)
  assert.equal(nextDue(filing([SOON], 'cancelled'), NOW), null)
  assert.equal(nextDue({ state: 'filed', decision: null }, NOW), null)
})

test('a day is what the server knows, then what this phone said last', () => {
  const days = [{ day: '2026-03-10' }]
  const said = (kind: string, day = '2026-03-10'): { kind: string; day: string } => ({ kind, day })
  assert.equal(dayNow([], '2026-03-10', []), 'none')
  assert.equal(dayNow(days, '2026-03-10', []), 'declared')
  assert.equal(dayNow([], '2026-03-10', [said('start_day')]), 'waits')
  assert.equal(dayNow(days, '2026-03-10', [said('take_back_day')]), 'none')
  assert.equal(dayNow(days, '2026-03-10', [said('take_back_day'), said('start_day')]), 'waits')
  assert.equal(dayNow([], '2026-03-10', [said('start_day', '2026-03-09')]), 'none')
})

test('only open violations are asked about, the nearest deadline first', () => {
  const one = (id: string, due_at: string | null, fixed_at: string | null = null): SiteUnder['violations'][number] => ({ id, due_at, fixed_at }) as SiteUnder['violations'][number]
  const found = openOf({ violations: [one('a', null), one('b', '2026-03-12T00:00:00Z'), one('c', '2026-03-11T00:00:00Z'), one('d', null, '2026-03-01T00:00:00Z')] })
  assert.deepEqual(found.map((each) => each.id), ['c', 'b', 'a'])
})
