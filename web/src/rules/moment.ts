// What stood at a moment, from what is on record of it: when an alarm was first seen and taken, when a site was opened and ended.
import type { Alarm } from '../api/kinds.ts'

const HOUR = 3_600_000
/** How far back a map can be turned, and by how much one step turns it. */
export const SPANS = { day: { ms: 24 * HOUR, step: HOUR / 4 }, week: { ms: 168 * HOUR, step: 2 * HOUR }, month: { ms: 720 * HOUR, step: 6 * HOUR } } as const
export type Span = keyof typeof SPANS

export interface SiteThen {
  id: string
  lon: number
  lat: number
  level: number
  opened: number
  /** null while it is open. */
  ended: number | null
}

type Seen = Pick<Alarm, 'first_seen' | 'last_seen' | 'acknowledged_at' | 'verdict'>

/** An alarm stands from its first clue until somebody took it; one that was rejected, until its last clue. */
export function stoodThen(one: Seen, at: number): boolean {
  if (one.first_seen === null || Date.parse(one.first_seen) > at) return false
  if (one.acknowledged_at !== null) return Date.parse(one.acknowledged_at) > at
  return one.verdict !== 'rejected' || one.last_seen === null || Date.parse(one.last_seen) >= at
}

export const openThen = (one: SiteThen, at: number): boolean => one.opened <= at && (one.ended === null || one.ended > at)

export interface Scale {
  begin: number
  end: number
  step: number
  steps: number
}

/** The scale of a span that ends now: its steps end on the last one, which is now. */
export function scaleOf(span: Span, now: number): Scale {
  const { ms, step } = SPANS[span]
  return { begin: now - ms, end: now, step, steps: ms / step }
}

export const momentOf = (scale: Scale, at: number): number => scale.begin + Math.max(0, Math.min(scale.steps, at)) * scale.step
