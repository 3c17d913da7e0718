import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldTime, hourOf, served, uncovered, weekOf, weekPosts, type RosterDuty, type Swap } from '../src/rules/roster.ts'

const WEEK = weekOf(new Date(2026, 10, 26, 15).getTime()) // a Thursday
const at = (day: number, hour: number): string => new Date((WEEK[day] ?? 0) + hour * 3_600_000).toISOString()
const hours = (list: { from: number; to: number }[]): string[] => list.map((one) => `${hourOf(one.from, false)}-${hourOf(one.to, true)}`)

function duty(more: Partial<RosterDuty> = {}): RosterDuty {
  return { id: 'd', area_id: 'city', role: 'dispatcher', rank: 1, person: '王', begins_at: at(0, 8), ends_at: at(0, 20), substitutions: [], ...more }
}
const swap = (id: string, person: string | null, from: number, to: number): Swap => ({ id, person, begins_at: at(0, from), ends_at: at(0, to) })

test('a week begins on Monday at midnight and has seven days', () => {
  assert.equal(WEEK.length, 8)
  assert.deepEqual([new Date(WEEK[0] ?? 0).getDay(), new Date(WEEK[0] ?? 0).getDate(), new Date(WEEK[7] ?? 0).getDate()], [1, 23, 30])
  const sunday = new Date(2026, 10, 29, 23).getTime()
  assert.deepEqual(weekOf(sunday), WEEK)
  assert.equal(weekOf(sunday, 1)[0], WEEK[7])
  assert.equal(weekOf(new Date(2026, 11, 31).getTime(), 1)[0], new Date(2027, 0, 4).getTime())
})

test('who stands in serves that part, and a holiday leaves it empty', () => {
  const parts = served(duty({ substitutions: [swap('a', '李', 10, 12), swap('b', null, 18, 20)] }))
  assert.deepEqual(parts.map((one) => one.person), ['王', '李', '王', null])
  assert.deepEqual(hours(parts), ['08:00-10:00', '10:00-12:00', '12:00-18:00', '18:00-20:00'])
})

test('of two words on one time the later holds, whichever began first', () => {
  const parts = served(duty({ substitutions: [swap('b', '赵', 8, 12), swap('a', '李', 10, 14)] }))
  assert.deepEqual(parts.map((one) => [one.person, hourOf(one.to, true)]), [['赵', '12:00'], ['李', '14:00'], ['王', '20:00']])
})

test('what nobody covers is told, whatever overlaps', () => {
  const span = (from: number, to: number) => ({ from, to })
  assert.deepEqual(uncovered([], 0, 10), [span(0, 10)])
  assert.deepEqual(uncovered([span(2, 4), span(3, 5), span(8, 20)], 0, 10), [span(0, 2), span(5, 8)])
  assert.deepEqual(uncovered([span(-5, 30)], 0, 10), [])
  assert.deepEqual(uncovered([span(0, 9), span(2, 3), span(12, 15)], 0, 10), [span(9, 10)])
})

test('a post has a row for every rank, and the second covers where the first is away', () => {
  const [post] = weekPosts([
    duty({ id: 'night', begins_at: at(0, 20), ends_at: at(1, 8) }),
    duty({ substitutions: [swap('a', null, 10, 12)] }),
    duty({ id: 'second', rank: 2, person: '李', begins_at: at(0, 0), ends_at: at(0, 11) }),
  ], WEEK, ['city'], ['dispatcher'])
  assert.deepEqual(post?.rows.map((one) => one.rank), [1, 2])
  assert.deepEqual(post?.rows[0]?.days[0]?.map((one) => one.duty.id), ['d', 'night'])
  assert.deepEqual(hours(post?.rows[0]?.days[1]?.[0]?.parts ?? []), ['00:00-08:00'])
  assert.deepEqual(post?.gaps.map(hours).slice(0, 3), [['11:00-12:00'], ['08:00-24:00'], ['00:00-24:00']])
})

test('posts stand in the order of areas and roles; what is not known stands last', () => {
  const posts = weekPosts([
    duty({ area_id: 'south' }), duty({ area_id: 'nowhere' }), duty({ role: 'patroller' }), duty(),
  ], WEEK, ['city', 'south'], ['dispatcher', 'patroller'])
  assert.deepEqual(posts.map((one) => `${one.area} ${one.role}`), ['city dispatcher', 'city patroller', 'south dispatcher', 'nowhere dispatcher'])
})

test('a field holds the minute of the reader, and reads back as the same', () => {
  const moment = new Date(2026, 0, 5, 7, 3).getTime()
  assert.equal(fieldTime(moment), '2026-01-05T07:03')
  assert.equal(Date.parse(fieldTime(moment)), moment)
})
