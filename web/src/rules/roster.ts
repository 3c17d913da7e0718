// A week of rosters: who really serves when, and when nobody does. Times are milliseconds; a stretch excludes its end.

import { clockTime } from './measure.ts'

export interface Swap { id: string; person: string | null; begins_at: string; ends_at: string }
export interface RosterDuty {
  id: string
  area_id: string
  role: string
  rank: number
  person: string
  begins_at: string
  ends_at: string
  substitutions: Swap[]
}

export interface Stretch { from: number; to: number }
/** A part of a duty as it is served; `swap` where it is not by whom the roster names, without a person by nobody. */
export interface Served extends Stretch { person: string | null; swap: Swap | null }
export interface Cell<T extends RosterDuty> { duty: T; parts: Served[] }
export interface Row<T extends RosterDuty> { area: string; role: string; rank: number; days: Cell<T>[][] }
export interface Post<T extends RosterDuty> { area: string; role: string; rows: Row<T>[]; gaps: Stretch[][] }

const DAYS = 7

/** Returns the beginnings of the seven days of a week, and its end, in the reader's own time; weeks begin on Monday. */
export function weekOf(moment: number, weeks = 0): number[] {
  const day = new Date(moment)
  const monday = day.getDate() - ((day.getDay() + 6) % DAYS) + weeks * DAYS
  return Array.from({ length: DAYS + 1 }, (_, n) => new Date(day.getFullYear(), day.getMonth(), monday + n).getTime())
}

/** Returns a duty in the parts as they are served: of two words on one time the later holds (ids grow with time). */
export function served(duty: RosterDuty): Served[] {
  const swaps = duty.substitutions.map((one) => ({ one, from: Date.parse(one.begins_at), to: Date.parse(one.ends_at) }))
  const begins = Date.parse(duty.begins_at)
  const ends = Date.parse(duty.ends_at)
  const cuts = [begins, ends, ...swaps.flatMap(({ from, to }) => [from, to])].filter((at) => at >= begins && at <= ends)
  const edges = [...new Set(cuts)].sort((a, b) => a - b)
  const parts: Served[] = []
  edges.slice(0, -1).forEach((from, n) => {
    const over = swaps.filter((one) => one.from <= from && from < one.to).sort((a, b) => (a.one.id < b.one.id ? 1 : -1))
    const swap = over[0]?.one ?? null
    const to = edges[n + 1] ?? ends
    const last = parts.at(-1)
    if (last !== undefined && last.swap === swap) last.to = to
    else parts.push({ from, to, swap, person: swap === null ? duty.person : swap.person })
  })
  return parts
}

/** Returns what of a time no stretch covers. */
export function uncovered(covered: Stretch[], from: number, to: number): Stretch[] {
  const gaps: Stretch[] = []
  let at = from
  for (const one of [...covered].sort((a, b) => a.from - b.from)) {
    if (one.from >= to) break
    if (one.from > at) gaps.push({ from: at, to: one.from })
    at = Math.max(at, one.to)
  }
  if (at < to) gaps.push({ from: at, to })
  return gaps
}

/** Returns the posts of a week (an area and a role), each with a row for every rank and each day's hours without anybody. */
export function weekPosts<T extends RosterDuty>(duties: T[], edges: number[], areas: string[], roles: string[]): Post<T>[] {
  const posts = new Map<string, Post<T>>()
  const covered = new Map<string, Stretch[]>()
  const days = edges.slice(0, -1).map((from, n) => ({ from, to: edges[n + 1] ?? from }))
  for (const duty of [...duties].sort((a, b) => a.rank - b.rank || Date.parse(a.begins_at) - Date.parse(b.begins_at))) {
    const key = `${duty.area_id} ${duty.role}`
    const post = posts.get(key) ?? { area: duty.area_id, role: duty.role, rows: [], gaps: [] }
    let row = post.rows.find((one) => one.rank === duty.rank)
    if (row === undefined) post.rows.push((row = { area: post.area, role: post.role, rank: duty.rank, days: days.map(() => []) }))
    const parts = served(duty)
    days.forEach((day, n) => {
      const here = parts.filter((one) => one.from < day.to && one.to > day.from)
        .map((one) => ({ ...one, from: Math.max(one.from, day.from), to: Math.min(one.to, day.to) }))
      if (here.length > 0) row.days[n]?.push({ duty, parts: here })
    })
    posts.set(key, post)
    covered.set(key, [...(covered.get(key) ?? []), ...parts.filter((one) => one.person !== null)])
  }
  for (const [key, post] of posts) post.gaps = days.map((day) => uncovered(covered.get(key) ?? [], day.from, day.to))
  const place = (list: string[], one: string): number => (list.includes(one) ? list.indexOf(one) : list.length)
  return [...posts.values()].sort((a, b) => place(areas, a.area) - place(areas, b.area) || place(roles, a.role) - place(roles, b.role))
}

/** Returns a moment as hour and minute; midnight at the end of a day is 24:00. */
export function hourOf(moment: number, ends: boolean): string {
  const said = fieldTime(moment).slice(11)
  return ends && said === '00:00' ? '24:00' : said
}

/** Returns a moment as a datetime-local field holds it: the reader's own time, whole minutes. */
export function fieldTime(moment: number): string {
  return clockTime(new Date(moment).toISOString(), true).slice(0, 16).replace(' ', 'T')
}
