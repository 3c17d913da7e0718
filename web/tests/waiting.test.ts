import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IntakeItem, Minded } from '../src/api/kinds.ts'
import { noteOf, PHONE_HOURS, saidPlace, stepFrom, waiting, whyWaits } from '../src/rules/waiting.ts'

function report(id: string, received_at: string, more: Partial<Minded> = {}): Minded {
  return { id, received_at, danger: false, words: `w${id}`, place_words: '', why: 'it has no place', lon: null, lat: null, ...more } as Minded
}

function message(id: string, received_at: string, more: Partial<IntakeItem> = {}): IntakeItem {
  return { id, received_at, words: `w${id}`, address: '和平路', why: 'it has no coordinates', lon: null, lat: null, ...more } as IntakeItem
}

test('danger comes first, then whatever has waited longest, whoever brought it', () => {
  const found = waiting(
    [report('new', '2026-11-26T10:00:00Z'), report('smell', '2026-11-26T11:00:00Z', { danger: true }), report('old', '2026-11-25T10:00:00Z')],
    [message('hotline', '2026-11-26T09:00:00+08:00')],
  )
  assert.deepEqual(found.map((one) => one.id), ['smell', 'old', 'hotline', 'new'])
  assert.deepEqual(found.map((one) => [one.report !== null, one.message !== null]), [[true, false], [true, false], [false, true], [true, false]])
  assert.equal(found[2]?.place_words, '和平路')
})

test('why something waits is told with its figures, and a reason of a person as it was given', () => {
  assert.deepEqual(whyWaits('it has no place'), { key: 'no_place', parts: {} })
  assert.deepEqual(whyWaits('it has no coordinates'), { key: 'no_place', parts: {} })
  assert.deepEqual(whyWaits('its place may be off by 5000 m'), { key: 'vague', parts: { m: '5000' } })
  assert.deepEqual(whyWaits("its place lies on no operator's ground"), { key: 'no_operator', parts: {} })
  assert.deepEqual(whyWaits('its place lies in no area of ours'), { key: 'no_area', parts: {} })
  assert.deepEqual(whyWaits('its place lies in no area of ours, and no pipe of ours is near'), { key: 'no_area', parts: {} })
  assert.deepEqual(whyWaits('its phone was set aside: 骂人\n又骂人'), { key: 'phone_aside', parts: { reason: '骂人\n又骂人' } })
  assert.deepEqual(whyWaits('its platform sorts it as something other than digging'), { key: 'not_digging', parts: {} })
  assert.deepEqual(whyWaits('none of ours'), { key: null, parts: { text: 'none of ours' } })
})

test('what is odd about a report is told with its figures', () => {
  assert.deepEqual(noteOf("the phone's clock is ahead; the time of receipt counts").key, 'ahead')
  assert.deepEqual(noteOf("the phone's time is long past; the time of receipt counts").key, 'long_past')
  assert.deepEqual(noteOf('a picture says that it is older than 24 h'), { key: 'old_picture', parts: { h: '24' } })
  assert.deepEqual(noteOf('picture 2 was not kept: is no picture'), { key: 'not_kept', parts: { number: '2', problem: 'is no picture' } })
  assert.deepEqual(noteOf('1 pictures more than 3 were not kept'), { key: 'too_many', parts: { n: '1', most: '3' } })
  assert.deepEqual(noteOf('else'), { key: null, parts: { text: 'else' } })
})

test('a vague place is shown, and half a place is none', () => {
  const [vague, none, there] = waiting(
    [report('a', '2026-11-26T01:00:00Z', { lon: 116.7, lat: 39.5 }), report('b', '2026-11-26T02:00:00Z', { lon: 116.7 })],
    [message('c', '2026-11-26T03:00:00Z', { lon: 1, lat: 2 })],
  )
  assert.ok(vague && none && there)
  assert.deepEqual(saidPlace(vague), [116.7, 39.5])
  assert.equal(saidPlace(none), null)
  assert.deepEqual(saidPlace(there), [1, 2])
})

test('steps go on from what is at hand and end at the ends', () => {
  const ids = ['a', 'b', 'c']
  assert.equal(stepFrom(ids, null, 1), 'a')
  assert.equal(stepFrom(ids, null, -1), null)
  assert.equal(stepFrom(ids, 'a', 1), 'b')
  assert.equal(stepFrom(ids, 'c', 1), null)
  assert.equal(stepFrom(ids, 'a', -1), null)
  assert.equal(stepFrom(ids, 'gone', 1), 'a')
  assert.equal(stepFrom([], null, 1), null)
})

test('no phone is offered to be set aside for longer than the server allows', () => {
  assert.ok(PHONE_HOURS.every((hours) => hours >= 1 && hours <= 24 * 90))
})
