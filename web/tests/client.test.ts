import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allOf } from '../src/api/client.ts'

test('a list is read page by page until none is left', async () => {
  const asked: unknown[] = []
  const pages: Record<string, { items: number[]; next: string | null }> = { '': { items: [1, 2], next: 'a' }, a: { items: [], next: 'b' }, b: { items: [3], next: null } }
  const found = await allOf(async (query) => {
    asked.push(query)
    return pages[query.cursor ?? '']!
  })
  assert.deepEqual(found, [1, 2, 3])
  assert.deepEqual(asked, [{ limit: 200 }, { limit: 200, cursor: 'a' }, { limit: 200, cursor: 'b' }])
  await assert.rejects(allOf(() => Promise.reject(new Error('gone'))), /gone/)
})
