import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlarmClue, SiteEvent } from '../src/api/kinds.ts'
import { boxesOn, pairOf, photosOf, picturesIn, stepped, type SitePhoto } from '../src/rules/compare.ts'
import { momentsOf, spotsAt, standAt } from '../src/rules/overtime.ts'

const at = (minute: number): string => `2026-11-27T08:${String(minute).padStart(2, '0')}:00Z`
const RING = [[116.7, 39.5], [116.71, 39.5], [116.71, 39.51], [116.7, 39.5]]
const BOX = { x: 0.1, y: 0.2, w: 0.3, h: 0.4 }

function clue(id: string, minute: number | null, more: Partial<AlarmClue> = {}): AlarmClue {
  return {
    finding_id: id, observation_id: `o-${id}`, at: minute === null ? null : at(minute), stream: 'cam-a', what: 'machine', type: 'excavator', score: 0.8, raises: true,
    place: { lon: 116.7 + Number(minute ?? 0) / 1000, lat: 39.5, sigma_m: 2, ellipse: RING }, box: BOX, has_picture: true, rendered: false, reason: 'seen', ...more,
  }
}

function event(id: string, kind: string, minute: number, body: Record<string, unknown> = {}): SiteEvent {
  return { id, at: at(minute), version: 1, kind, actor: null, actor_name: null, body, made_at: null, made_odd: null }
}

const DISCOVERED = event('e1', 'discovered', 2, { lon: 116.7, lat: 39.5, zone: 'control' })
const MOVED = event('e2', 'replaced', 6, { lon: 116.8, lat: 39.6, zone: 'protection' })
const LOST = event('e3', 'replaced', 8, { lon: null, lat: null, zone: 'unknown' })

test('moments are clues and moves of the site by time; what says no time, and what moves nothing, is none', () => {
  const moments = momentsOf([clue('b', 5), clue('a', 1), clue('never', null)], [MOVED, DISCOVERED, event('e4', 'noted', 3)])
  assert.deepEqual(moments.map((one) => one.clues[0]?.finding_id ?? one.event?.id), ['a', 'e1', 'b', 'e2'])
})

test('clues of one picture are one moment, what raises an alarm before all that stands by', () => {
  const person = clue('p', 5, { observation_id: 'o', what: 'person', raises: false, score: 0.9 })
  const [only, ...more] = momentsOf([person, clue('m', 5, { observation_id: 'o', score: 0.6 }), clue('n', 5, { observation_id: 'o' })], [])
  assert.deepEqual(only?.clues.map((one) => one.finding_id), ['n', 'm', 'p'])
  assert.equal(more.length, 0)
  assert.equal(spotsAt(only ? [only] : [], 0).length, 2)
  assert.equal(spotsAt(momentsOf([person], []), 0).length, 1)
})

test('the site stands where it was placed last, also when later nobody knew', () => {
  const moments = momentsOf([clue('a', 1)], [DISCOVERED, MOVED, LOST])
  assert.equal(standAt(moments, 0), null)
  assert.deepEqual(standAt(moments, 1), { place: [116.7, 39.5], zone: 'control' })
  assert.deepEqual(standAt(moments, 3)?.place, [116.8, 39.6])
  assert.deepEqual(standAt(moments, 99)?.zone, 'protection')
  assert.equal(standAt([], 0), null)
})

test('the map knows of a clue from its moment on; the moment of the move has no last clue', () => {
  const moments = momentsOf([clue('a', 1), clue('nowhere', 3, { place: null }), clue('b', 5)], [MOVED])
  assert.deepEqual(spotsAt(moments, 0).map((one) => one.last), [true])
  assert.deepEqual(spotsAt(moments, 1).map((one) => one.last), [false])
  assert.deepEqual(spotsAt(moments, 2).map((one) => one.place[0].toFixed(3)), ['116.701', '116.705'])
  assert.deepEqual(spotsAt(moments, 3).map((one) => one.last), [false, false])
})

test('pictures are told once each by time: of clues by their frame with every box, of events by what they name', () => {
  const clues = [clue('b', 5, { observation_id: 'o' }), clue('c', 5, { observation_id: 'o', box: { ...BOX, x: 0.5 } }), clue('by', 5, { observation_id: 'o', raises: false, box: { ...BOX, x: 0.8 } }), clue('said', 4, { has_picture: false, box: null })]
  const events = [event('e', 'arrived', 3, { proof: { pictures: ['p1', 'p2'] } }), event('n', 'noted', 9, { pictures: ['p2'] }), event('x', 'accepted', 9)]
  const photos = photosOf('S', 'A', clues, events)
  assert.deepEqual(photos.map((one) => one.key), ['p1', 'p2', 'o'])
  assert.equal(photos[0]?.url, '/v1/sites/S/pictures/p1')
  assert.equal(photos[2]?.url, '/v1/alarms/A/clues/b/picture')
  assert.deepEqual(photos[2]?.boxes.map((one) => one.x), [0.1, 0.5])
  assert.deepEqual(picturesIn(event('q', 'noted', 1, { pictures: 'p' })), [])
  assert.deepEqual(photosOf('S', null, clues, []), [])
})

const photo = (key: string, stream: string | null, boxes = [BOX]): SitePhoto => ({ key, at: null, url: key, stream, event: null, actor: null, boxes, rendered: false })
const FOUR = [photo('1', 'cam-a'), photo('2', null), photo('3', 'cam-b'), photo('4', 'cam-a')]

test('the pair to begin with is the oldest and the newest of one stream, else of all', () => {
  assert.deepEqual(pairOf(FOUR), ['1', '4'])
  assert.deepEqual(pairOf(FOUR.slice(0, 3)), ['1', '3'])
  assert.deepEqual(pairOf([photo('1', null), photo('2', null)]), ['1', '2'])
  assert.equal(pairOf(FOUR.slice(0, 1)), null)
  assert.equal(pairOf([]), null)
})

test('two pictures of one stream get the same boxes; others each its own', () => {
  const [first, spot, other, last] = FOUR as [SitePhoto, SitePhoto, SitePhoto, SitePhoto]
  const moved = photo('5', 'cam-a', [{ ...BOX, x: 0.9 }])
  assert.deepEqual(boxesOn(first, moved).map((each) => each[0]?.x), [0.9, 0.9])
  assert.deepEqual(boxesOn(moved, photo('6', 'cam-a', [])).map((each) => each[0]?.x), [0.9, 0.9])
  assert.deepEqual(boxesOn(first, { ...other, boxes: [] }), [[BOX], []])
  assert.deepEqual(boxesOn({ ...spot, boxes: [] }, { ...spot, key: 'y', boxes: [] }), [[], []])
  assert.deepEqual(boxesOn(first, last), [[BOX], [BOX]])
})

test('the next picture is never the one that it is compared with, and the ends hold', () => {
  assert.equal(stepped(FOUR, '1', 1, '2'), '3')
  assert.equal(stepped(FOUR, '4', 1, '1'), '4')
  assert.equal(stepped(FOUR, '2', -1, '1'), '2')
  assert.equal(stepped(FOUR, '4', -1, '1'), '3')
})
