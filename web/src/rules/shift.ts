// A shift of standing by as the phone has it: what lies in its queue counts here already; what an hour's check still lacks.
import type { LonLat } from '../api/kinds.ts'
import { offsetOf, type Spot } from './spot.ts'

export interface ShiftHere {
  began_at: string
  checks: number
  next_check_by: string | null
  late: boolean
  doubts: string[]
}

export interface StandingHere {
  site_id: string
  title: string
  headline: string
  place: { lon: number; lat: number } | null
  radius_m: number
  gas_limit_ppm: number
  shift: ShiftHere | null
  checklist: { key: string; zh: string; en: string; violation: string | null }[]
}

export interface QueuedStep {
  kind: 'standby_begin' | 'standby_check' | 'standby_end' | 'standby_stop'
  madeAt: number
}

/** The hour of a check: what the server says of the next one is told anew with each answer. */
export const EVERY_MS = 3_600_000

/** The standing with everything done that waits in the queue, in the order of its making. */
export function aheadOf<T extends Pick<StandingHere, 'shift' | 'headline'>>(standing: T, steps: readonly QueuedStep[]): T {
  return steps.reduce((now, { kind, madeAt }): T => {
    const next_check_by = new Date(madeAt + EVERY_MS).toISOString()
    if (kind === 'standby_begin') return { ...now, shift: { began_at: new Date(madeAt).toISOString(), checks: 0, next_check_by, late: false, doubts: [] } }
    if (kind === 'standby_end') return { ...now, shift: null }
    if (kind === 'standby_stop') return { ...now, headline: 'stopped' }
    return now.shift === null ? now : { ...now, shift: { ...now.shift, checks: now.shift.checks + 1, next_check_by, late: false } }
  }, standing)
}

export interface Reach {
  off_m: number
  /** The phone's own error widens the fence, as far as `VAGUE_M`; beyond it no place proves anything. */
  where: 'inside' | 'outside' | 'vague'
}

/** Beyond this error nobody is told to go nearer, metres (policy/standby: poor_m). */
const POOR_M = 200

/** How a phone stands to a site's fence; null where nobody knows where the site is. */
export function reachOf(standing: Pick<StandingHere, 'place' | 'radius_m'>, spot: Spot): Reach | null {
  if (standing.place === null) return null
  const site: LonLat = [standing.place.lon, standing.place.lat]
  const off_m = Math.hypot(...offsetOf([spot.lon, spot.lat], site))
  if (spot.accuracy_m > POOR_M) return { off_m, where: 'vague' }
  return { off_m, where: off_m <= standing.radius_m + spot.accuracy_m ? 'inside' : 'outside' }
}

export interface CheckSaid {
  answers: Record<string, boolean>
  gas: string
  distance: string
  exposed: boolean | null
  machines: string[]
  words: string
}

export const blankCheck = (): CheckSaid => ({ answers: {}, gas: '', distance: '', exposed: null, machines: [], words: '' })

/** What is typed on the pad of a phone: a comma is a point; null is no number. */
export function numberOf(text: string): number | null {
  const said = Number(text.trim().replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(said) || said < 0 ? null : said
}

/** The first thing that a check lacks, and how many lines are open. */
export function checkLacks(said: CheckSaid, pictures: number, keys: readonly string[]): { what: 'picture' | 'list' | 'gas'; open: number } | null {
  const open = keys.filter((one) => said.answers[one] === undefined).length
  if (pictures === 0) return { what: 'picture', open }
  if (open > 0) return { what: 'list', open }
  return numberOf(said.gas) === null ? { what: 'gas', open } : null
}

export function checkBody(said: CheckSaid, place: Spot, nonce: string | null, takenAt: string): Record<string, unknown> {
  return {
    place, nonce, checklist: said.answers, gas_ppm: numberOf(said.gas), machines: said.machines, distance_m: numberOf(said.distance), exposed: said.exposed,
    words: said.words.trim() === '' ? null : said.words.trim(), taken_at: takenAt,
  }
}

/** Seconds until the next check, negative when it is late; null where none is owed. */
export function leftUntil(shift: Pick<ShiftHere, 'next_check_by'> | null, now: number): number | null {
  return shift?.next_check_by == null ? null : Math.round((Date.parse(shift.next_check_by) - now) / 1000)
}

/** What the server said last of a site to stand by at: in the list, or in an answer that came later (milliseconds). */
export function toldLast(listed: StandingHere, listedAt: number, answers: readonly { at: number; answer: Record<string, unknown> }[]): StandingHere {
  const later = answers
    .map(({ at, answer }) => ({ at, told: (answer.standing ?? answer) as Partial<StandingHere> }))
    .filter(({ at, told }) => at > listedAt && told.site_id === listed.site_id && told.checklist !== undefined)
    .sort((one, other) => other.at - one.at)
  return later[0] ? { ...listed, ...later[0].told } : listed
}
