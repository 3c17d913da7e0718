// A withdrawal as its holder meets it: how long they have to confirm it, whether it can be taken back, when to look again.
export const BILL_STATES = ['reserved', 'sent', 'to_confirm', 'cancelling', 'unknown', 'paid', 'failed', 'cancelled'] as const

const OVER: ReadonlySet<string> = new Set<(typeof BILL_STATES)[number]>(['paid', 'failed', 'cancelled'])
const LOOK_MS = 3_000
const LOOK_LATER_MS = 30_000

/** Nothing more will happen to it. */
export function isOver(state: string): boolean {
  return OVER.has(state)
}

/** Until when what was sent must be confirmed, in seconds from now; null where nobody waits for that, 0 when it is past. */
export function confirmLeft(state: string, until: string | null, now: number): number | null {
  if (state !== 'to_confirm' || until === null) return null
  const left = Date.parse(until) - now
  return Number.isNaN(left) ? null : Math.max(0, Math.ceil(left / 1000))
}

/** Seconds as a clock that runs down: 23:59:59, and 59:59 in the last hour. */
export function countdown(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  const [hours, rest] = [Math.floor(seconds / 3600), `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`]
  return hours > 0 ? `${hours}:${rest}` : rest
}

/** How soon to ask again what became of some bills: soon while something is under way, else not at all. */
export function lookAgain(states: readonly string[]): number | null {
  const going = states.filter((one) => !isOver(one))
  if (going.length === 0) return null
  return going.some((one) => one !== 'unknown') ? LOOK_MS : LOOK_LATER_MS
}
