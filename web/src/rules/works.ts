// What who filed works has to do next: the earliest thing that is due, today's declaration, what waits for an answer.
import type { Filing, FiledDay, Required, SiteUnder } from '../api/kinds.ts'

type Due = Pick<Required, 'due_at' | 'effect'>

/** Soonest first; what goes on as long as the works do comes last. */
export function byDue<T extends Due>(required: T[]): T[] {
  const at = (one: T): number => (one.due_at === null ? Infinity : Date.parse(one.due_at))
  return [...required].sort((one, other) => (at(one) === at(other) ? 0 : at(one) - at(other)))
}

/** The next moment to keep of a filing that still runs; null where none lies ahead. */
export function nextDue(filing: Pick<Filing, 'state' | 'decision'>, now: number): Required | null {
  if (filing.state === 'cancelled' || filing.state === 'expired') return null
  return byDue(filing.decision?.required ?? []).find((one) => one.due_at !== null && one.effect !== 'forbidden' && Date.parse(one.due_at) >= now) ?? null
}

export type DayNow = 'none' | 'waits' | 'declared'

/** Whether a day is declared, or its declaration lies on this phone. */
export function dayNow(days: Pick<FiledDay, 'day'>[], today: string, waiting: { day: string; kind: string }[]): DayNow {
  const last = waiting.filter((one) => one.day === today).at(-1)
  if (last?.kind === 'start_day') return 'waits'
  if (last?.kind === 'take_back_day') return 'none'
  return days.some((one) => one.day === today) ? 'declared' : 'none'
}

/** Violations that nobody has confirmed to be put right, the nearest deadline first. */
export function openOf(site: Pick<SiteUnder, 'violations'>): SiteUnder['violations'] {
  const at = (one: SiteUnder['violations'][number]): number => (one.due_at === null ? Infinity : Date.parse(one.due_at))
  return site.violations.filter((one) => one.fixed_at === null).sort((one, other) => (at(one) === at(other) ? 0 : at(one) - at(other)))
}
