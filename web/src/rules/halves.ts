// What was begun on a form and not sent: which of it is offered again, to whom, and for how long. Pure.

export interface HalfHead {
  n: number
  /** Which form, and of what: `report`, `site <id>`. */
  form: string
  /** Who wrote it, signed in; null for nobody. Nobody else is offered it. */
  person: string | null
  /** When it was written last, milliseconds by the phone's clock. */
  at: number
}

/** As long as a phone's word of when something was still counts (docs/reports.md): 14 days. */
export const HALF_KEPT_MS = 14 * 86_400_000

/** Whether it was left for so long that it is thrown away. A clock that was set back throws nothing away. */
export const isOutdated = (one: HalfHead, now: number): boolean => now - one.at > HALF_KEPT_MS

/** What is offered on a form, the newest first: one's own, none that is being written just now. */
export function offered<T extends HalfHead>(all: readonly T[], form: string, person: string | null, writing: ReadonlySet<number>, now: number): T[] {
  return all
    .filter((one) => one.form === form && one.person === person && !writing.has(one.n) && !isOutdated(one, now))
    .sort((one, other) => other.at - one.at || other.n - one.n)
}

const SHOWN = 60

/** The first words of it, to know it again by; empty where nothing was said yet. */
export function glimpse(value: unknown): string {
  const words = (value as { words?: unknown } | null)?.words
  if (typeof words !== 'string') return ''
  const said = words.trim().replace(/\s+/g, ' ')
  return said.length > SHOWN ? `${said.slice(0, SHOWN)}…` : said
}
