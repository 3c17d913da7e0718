// The queue of what needs somebody: its order, its papers, its next step; and which rows of a long list are drawn.
import type { Alarm, Duty, NowItem, Site } from '../api/kinds.ts'

export type Place = NowItem['place']

/** Without a deadline: after those with one. Risk not weighed: as if the highest, as the server ranks. */
const EMPTY: Record<number, number> = { 2: Infinity, 3: -Infinity }

/** Less than 0 where `a` is worse than `b`: both are places as the server tells them. */
export function worse(a: Place, b: Place): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const one = a[at] ?? EMPTY[at] ?? 0
    const other = b[at] ?? EMPTY[at] ?? 0
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

export interface Paper {
  what: 'filed' | 'briefed' | 'standby'
  /** Null: nobody knows yet. */
  there: boolean | null
}

type Papers = Pick<Site, 'filed' | 'passed' | 'standby_at' | 'state'>

/** Filed, briefed, stood by: the three that a dispatcher asks for. A site that nobody has matched yet is no unfiled one. */
export function papersOf(site: Papers): Paper[] {
  return [
    { what: 'filed', there: site.filed === 'unknown' ? null : site.filed === 'filed' },
    { what: 'briefed', there: site.passed.includes('briefed') || site.state === 'briefed' },
    { what: 'standby', there: site.standby_at !== null },
  ]
}

export type NowAct = 'take' | 'decide' | 'site' | 'open'

interface Can {
  take: boolean
  decide: boolean
  site: boolean
}

type Stand = { alarm: Pick<Alarm, 'verdict' | 'acknowledged_at'> | null; site: Pick<Site, 'id'> | null; hand: NowItem['hand'] }

/** What may be done with an item, the one main step first: take it, say what it is, go to its site, look. */
export function actsOf(item: Stand, can: Can): NowAct[] {
  const found: NowAct[] = []
  const free = item.alarm !== null && item.alarm.acknowledged_at === null
  if (free && can.take) found.push('take')
  if (item.alarm?.verdict === 'person' && can.decide) found.push('decide')
  if (item.site !== null && can.site) found.push('site')
  if (item.alarm !== null) found.push('open')
  // somebody has it in hand: to take it over is no longer the first thing to do
  const held = item.hand !== 'nobody' && item.hand !== 'struck'
  return held && found[0] === 'take' ? [...found.slice(1), 'take'] : found
}

export type Left = { state: 'paused'; at: string | null } | { state: 'late' | 'soon' | 'later'; seconds: number; at: string }

const HOUR_S = 3600

/** How long is left for a duty: a countdown in its last hour, the hour before that. */
export function leftFor(duty: Pick<Duty, 'state' | 'due_at' | 'pause_until'>, now: number): Left {
  if (duty.state === 'paused') return { state: 'paused', at: duty.pause_until }
  const seconds = Math.round((Date.parse(duty.due_at) - now) / 1000)
  return { state: seconds < 0 ? 'late' : seconds < HOUR_S ? 'soon' : 'later', seconds: Math.abs(seconds), at: duty.due_at }
}

export interface Rows {
  /** The first and one past the last row that are drawn. */
  from: number
  to: number
}

/** A list that fits a few screens is drawn whole: nothing is gained, and the browser's own search finds all of it. */
export const WHOLE = 60

/**
 * Which rows of a long list stand in the page.
 *
 * @param count of rows, each `height` pixels high
 * @param top how far it is scrolled, pixels
 * @param room how high the part that is seen is, pixels; 0 before it was measured
 * @param over rows beyond each edge that are drawn, too
 */
export function rowsShown(count: number, height: number, top: number, room: number, over: number): Rows {
  if (count <= WHOLE) return { from: 0, to: count }
  const least = Math.ceil(Math.max(room, height) / height) + 1
  const first = Math.floor(Math.max(0, Math.min(top, count * height - room)) / height)
  return { from: Math.max(0, first - over), to: Math.min(count, first + least + over) }
}

/** Where to scroll so that a row is seen whole; the place itself where it is. */
export function seenAt(row: number, height: number, top: number, room: number): number {
  if (row * height < top) return row * height
  return (row + 1) * height > top + room ? (row + 1) * height - room : top
}
