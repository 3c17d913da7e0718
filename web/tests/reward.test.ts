import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REWARD_STATES, refusable, waits } from '../src/rules/reward.ts'

test('only what is not in a wallet yet can be refused', () => {
  assert.deepEqual(REWARD_STATES.filter(refusable), ['wanted', 'unfunded', 'unclaimed', 'held'])
  assert.equal(refusable('of a later server'), false)
})

test('a person waits for what is theirs and not paid', () => {
  assert.deepEqual(REWARD_STATES.filter(waits), ['wanted', 'unfunded', 'held'])
})

test('each state is listed once', () => {
  assert.equal(new Set(REWARD_STATES).size, REWARD_STATES.length)
})
