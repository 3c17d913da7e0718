import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Review, Verdict } from '../src/api/kinds.ts'
import {
  codeAt, codesOf, CODE_KEYS, FALSE_CODES, heldByMe, heldByOther, inOrder, isBlind, markOf, nextOf, placeOf, saidOf, silencesOf, TRUE_CODES,
} from '../src/rules/review.ts'

const NOW = Date.parse('2026-11-25T10:00:00Z')

function verdict(more: Partial<Verdict> = {}): Verdict {
  return {
    alarm_id: 'a', verdict: 'person', by: 'house', reasons: [], since: null, until: null, due_at: '2026-11-25T09:00:00Z', rules: [],
    opinion: null, decided_code: null, decided_words: null, decided_at: null, ...more,
  }
}

function reasons(...codes: string[]): Verdict['reasons'] {
  return codes.map((code) => ({ code, zh: code, en: code, words: '' })) as Verdict['reasons']
}

function review(id: string, more: Partial<Review> = {}): Review {
  return {
    id, tenant_id: 't', verdict: verdict(), waits: true, zone: 'protection', rank: 0, lon: null, lat: null, camera_id: null, score: 0.5,
    frames: 2, made_at: '2026-11-25T08:59:00Z', audit: false, what: 'machine', type: null, pipe_id: null, distance_m: null,
    pressure_class: null, streams: [], has_picture: true, rendered: true, taken_by: null, taken_by_name: null, taken_at: null,
    held_until: null, ...more,
  }
}

const held = (by: string, until = '2026-11-25T10:05:00Z'): Partial<Review> => ({ taken_by: by, held_until: until })

test('each code is reached by one key, and by no key of the other side', () => {
  for (const said of ['true', 'false'] as const) {
    const codes = codesOf(said)
    assert.ok(codes.length <= CODE_KEYS.length)
    assert.deepEqual([...CODE_KEYS].slice(0, codes.length).map((key) => codeAt(said, key)), [...codes])
    for (const code of codes) assert.equal(saidOf(code), said)
  }
  assert.equal(TRUE_CODES.length + FALSE_CODES.length, 14)
  assert.equal(codeAt('true', '4'), null)
  assert.equal(codeAt('false', '-'), 'other')
  for (const key of ['', 'x', 'Enter', '12', ' ']) assert.equal(codeAt('false', key), null)
})

test('nobody is offered a longer silence than the place allows', () => {
  assert.equal(Math.max(...silencesOf('protection')), 168)
  assert.equal(Math.max(...silencesOf('unknown')), 168)
  assert.equal(Math.max(...silencesOf('control')), 720)
  assert.ok(silencesOf('outside').includes(24))
})

test('an audit tells nothing before the decision and cannot be told from what no rule could decide', () => {
  const audit = review('a', { audit: true, verdict: verdict({ verdict: 'rejected', reasons: reasons('parked', 'model_no') }) })
  const undecided = review('b', { verdict: verdict({ reasons: reasons('undecided') }) })
  assert.equal(isBlind(audit), true)
  assert.equal(isBlind(undecided), true)
  assert.equal(isBlind({ ...audit, waits: false }), false, 'what was said is shown after the decision')
  assert.equal(isBlind(review('c', { verdict: verdict({ reasons: reasons('undecided', 'model_unsure') }) })), true)
  assert.equal(isBlind(review('c', { verdict: verdict({ reasons: reasons('undecided', 'parked') }) })), false)
  assert.equal(isBlind(review('d', { verdict: verdict({ reasons: reasons('words') }) })), false)
  assert.equal(isBlind(review('e')), false, 'no reason at all hides nothing')
})

test('what somebody holds is theirs until the time is over', () => {
  const one = review('a', held('li'))
  assert.equal(heldByOther(one, 'wang', NOW), true)
  assert.equal(heldByOther(one, 'li', NOW), false)
  assert.equal(heldByMe(one, 'li', NOW), true)
  assert.equal(heldByOther(one, 'wang', NOW + 300_000), false)
  assert.equal(heldByOther(review('b'), 'wang', NOW), false)
})

test('next is the next one down that is free, else the first, and never the one at hand', () => {
  const queue = [review('a'), review('b', held('li')), review('c', { waits: false }), review('d')]
  assert.equal(nextOf(queue, null, 'wang', NOW), 'a')
  assert.equal(nextOf(queue, 'a', 'wang', NOW), 'd')
  assert.equal(nextOf(queue, 'a', 'li', NOW), 'b')
  assert.equal(nextOf(queue, 'd', 'wang', NOW), 'a')
  assert.equal(nextOf([review('a')], 'a', 'wang', NOW), null)
  assert.equal(nextOf(queue, 'gone', 'wang', NOW), 'a')
})

test('protection range first, then the longest waiting, whatever the notation of the time', () => {
  const late = { ...placeOf(review('late', { verdict: verdict({ due_at: '2026-11-25T09:30:00Z' }) })), id: 'late' }
  const early = { ...placeOf(review('early', { verdict: verdict({ due_at: '2026-11-25T17:00:00+08:00' }) })), id: 'early' }
  const outside = { ...placeOf(review('outside', { rank: 2, verdict: verdict({ due_at: '2026-11-25T01:00:00Z' }) })), id: 'outside' }
  assert.deepEqual([outside, late, early].sort(inOrder).map((one) => one.id), ['early', 'late', 'outside'])
  assert.equal(placeOf(review('x', { verdict: verdict({ due_at: null }) })).due, '2026-11-25T08:59:00Z')
})

test('a verdict is confirmed, silent, waiting, or given time to drive on', () => {
  assert.equal(markOf(verdict({ verdict: 'confirmed', due_at: null }), NOW), 'confirmed')
  assert.equal(markOf(verdict({ verdict: 'rejected', until: '2026-11-26T10:00:00Z' }), NOW), 'silent')
  assert.equal(markOf(verdict(), NOW), 'person')
  assert.equal(markOf(verdict({ due_at: '2026-11-25T10:00:30Z' }), NOW), 'later')
  assert.equal(markOf(verdict({ due_at: null }), NOW), 'person')
})
