import assert from 'node:assert/strict'
import test from 'node:test'
import { chainAge, worst } from '../src/rules/health.ts'

const NOON = Date.parse('2026-11-26T12:00:00Z')

test('a chain grows older by the reader\'s own clock, and never younger than nothing', () => {
  assert.equal(chainAge({ since: '2026-11-26T11:45:00Z' }, NOON), 900)
  assert.equal(chainAge({ since: '2026-11-26T12:00:09Z' }, NOON), 0)
})

test('of several chains the oldest speaks', () => {
  const chains = [{ since: '2026-11-26T11:59:00Z' }, { since: '2026-11-26T11:10:00Z' }, { since: '2026-11-26T11:58:00Z' }]
  assert.equal(worst(chains), chains[1])
  assert.equal(worst([]), null)
})
