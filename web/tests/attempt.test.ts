import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomeOf, readAttempt } from '../src/rules/attempt.ts'

test('only an answer that was given for this very key ends an act', () => {
  assert.equal(outcomeOf(200, false), 'done')
  assert.equal(outcomeOf(201, true), 'done')
  assert.equal(outcomeOf(422, false), 'refused')
  assert.equal(outcomeOf(409, false), 'refused')
  assert.equal(outcomeOf(409, true), 'refused', 'the act looked for the key first: it was not carried out')
  assert.equal(outcomeOf(404, false), 'refused')
})

test('without an answer, or with one of a server that broke, nobody knows', () => {
  for (const status of [0, 408, 425, 500, 502, 503, 504]) {
    for (const doubtful of [false, true]) assert.equal(outcomeOf(status, doubtful), 'unknown', String(status))
  }
})

test('a server that is busy with this key may be carrying it out', () => {
  assert.equal(outcomeOf(409, false, true), 'unknown')
  assert.equal(outcomeOf(409, true, true), 'unknown')
})

test('whoever was stopped at the door knows nothing about the try before', () => {
  for (const status of [401, 403, 429]) {
    assert.equal(outcomeOf(status, false), 'refused', `${status}: it was the first try, nothing was done`)
    assert.equal(outcomeOf(status, true), 'unknown', `${status}: an earlier try may have paid`)
    assert.equal(outcomeOf(status, false, true), 'refused', `${status}: patience alone is no doubt`)
  }
})

test('an act that was begun is found again after a reload, with its key', () => {
  const kept = { key: 'k-1', body: { amount: '12.50' }, doubtful: false }
  assert.deepEqual(readAttempt(JSON.stringify(kept)), kept)
  assert.equal(readAttempt(JSON.stringify({ key: 'k-1', body: {} }))?.doubtful, true, 'what is not known is doubted')
})

test('what is none of ours is no act', () => {
  for (const text of [null, '', 'null', '{', '[]', '{}', '{"key":""}', '{"key":"k"}', '{"key":7,"body":{}}', '"k"']) assert.equal(readAttempt(text), null, String(text))
})
