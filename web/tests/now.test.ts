import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actsOf, leftFor, papersOf, rowsShown, seenAt, WHOLE, worse, type Place } from '../src/rules/now.ts'

const ONE: Place = [2, 3, 1000, -40, 500, 'b']

test('the worse place comes first, part by part', () => {
  const better: Place[] = [
    [3, 0, null, null, 0, 'a'], [2, 4, 0, -100, 0, 'a'], [2, 3, 1001, -100, 0, 'a'], [2, 3, null, -100, 0, 'a'],
    [2, 3, 1000, -39.9, 0, 'a'], [2, 3, 1000, -40, 501, 'a'], [2, 3, 1000, -40, 500, 'c'],
  ]
  for (const other of better) {
    assert.ok(worse(ONE, other) < 0, JSON.stringify(other))
    assert.ok(worse(other, ONE) > 0, JSON.stringify(other))
  }
  assert.equal(worse(ONE, [...ONE]), 0)
})

test('a risk that nobody weighed stands before every other, a deadline that is not there after every other', () => {
  assert.ok(worse([2, 3, 1000, null, 500, 'z'], [2, 3, 1000, -100, 0, 'a']) < 0)
  assert.ok(worse([2, 3, null, null, 0, 'a'], [2, 3, 9e12, 0, 900, 'z']) > 0)
})

test('papers: nobody has looked yet is not unfiled', () => {
  const there = (site: Parameters<typeof papersOf>[0]): (boolean | null)[] => papersOf(site).map((one) => one.there)
  assert.deepEqual(there({ filed: 'unknown', passed: [], standby_at: null, state: 'discovered' }), [null, false, false])
  assert.deepEqual(there({ filed: 'unfiled', passed: ['briefed'], standby_at: null, state: 'ready' }), [false, true, false])
  assert.deepEqual(there({ filed: 'filed', passed: [], standby_at: '2026-11-27T00:00:00Z', state: 'briefed' }), [true, true, true])
})

test('one main step: take what nobody has, then decide, then the site', () => {
  const can = { take: true, decide: true, site: true }
  const alarm = { verdict: 'person' as const, acknowledged_at: null }
  const site = { id: 's' }
  assert.deepEqual(actsOf({ alarm, site, hand: 'nobody' }, can), ['take', 'decide', 'site', 'open'])
  assert.equal(actsOf({ alarm, site, hand: 'struck' }, can)[0], 'take')
  assert.deepEqual(actsOf({ alarm, site, hand: 'late' }, can), ['decide', 'site', 'open', 'take'])
  assert.deepEqual(actsOf({ alarm: { verdict: 'confirmed', acknowledged_at: 'x' }, site, hand: 'due' }, can), ['site', 'open'])
  assert.deepEqual(actsOf({ alarm: null, site, hand: 'nobody' }, can), ['site'])
  assert.deepEqual(actsOf({ alarm, site: null, hand: 'nobody' }, { take: false, decide: false, site: false }), ['open'])
})

test('how long is left: a countdown in the last hour, red only when late', () => {
  const now = Date.parse('2026-11-27T08:00:00Z')
  const due = (due_at: string): ReturnType<typeof leftFor> => leftFor({ state: 'open', due_at, pause_until: null }, now)
  assert.deepEqual(due('2026-11-27T08:59:59Z'), { state: 'soon', seconds: 3599, at: '2026-11-27T08:59:59Z' })
  assert.equal(due('2026-11-27T09:00:00Z').state, 'later')
  assert.deepEqual(due('2026-11-27T07:59:58Z'), { state: 'late', seconds: 2, at: '2026-11-27T07:59:58Z' })
  assert.equal(due('2026-11-27T08:00:00Z').state, 'soon')
  assert.deepEqual(leftFor({ state: 'paused', due_at: '2026-11-27T07:00:00Z', pause_until: 'x' }, now), { state: 'paused', at: 'x' })
})

test('a short list is whole, a long one holds what is seen and a few beyond', () => {
  assert.deepEqual(rowsShown(WHOLE, 130, 9999, 700, 4), { from: 0, to: WHOLE })
  assert.deepEqual(rowsShown(200, 130, 0, 700, 4), { from: 0, to: 11 })
  assert.deepEqual(rowsShown(200, 130, 1300, 700, 4), { from: 6, to: 21 })
  assert.deepEqual(rowsShown(200, 130, 200 * 130 - 700, 700, 4), { from: 190, to: 200 })
})

test('every row that can be seen is drawn, wherever it is scrolled to, and never more than a few screens', () => {
  for (const count of [61, 200, 5000]) {
    for (let top = -50; top <= count * 130 + 400; top += 37) {
      const { from, to } = rowsShown(count, 130, top, 700, 4)
      const [first, last] = [Math.max(0, Math.min(top, count * 130 - 700)), Math.max(0, Math.min(top, count * 130 - 700)) + 700]
      assert.ok(from * 130 <= first && to * 130 >= Math.min(last, count * 130), `${count} ${top}`)
      assert.ok(to - from <= 16, `${count} ${top} draws ${to - from}`)
      assert.ok(from >= 0 && to <= count)
    }
  }
  assert.ok(rowsShown(200, 130, 0, 0, 4).to > 0, 'before it was measured something stands there')
})

test('the list is pushed no further than it takes', () => {
  assert.equal(seenAt(5, 130, 0, 700), 80)
  assert.equal(seenAt(4, 130, 80, 700), 80)
  assert.equal(seenAt(0, 130, 80, 700), 0)
})
