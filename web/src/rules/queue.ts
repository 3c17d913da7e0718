// What the phone sends next and what an answer means for a draft: pure, so that every case is tested without a phone.

export interface DraftHead {
  /** Order of making; the next is the smallest. */
  n: number
  id: string
  state: 'waits' | 'refused'
  /** Goes without an account. */
  open: boolean
  /** Who made it, signed in; nobody else may send it. */
  person: string | null
  /** People may be hurt: goes before what waits. */
  urgent: boolean
  /** Not before this time, milliseconds by the phone's clock. */
  notBefore: number
  tries: number
  /** How often the server failed on it (5xx): one that it always fails on must not hold the others up. */
  faults: number
}

export interface Line {
  online: boolean
  /** Who is signed in, as the server said since this page was opened; null for nobody. */
  person: string | null
  now: number
}

const STEPS_ASIDE = 4

/** The draft to send now: the urgent first, else the oldest; null when all must wait. One that waits holds up those behind it. */
export function nextOf<T extends DraftHead>(drafts: readonly T[], line: Line): T | null {
  if (!line.online) return null
  const ready = drafts
    .filter((one) => one.state === 'waits' && (one.open || (one.person !== null && one.person === line.person)))
    .sort((one, other) => Number(other.urgent) - Number(one.urgent) || one.n - other.n)
  const first = ready.find((one) => one.notBefore <= line.now || one.faults < STEPS_ASIDE)
  return first && first.notBefore <= line.now ? first : null
}

/** When to look again, milliseconds; null when only a person or a line can change anything. */
export function wakeAt(drafts: readonly DraftHead[], line: Line): number | null {
  if (!line.online) return null
  const times = drafts
    .filter((one) => one.state === 'waits' && (one.open || (one.person !== null && one.person === line.person)))
    .map((one) => one.notBefore)
  return times.length === 0 ? null : Math.max(line.now, Math.min(...times))
}

export type Outcome =
  | { to: 'sent' }
  | { to: 'refused' }
  /** Nobody is signed in any more: it is kept and goes when its maker is. */
  | { to: 'signed-out' }
  | { to: 'again'; notBefore: number; fault: boolean }

const FIRST_MS = 2000
const LONGEST_MS = 300_000
const LATER: ReadonlySet<number> = new Set([0, 408, 425, 429])

/** How long to wait after so many tries: doubling, at most five minutes, spread by `chance` (0 to 1) so that phones do not march. */
export function pauseMs(tries: number, chance: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10)) * (0.5 + chance / 2)
}

/** What an answer means. Status 0: no answer came, so the server may have it; the draft's id keeps it from being two. */
export function outcomeOf(status: number, retryAfterS: number, tries: number, now: number, chance: number): Outcome {
  if (status >= 200 && status < 300) return { to: 'sent' }
  if (status === 401) return { to: 'signed-out' }
  if (LATER.has(status) || status >= 500) {
    const wait = Math.max(retryAfterS * 1000, pauseMs(tries, chance))
    return { to: 'again', notBefore: now + wait, fault: status >= 500 && status !== 503 }
  }
  return { to: 'refused' }
}

export interface Unsent {
  waiting: number
  refused: number
  /** When the oldest of them was made, milliseconds. */
  since: number | null
}

export function unsentOf(drafts: readonly (Pick<DraftHead, 'state'> & { madeAt: number })[]): Unsent {
  const refused = drafts.filter((one) => one.state === 'refused').length
  const since = drafts.length === 0 ? null : Math.min(...drafts.map((one) => one.madeAt))
  return { waiting: drafts.length - refused, refused, since }
}

/** The size a picture is drawn at: its longer side at most `most`; null where it is small enough already. */
export function shrunk(width: number, height: number, most: number): { width: number; height: number } | null {
  const longer = Math.max(width, height)
  if (longer <= most || longer === 0) return null
  const by = most / longer
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) }
}
