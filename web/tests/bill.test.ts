import assert from 'node:assert/strict'
import { test } from 'node:test'
import { confirmLeft, countdown, isOver, lookAgain } from '../src/rules/bill.ts'

const NOW = Date.parse('2026-11-27T02:00:00Z')

test('three states are the end of a withdrawal, an unknown one is none', () => {
  for (const state of ['paid', 'failed', 'cancelled']) assert.equal(isOver(state), true, state)
  for (const state of ['reserved', 'sent', 'to_confirm', 'cancelling', 'unknown', 'of a later server']) assert.equal(isOver(state), false, state)
})

test('the time to confirm counts down to nothing and never below', () => {
  assert.equal(confirmLeft('to_confirm', '2026-11-28T02:00:00Z', NOW), 86_400)
  assert.equal(confirmLeft('to_confirm', '2026-11-27T02:00:00.400Z', NOW), 1)
  assert.equal(confirmLeft('to_confirm', '2026-11-27T02:00:00Z', NOW), 0)
  assert.equal(confirmLeft('to_confirm', '2026-11-27T01:00:00Z', NOW), 0)
})

test('only what waits for its person counts down', () => {
  assert.equal(confirmLeft('to_confirm', null, NOW), null)
  assert.equal(confirmLeft('to_confirm', 'soon', NOW), null)
  for (const state of ['reserved', 'sent', 'unknown', 'paid']) assert.equal(confirmLeft(state, '2026-11-28T02:00:00Z', NOW), null, state)
})

test('a day counts down in hours, the last hour in minutes', () => {
  assert.equal(countdown(86_400), '24:00:00')
  assert.equal(countdown(86_399), '23:59:59')
  assert.equal(countdown(3_600), '1:00:00')
  assert.equal(countdown(3_599), '59:59')
  assert.equal(countdown(61), '01:01')
  assert.equal(countdown(0), '00:00')
})

test('what is under way is looked at soon, what a person must look into later, what is over never', () => {
  assert.equal(lookAgain([]), null)
  assert.equal(lookAgain(['paid', 'failed', 'cancelled']), null)
  assert.equal(lookAgain(['paid', 'sent']), 3_000)
  assert.equal(lookAgain(['unknown', 'cancelling']), 3_000)
  assert.equal(lookAgain(['unknown', 'paid']), 30_000)
})
