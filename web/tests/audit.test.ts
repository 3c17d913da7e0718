// What the audit page asks for, and what counts as a reason.
import assert from 'node:assert/strict'
import test from 'node:test'
import { asHeader, auditQuery, dayOf, detailsLine, isReason, viewQuery } from '../src/rules/audit.ts'

const from = (query: Record<string, string>) => (name: string) => query[name] ?? ''

test('a day is a day in China', () => {
  assert.deepEqual(dayOf('2026-11-26'), { since: '2026-11-25T16:00:00.000Z', until: '2026-11-26T16:00:00.000Z' })
  for (const none of ['', '2026', '2026-13-40', 'today']) assert.deepEqual(dayOf(none), {})
})

test('only filters that exist are asked for', () => {
  assert.deepEqual(auditQuery(from({ kind: 'site', person: 'x' })), { act: 'site', actor_id: 'x' })
  assert.deepEqual(auditQuery(from({ kind: 'track' })), {})
  assert.deepEqual(viewQuery(from({ kind: 'track', day: '2026-11-26' })), { what: 'track', ...dayOf('2026-11-26') })
  assert.deepEqual(viewQuery(from({ kind: 'site' })), {})
})

test('details are one line', () => {
  assert.equal(detailsLine({ n: 3, why: '抢修', ids: ['a'] }), 'n 3 · why 抢修 · ids ["a"]')
  assert.equal(detailsLine({}), '')
})

test('a reason has two letters and at most 200 characters', () => {
  for (const good of ['抢修', 'ok', ' 夜里抢修 ', '字'.repeat(200)]) assert.equal(isReason(good), true, good)
  for (const bad of ['', ' ', '.', 'a', '。。', '字'.repeat(201)]) assert.equal(isReason(bad), false, bad)
})

test('a header holds any words', () => {
  assert.equal(asHeader(' 抢修 50%\n'), '%E6%8A%A2%E4%BF%AE%2050%25')
})
