import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alarm, Zone } from '../src/api/kinds.ts'
import { isSilent, standingOf, worsened } from '../src/rules/standing.ts'

const NOW = Date.parse('2026-11-25T10:00:00Z')
type Told = Pick<Alarm, 'verdict' | 'silent_until' | 'last_seen' | 'acknowledged_at' | 'network'>

function alarm(more: Partial<Told> = {}, zone: Zone = 'protection'): Told {
  return { verdict: 'person', silent_until: null, last_seen: '2026-11-25T09:00:00Z', acknowledged_at: null, network: { zone } as Alarm['network'], ...more }
}

const silent = (more: Partial<Told> = {}, zone: Zone = 'protection'): Told =>
  alarm({ verdict: 'rejected', silent_until: '2026-11-25T12:00:00Z', ...more }, zone)

test('only a rejection is silent, and only while it lasts', () => {
  assert.equal(isSilent(silent(), NOW), true)
  assert.equal(isSilent(alarm(), NOW), false)
  assert.equal(isSilent(alarm({ verdict: 'confirmed' }), NOW), false)
  assert.equal(isSilent(silent({ silent_until: null }), NOW), false, 'a silence without an end is none')
})

test('what is seen after the end of its silence is open, and what was not seen again stays silent', () => {
  const over = { silent_until: '2026-11-25T09:30:00Z' }
  assert.equal(isSilent(silent({ ...over, last_seen: '2026-11-25T09:30:00Z' }), NOW), true)
  assert.equal(isSilent(silent({ ...over, last_seen: '2026-11-25T09:30:01Z' }), NOW), false)
  assert.equal(isSilent(silent({ ...over, last_seen: null }), NOW), false, 'a source without time goes by the clock')
  assert.equal(isSilent(silent({ last_seen: null }), NOW), true)
})

test('taken is taken, whatever the verdict', () => {
  assert.equal(standingOf(alarm(), NOW), 'open')
  assert.equal(standingOf(silent(), NOW), 'silent')
  for (const one of [alarm(), silent(), alarm({ verdict: 'confirmed' })]) {
    assert.equal(standingOf({ ...one, acknowledged_at: '2026-11-25T09:10:00Z' }, NOW), 'taken')
  }
})

test('a silence that ends is news, and one that begins or goes on is none', () => {
  for (const verdict of ['person', 'confirmed'] as const) assert.equal(worsened(silent(), alarm({ verdict }), NOW), true)
  assert.equal(worsened(alarm(), silent(), NOW), false)
  assert.equal(worsened(silent(), silent({ silent_until: '2026-11-26T12:00:00Z' }), NOW), false)
  assert.equal(worsened(alarm(), alarm({ verdict: 'confirmed' }), NOW), false)
})

test('a graver level is news and a lighter one is none', () => {
  assert.equal(worsened(alarm({}, 'control'), alarm({}, 'unknown'), NOW), true)
  assert.equal(worsened(alarm({}, 'protection'), alarm({}, 'unknown'), NOW), false)
  assert.equal(worsened(alarm({}, 'protection'), alarm({}, 'outside'), NOW), false)
})
