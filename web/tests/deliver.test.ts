import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliver } from '../src/api/client.ts'

async function headersOf(body: FormData | string, open: boolean): Promise<Headers> {
  const seen: Headers[] = []
  const before = globalThis.fetch
  globalThis.fetch = (_path, init) => {
    seen.push(new Headers(init?.headers))
    return Promise.resolve(new Response('{}', { status: 201 }))
  }
  try {
    const got = await deliver('/v1/x', body, 'key-1', open, new AbortController().signal)
    assert.equal(got.status, 201)
  } finally {
    globalThis.fetch = before
  }
  return seen[0]!
}

test('words carry the key that keeps them one; a form does not, its bytes are others each time', async () => {
  const words = await headersOf('{}', false)
  assert.deepEqual([words.get('Idempotency-Key'), words.get('Content-Type')], ['key-1', 'application/json'])
  const form = await headersOf(new FormData(), false)
  assert.deepEqual([form.get('Idempotency-Key'), form.get('Content-Type')], [null, null])
})

test('a line that is dead is no error: status 0, and the draft waits', async () => {
  const before = globalThis.fetch
  globalThis.fetch = () => Promise.reject(new TypeError('Failed to fetch'))
  try {
    assert.deepEqual(await deliver('/v1/x', '{}', 'key-1', true, new AbortController().signal), { status: 0, waitSeconds: 0, body: null })
  } finally {
    globalThis.fetch = before
  }
})
