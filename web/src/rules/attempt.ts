// What an answer says about an act on money: whether it is done, was refused, or nobody knows. Only who knows may forget
// the key under which it was sent; whoever forgets it too early pays twice.
export type Outcome = 'done' | 'refused' | 'unknown'

/** One act, sent at least once and not answered for good. `doubtful`: a try of it may have been carried out. */
export interface Attempt<B = unknown> {
  key: string
  body: B
  doubtful: boolean
}

/** The door said no before the act's own code looked for the key: about a try before this one that tells nothing. */
const AT_THE_DOOR = new Set([401, 403, 429])

/** Whether such a try may have been carried out all the same; `wait`: a Retry-After came. A 409 with one is busy with this key. */
function mayBeDone(status: number, wait: boolean): boolean {
  return status === 0 || status >= 500 || status === 408 || status === 425 || (status === 409 && wait)
}

/**
 * @param status of the answer; 0 when none came.
 * @param doubtful whether an earlier try of the same key may have been carried out.
 * @param wait the server said when to ask again.
 */
export function outcomeOf(status: number, doubtful: boolean, wait = false): Outcome {
  if (status >= 200 && status < 300) return 'done'
  if (mayBeDone(status, wait)) return 'unknown'
  return doubtful && AT_THE_DOOR.has(status) ? 'unknown' : 'refused'
}

/** What was kept on the disk, or null where it is none of ours. */
export function readAttempt<B>(text: string | null): Attempt<B> | null {
  if (text === null) return null
  try {
    const found = JSON.parse(text) as Partial<Attempt<B>> | null
    if (typeof found?.key !== 'string' || found.key === '' || found.body === undefined) return null
    return { key: found.key, body: found.body, doubtful: found.doubtful !== false }
  } catch {
    return null
  }
}
