import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cameFrom, phoneDoor, phoneReturn, type Shelf } from '../src/rules/face.ts'

function shelf(): Shelf & { kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, said) => void kept.set(key, said), removeItem: (key) => void kept.delete(key) }
}

test('who left from the phone is led back to it, once', () => {
  const own = shelf()
  cameFrom('phone', own)
  assert.equal(phoneReturn('/sign-in?outside=done', 'done', own), '/m/sign-in?outside=done')
  assert.equal(phoneReturn('/sign-in?outside=done', 'done', own), null)
})

test('who left from the desk, or is just signing in, stays there', () => {
  const own = shelf()
  assert.equal(phoneReturn('/sign-in?outside=done', 'done', own), null)
  cameFrom('desk', own)
  assert.equal(phoneReturn('/sign-in?outside=denied', 'denied', own), null)
  cameFrom('phone', own)
  assert.equal(phoneReturn('/sign-in', undefined, own), null)
  assert.equal(own.kept.size, 1, 'what was kept waits for the return')
})

test('a phone that reads a QR code lands on the phone, a desk stays', () => {
  assert.equal(phoneDoor('/experts/0123', true), '/m/experts/0123')
  assert.equal(phoneDoor('/experts/0123', false), null)
})
