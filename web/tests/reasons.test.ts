import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reasonParts } from '../src/rules/reasons.ts'

const keys = (reason: string): (string | null)[] => reasonParts(reason).map((one) => one.key)

test('a reason of several parts is taken apart whole', () => {
  assert.deepEqual(reasonParts('same place 1.8 m of 4.2 m, 60 s apart, look 0.97/0.88'), [
    { key: 'same_place', parts: { far: '1.8', reach: '4.2' } },
    { key: 'apart_s', parts: { n: '60' } },
    { key: 'look', parts: { one: '0.97', needed: '0.88' } },
  ])
})

test('every sentence of the river is known', () => {
  assert.deepEqual(keys('first seen here'), ['first'])
  assert.deepEqual(keys('seen before; bridged: same box in the picture (overlap 0.83), 12 min apart'), ['before', 'bridged', 'same_box', 'apart_min'])
  assert.deepEqual(keys('moved, looks the same, 6.1 m of 9.0 m, 3.5 h apart, look 0.90/0.91'), ['moved_far', 'apart_h', 'look'])
  assert.deepEqual(keys('moved 1.2 of its widths, looks the same, 40 s apart, look 0.90/0.91'), ['moved_widths', 'apart_s', 'look'])
  assert.deepEqual(keys('same object found twice in one picture (overlap 0.91)'), ['twice'])
  assert.deepEqual(keys('same site, 14.2 m from another machine there; same place 0.2 m of 3.0 m, seen by another camera'), ['same_site', 'also', 'same_place', 'other_camera'])
  assert.deepEqual(keys('cone beside the machine, 4.7 m away'), ['beside'])
  assert.deepEqual(keys('person beside the machine, in the picture'), ['beside_seen'])
})

test('what is not known is kept as it came', () => {
  assert.deepEqual(reasonParts('seen before; a new kind of reason, 3 m'), [
    { key: 'before', parts: {} },
    { key: 'also', parts: {} },
    { key: null, parts: { text: 'a new kind of reason, 3 m' } },
  ])
  assert.deepEqual(reasonParts(''), [])
})
