// Figures of what happened: which time the address asks for and beside which, how a figure reads, where a case leads.
import type { Compared, InsightCase, InsightFigure, InsightKey } from '../api/kinds.ts'

const ZONE = '+08:00' // the house's days: every pack that is shipped counts them there
const DAY_MS = 86_400_000
const MINUTE_S = 60
const HOUR_S = 3600
const DAY_S = 86_400
export const LAST_DAYS = 30
export const PERIODS = ['days', 'month', 'quarter', 'own'] as const
export const AGAINST = ['before', 'year', 'own'] as const
export const PARTS = ['counted', 'rest', 'left_out'] as const
export type PeriodKind = (typeof PERIODS)[number]
export type AgainstKind = (typeof AGAINST)[number]

/** Days as people name them, both ends counted: 2026-10-01 to 2026-10-31. */
export interface Days {
  first: string
  last: string
}

export interface Asked {
  period: PeriodKind
  against: AgainstKind
  now: Days
  before: Days
}

type Query = Record<string, unknown>
const word = (query: Query, name: string): string => (typeof query[name] === 'string' ? (query[name] as string) : '')
const DAY = /^20\d\d-\d\d-\d\d$/
const isDay = (day: string): boolean => DAY.test(day) && !Number.isNaN(begin(day)) && dayOf(begin(day)) === day

function begin(day: string): number {
  return Date.parse(`${day}T00:00:00${ZONE}`)
}

/** The house's day at a moment. */
export function dayOf(at: number): string {
  return new Date(at + 8 * HOUR_S * 1000).toISOString().slice(0, 10)
}

export function dayAfter(day: string, days = 1): string {
  return dayOf(begin(day) + days * DAY_MS)
}

function parts(day: string): [year: number, month: number] {
  return [Number(day.slice(0, 4)), Number(day.slice(5, 7))]
}

/** Whole months from the one that holds a day: some back, so many long. */
export function monthsOf(day: string, back: number, long = 1): Days {
  const [year, month] = parts(day)
  const at = (n: number): string => {
    const all = year * 12 + month - 1 + n
    return `${Math.floor(all / 12)}-${String((all % 12) + 1).padStart(2, '0')}-01`
  }
  return { first: at(-back), last: dayAfter(at(-back + long), -1) }
}

export function quarterOf(day: string, back = 0): Days {
  const [, month] = parts(day)
  return monthsOf(day, ((month - 1) % 3) + back * 3, 3)
}

/** The same days a year before; the last day of a month stays one. */
export function yearBefore(days: Days): Days {
  const back = (day: string): string => {
    const [year, month] = parts(day)
    const moved = `${year - 1}${day.slice(4)}`
    return isDay(moved) ? moved : monthsOf(`${year - 1}-${String(month).padStart(2, '0')}-01`, 0).last
  }
  const ends = dayAfter(days.last).endsWith('-01') // to the end of its month, whatever its length
  const last = back(days.last)
  return { first: back(days.first), last: ends ? monthsOf(last, 0).last : last }
}

function lengthOf(days: Days): number {
  return Math.round((begin(days.last) - begin(days.first)) / DAY_MS) + 1
}

function before(period: PeriodKind, now: Days): Days {
  if (period === 'month') return monthsOf(now.first, 1)
  if (period === 'quarter') return quarterOf(now.first, 1)
  return { first: dayAfter(now.first, -lengthOf(now)), last: dayAfter(now.first, -1) }
}

function named(query: Query, first: string, last: string): Days | null {
  const days = { first: word(query, first), last: word(query, last) }
  return isDay(days.first) && isDay(days.last) && days.first <= days.last ? days : null
}

function periodOf(query: Query, today: string): { period: PeriodKind; now: Days } {
  const period = PERIODS.find((one) => one === word(query, 'period')) ?? 'days'
  const at = word(query, 'at')
  const day = /^20\d\d-(0[1-9]|1[0-2])$/.test(at) ? `${at}-01` : today
  if (period === 'month') return { period, now: monthsOf(day, 0) }
  if (period === 'quarter') return { period, now: quarterOf(day) }
  const own = period === 'own' ? named(query, 'first', 'last') : null
  return own === null ? { period, now: { first: dayAfter(today, 1 - LAST_DAYS), last: today } } : { period, now: own }
}

/** What an address asks for; what it does not say, or says wrongly, is the last thirty days beside the thirty before. */
export function askedOf(query: Query, at: number): Asked {
  const { period, now } = periodOf(query, dayOf(at))
  const against = AGAINST.find((one) => one === word(query, 'against')) ?? 'before'
  const own = against === 'own' ? named(query, 'against_first', 'against_last') : null
  return { period, against, now, before: own ?? (against === 'year' ? yearBefore(now) : before(period, now)) }
}

export function areaOf(query: Query): string | null {
  return /^[0-9a-f-]{36}$/.test(word(query, 'area')) ? word(query, 'area') : null
}

/** A time as the server takes it. */
export function spanOf(days: Days): { since: string; until: string } {
  return { since: new Date(begin(days.first)).toISOString(), until: new Date(begin(dayAfter(days.last))).toISOString() }
}

export type SpanQuery = {
  since: string
  until: string
  area_id?: string
}

export function spanQuery(asked: Asked, area: string | null): SpanQuery {
  return { ...spanOf(asked.now), ...(area === null ? {} : { area_id: area }) }
}

export function reportQuery(asked: Asked, area: string | null): SpanQuery & { compare_since: string; compare_until: string } {
  const { since, until } = spanOf(asked.before)
  return { ...spanQuery(asked, area), compare_since: since, compare_until: until }
}

/** The months that can be chosen: this one, and two years back. */
export function monthsBack(today: string, count = 24): string[] {
  return Array.from({ length: count }, (_, n) => monthsOf(today, n).first.slice(0, 7))
}

/** The same of quarters, by their first month. */
export function quartersBack(today: string, count = 8): string[] {
  return Array.from({ length: count }, (_, n) => quarterOf(today, n).first.slice(0, 7))
}

export function quarterName(month: string): string {
  return `${month.slice(0, 4)} Q${Math.ceil(Number(month.slice(5, 7)) / 3)}`
}

/** The address of the same time elsewhere: everything that says which time and area, and nothing else. */
export function sameTime(query: Query): Record<string, string> {
  const kept = ['period', 'at', 'first', 'last', 'against', 'against_first', 'against_last', 'area']
  return Object.fromEntries(kept.flatMap((name) => (word(query, name) === '' ? [] : [[name, word(query, name)]])))
}

/** Goals of domain.md 6.2, where one is stated for what a figure counts; `below` where less is better. */
export const TARGETS: Partial<Record<InsightKey, { value: number; below: boolean }>> = {
  time_to_site: { value: 30 * MINUTE_S, below: true },
  standby_checks: { value: 0.98, below: false },
  briefed_before_machine: { value: 1, below: false },
  damages_per_1000_filings: { value: 1, below: true },
}

/** What a target is held against: nine of ten of a time, the value elsewhere; null where there is nothing to hold. */
export function heldAgainst(one: Pick<Compared, 'shape'>, figure: InsightFigure): number | null {
  if (figure.few) return null
  return one.shape === 'time' ? figure.p90 : figure.value
}

export function met(key: InsightKey, one: Pick<Compared, 'shape'>, figure: InsightFigure): boolean | null {
  const target = TARGETS[key]
  const value = heldAgainst(one, figure)
  if (target === undefined || value === null) return null
  return target.below ? value <= target.value : value >= target.value
}

export interface Lasting {
  unit: 'minutes' | 'hours' | 'days'
  n: string
}

export function lastingOf(seconds: number): Lasting {
  if (seconds < HOUR_S) return { unit: 'minutes', n: String(Math.round(seconds / MINUTE_S)) }
  if (seconds < DAY_S) return { unit: 'hours', n: (seconds / HOUR_S).toFixed(1) }
  return { unit: 'days', n: (seconds / DAY_S).toFixed(1) }
}

/** A share to a tenth of a per cent, as a report says it; never rounded into being nothing or all. */
export function share(value: number): string {
  const told = (value * 100).toFixed(1)
  if (value > 0 && told === '0.0') return '<0.1\u00a0%'
  if (value < 1 && told === '100.0') return '>99.9\u00a0%'
  return `${told.replace(/\.0$/, '')}\u00a0%`
}

/** A count with thousands apart; kilometres and the like with one place. */
export function count(value: number): string {
  const [whole, rest] = (Number.isInteger(value) ? String(value) : value.toFixed(1)).split('.')
  const apart = (whole ?? '').replace(/\B(?=(\d{3})+$)/g, '\u202f')
  return rest === undefined ? apart : `${apart}.${rest}`
}

/** What two times of one figure may be said to show. */
export type Verdict = 'apart' | 'together' | 'few' | 'none'

export function verdictOf(one: Compared): Verdict {
  if (one.now.few || one.before.few) return 'few'
  if (one.apart) return 'apart'
  return [one.now, one.before].some((figure) => figure.low === null) ? 'none' : 'together'
}

/** Where a case is looked at, and which permission opens it; null where it has no page. */
export function leadsTo(one: Pick<InsightCase, 'kind' | 'id' | 'site_id'>): { path: string; needs: string } | null {
  if (one.kind === 'strike') return { path: `/strikes/${one.id}`, needs: 'strike:read' }
  if (one.kind === 'filing') return { path: `/filings/${one.id}`, needs: 'filing:read' }
  if (one.kind === 'stretch') return { path: '/patrols?tab=coverage', needs: 'coverage:read' }
  return one.site_id === null ? null : { path: `/sites/${one.site_id}`, needs: 'site:read' }
}

/** How dark a cell is drawn: of four steps, by its part of the fullest one. */
export function darkness(sites: number, most: number): 1 | 2 | 3 | 4 {
  return Math.max(1, Math.min(4, Math.ceil((sites / Math.max(1, most)) * 4))) as 1 | 2 | 3 | 4
}

/** How long a wall waits after so many failures in a row, milliseconds: soon at first, never more than a minute. */
export function pauseAfter(failures: number): number {
  return Math.min(60_000, 5000 * 2 ** Math.max(0, failures - 1))
}

/** The page of a wall so many further on, round and round. */
export function turned(page: number, by: number, pages: number): number {
  return (((page + by) % pages) + pages) % pages
}
