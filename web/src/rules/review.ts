// The queue of a reviewer: what may be known before the decision, which codes there are, who holds what, what is next.
import type { Review, ReviewCode, Verdict } from '../api/kinds.ts'

export const TRUE_CODES = ['digging', 'preparing', 'other_works'] as const satisfies readonly ReviewCode[]
export const FALSE_CODES = [
  'passing_vehicle', 'parked_machine', 'permanent_yard', 'not_a_machine', 'cleaning_or_greening', 'farm_machine',
  'weather_or_light', 'filed_works', 'duplicate', 'behind_wall_or_on_roof', 'other',
] as const satisfies readonly ReviewCode[]
/** The upper row of the keyboard, in its order. */
export const CODE_KEYS = '1234567890-'
export type Said = 'true' | 'false'

export function codesOf(said: Said): readonly ReviewCode[] {
  return said === 'true' ? TRUE_CODES : FALSE_CODES
}

export function saidOf(code: ReviewCode): Said {
  return TRUE_CODES.some((one) => one === code) ? 'true' : 'false'
}

export function codeAt(said: Said, key: string): ReviewCode | null {
  return (key.length === 1 && codesOf(said)[CODE_KEYS.indexOf(key)]) || null
}

const SILENCES_H = [8, 24, 72, 168, 720]
const LONGEST_INSIDE_H = 168

/** Hours of silence on offer; nobody may be silent for longer than a week in the protection range (docs/adr/0013). */
export function silencesOf(zone: Review['zone']): number[] {
  const inside = zone === 'protection' || zone === 'unknown'
  return SILENCES_H.filter((hours) => !inside || hours <= LONGEST_INSIDE_H)
}

const OPEN_CODES: string[] = ['undecided', 'model_unsure']

/**
 * Whether the reviewer looks before being told what the judge made of it.
 *
 * Who knows that an alarm was rejected tends to reject it too, and the recall that audits estimate would be too high. So
 * an audit says nothing of its rejection before the decision, and looks like what neither rule nor model could decide.
 */
export function isBlind(one: Pick<Review, 'waits' | 'audit' | 'verdict'>): boolean {
  const { reasons } = one.verdict
  return one.waits && (one.audit || (reasons.length > 0 && reasons.every((reason) => OPEN_CODES.includes(reason.code))))
}

export function heldByOther(one: Pick<Review, 'held_until' | 'taken_by'>, me: string | null, now: number): boolean {
  return one.held_until !== null && one.taken_by !== me && Date.parse(one.held_until) > now
}

export function heldByMe(one: Pick<Review, 'held_until' | 'taken_by'>, me: string | null, now: number): boolean {
  return one.held_until !== null && one.taken_by === me && Date.parse(one.held_until) > now
}

/** Where a review stands in the queue; kept when it is decided, so that it does not jump away under the eyes. */
export interface Place {
  rank: number
  due: string
}

export function placeOf(one: Review): Place {
  return { rank: one.rank, due: one.verdict.due_at ?? one.made_at }
}

export function inOrder(a: Place & { id: string }, b: Place & { id: string }): number {
  return a.rank - b.rank || Date.parse(a.due) - Date.parse(b.due) || (a.id < b.id ? -1 : 1)
}

/** The next one down that waits and that nobody else holds, else the first such one; null when there is none. */
export function nextOf(queue: Review[], at: string | null, me: string | null, now: number): string | null {
  const here = queue.findIndex((one) => one.id === at)
  const free = (one: Review): boolean => one.id !== at && one.waits && !heldByOther(one, me, now)
  return (queue.slice(here + 1).find(free) ?? queue.find(free))?.id ?? null
}

export type Mark = 'confirmed' | 'silent' | 'person' | 'later'

/** What a verdict comes to for who reads it now; `later` is still given time to drive on. */
export function markOf(verdict: Verdict, now: number): Mark {
  if (verdict.verdict === 'confirmed') return 'confirmed'
  if (verdict.verdict === 'rejected') return 'silent'
  return verdict.due_at !== null && Date.parse(verdict.due_at) > now ? 'later' : 'person'
}
