import assert from 'node:assert/strict'
import { test } from 'node:test'
import { momentOf, openThen, scaleOf, SPANS, stoodThen, type Span } from '../src/rules/moment.ts'

const T = Date.parse('2026-11-27T08:00:00Z')
const iso = (minutes: number): string => new Date(T + minutes * 60_000).toISOString()
const alarm = { first_seen: iso(0), last_seen: iso(30), acknowledged_at: null, verdict: 'person' } as const

test('an alarm stands from its first clue until somebody takes it', () => {
  assert.ok(!stoodThen(alarm, T - 1))
  assert.ok(stoodThen(alarm, T))
  assert.ok(stoodThen(alarm, T + 90 * 60_000), 'nobody took it: it stands still')
  const taken = { ...alarm, acknowledged_at: iso(10) }
  assert.ok(stoodThen(taken, T + 9 * 60_000))
  assert.ok(!stoodThen(taken, T + 10 * 60_000))
  assert.ok(!stoodThen({ ...alarm, first_seen: null }, T), 'when it began is not known')
})

test('one that was rejected stands until its last clue', () => {
  const rejected = { ...alarm, verdict: 'rejected' } as const
  assert.ok(stoodThen(rejected, T + 30 * 60_000))
  assert.ok(!stoodThen(rejected, T + 31 * 60_000))
})

test('a site is open from its opening up to its end', () => {
  const site = { id: 'a', lon: 0, lat: 0, level: 1, opened: T, ended: T + 1000 }
  assert.deepEqual([T - 1, T, T + 999, T + 1000].map((at) => openThen(site, at)), [false, true, true, false])
  assert.ok(openThen({ ...site, ended: null }, T + 1e12))
})

test('every span ends now and is made of whole steps', () => {
  for (const span of Object.keys(SPANS) as Span[]) {
    const scale = scaleOf(span, T)
    assert.ok(Number.isInteger(scale.steps) && scale.steps <= 120)
    assert.equal(momentOf(scale, scale.steps), T)
    assert.equal(momentOf(scale, 0), T - SPANS[span].ms)
    assert.equal(momentOf(scale, scale.steps + 9), T)
    assert.equal(momentOf(scale, -1), scale.begin)
  }
})
