import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshKey, keysOf } from '../src/api/key.ts'

test('a key is a UUID of version 4, each time another, also where the browser has no randomUUID', () => {
  const keys = Array.from({ length: 500 }, freshKey)
  for (const key of keys) assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(!freshKey.toString().includes('randomUUID'))
})

test('the same content keeps its key, other content gets another, and two senders share none', () => {
  const headers = keysOf()
  const first = headers({ words: 'gas', drill: false })
  assert.deepEqual(headers({ words: 'gas', drill: false }), first)
  const other = headers({ words: 'gas', drill: true })
  assert.notDeepEqual(other, first)
  assert.notDeepEqual(headers({ words: 'gas', drill: false }), first, 'what was changed and changed back is a new act')
  assert.notDeepEqual(keysOf()({ words: 'gas', drill: true }), other)
})
