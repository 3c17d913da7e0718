import assert from 'node:assert/strict'
import { test } from 'node:test'
import { glimpse, HALF_KEPT_MS, isOutdated, offered, type HalfHead } from '../src/rules/halves.ts'

const NOW = 1_800_000_000_000
const half = (n: number, more: Partial<HalfHead> = {}): HalfHead => ({ n, form: 'report', person: null, at: NOW - 1000 * n, ...more })
const ids = (all: HalfHead[], person: string | null = null, writing: number[] = [], now = NOW): number[] => offered(all, 'report', person, new Set(writing), now).map((one) => one.n)

test('the newest is offered first', () => {
  assert.deepEqual(ids([half(3), half(1), half(2)]), [1, 2, 3])
  assert.deepEqual(ids([half(1, { at: NOW }), half(2, { at: NOW })]), [2, 1])
})

test('what is being written just now is no offer', () => {
  assert.deepEqual(ids([half(1), half(2)], null, [1]), [2])
})

test('nobody is offered what somebody else began', () => {
  const all = [half(1, { person: 'wang' }), half(2, { person: 'li' }), half(3)]
  assert.deepEqual(ids(all, 'wang'), [1])
  assert.deepEqual(ids(all, null), [3])
  assert.deepEqual(ids(all, 'chen'), [])
})

test('each form has its own', () => {
  assert.deepEqual(ids([half(1, { form: 'danger' }), half(2, { form: 'site 7' })]), [])
})

test('after fourteen days it is gone; a clock that was set back throws nothing away', () => {
  const old = half(1, { at: NOW - HALF_KEPT_MS - 1 })
  assert.ok(isOutdated(old, NOW))
  assert.deepEqual(ids([old]), [])
  assert.ok(!isOutdated(half(1, { at: NOW - HALF_KEPT_MS }), NOW))
  assert.ok(!isOutdated(half(1, { at: NOW + HALF_KEPT_MS * 30 }), NOW))
})

test('it is known again by its first words', () => {
  assert.equal(glimpse({ words: '  挖机\n在   挖  ' }), '挖机 在 挖')
  assert.equal(glimpse({ words: 'x'.repeat(61) }), `${'x'.repeat(60)}…`)
  for (const none of [null, {}, { words: 7 }, 'words', undefined]) assert.equal(glimpse(none), '')
})
