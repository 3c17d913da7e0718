// The administrators' pages: who sees which part, what an edit changes, which keys work.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byResource, changes, daysAhead, GROUPS, keyState, opens, permissionKey, scopesOf, TABS, touched, underWay } from '../src/rules/admin.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-27T08:00:00Z')

test('each part has one place and somebody who opens it', () => {
  const parts = GROUPS.flatMap((group) => group.parts)
  assert.equal(new Set(parts.map((one) => one.name)).size, parts.length)
  assert.equal(new Set(parts.map((one) => one.path)).size, parts.length)
  assert.ok(parts.every((one) => one.needs.length > 0))
  assert.deepEqual(TABS.map((one) => one.name), ['roles', 'tenants', 'channels', 'webhooks', 'keys', 'doors', 'switches'])
})

test('a part opens by any of its permissions and by nothing else', () => {
  const doors = TABS.find((one) => one.name === 'doors')
  assert.ok(doors)
  assert.ok(opens(doors, (one) => one === 'person:manage'))
  assert.ok(!opens(doors, (one) => one === 'alarm:read'))
})

test('an edit says what comes and what goes, and a wider reach once', () => {
  const found = changes({ 'alarm:read': 'area', 'site:work': 'area' }, { 'alarm:read': 'tenant', 'alarm:export': 'own' })
  assert.deepEqual(found.added, [{ name: 'alarm:export', scope: 'own' }, { name: 'alarm:read', scope: 'tenant' }])
  assert.deepEqual(found.removed, [{ name: 'alarm:read', scope: 'area' }, { name: 'site:work', scope: 'area' }])
  assert.equal(touched(found), 3)
  assert.equal(touched(changes({ a: 'own' }, { a: 'own' })), 0)
})

test('permissions stand by what they are about', () => {
  const known = ['alarm:read', 'site:read', 'alarm:export'].map((name) => ({ name }))
  assert.deepEqual(byResource(known).map(([resource, of]) => [resource, of.length]), [['alarm', 2], ['site', 1]])
  assert.equal(permissionKey('api_key:manage'), 'api_key_manage')
})

test('a reach past the tenant is offered where it ships and nowhere else', () => {
  assert.deepEqual(scopesOf(undefined), ['own', 'area', 'tenant'])
  assert.deepEqual(scopesOf('area'), ['own', 'area', 'tenant'])
  assert.deepEqual(scopesOf('tenants_in_area'), ['own', 'area', 'tenant', 'tenants_in_area'])
})

test('a key works until it ends or is ended', () => {
  const at = (days: number): string => new Date(NOW + days * DAY).toISOString()
  assert.equal(keyState({ expires_at: at(15), revoked_at: null }, NOW), 'live')
  assert.equal(keyState({ expires_at: at(14), revoked_at: null }, NOW), 'ending')
  assert.equal(keyState({ expires_at: at(0), revoked_at: null }, NOW), 'over')
  assert.equal(keyState({ expires_at: at(15), revoked_at: at(-1) }, NOW), 'revoked')
  assert.equal(daysAhead(30, NOW), '2026-12-27T08:00:00.000Z')
})

test('what waits is asked about again', () => {
  assert.ok(underWay([{ state: 'accepted' }, { state: 'waiting' }]))
  assert.ok(!underWay([{ state: 'accepted' }, { state: 'failed' }, { state: 'logged' }, { state: 'dropped' }]))
  assert.ok(!underWay([]))
})
