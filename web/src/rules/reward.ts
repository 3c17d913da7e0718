// Where a reward can stand, in the order in which it goes, and what may still be decided about it.
export const REWARD_STATES = ['wanted', 'unfunded', 'unclaimed', 'held', 'paid', 'capped', 'refused', 'lapsed', 'clawed_back'] as const
export type RewardState = (typeof REWARD_STATES)[number]

const NOT_PAID: ReadonlySet<string> = new Set<RewardState>(['wanted', 'unfunded', 'unclaimed', 'held'])

/** It is on its way and not in a wallet yet: it can be refused. What was paid can only be taken back by an entry of its own. */
export function refusable(state: string): boolean {
  return NOT_PAID.has(state)
}

/** What its person waits for: whether it will be paid is not said yet, or when. */
export function waits(state: string): boolean {
  return NOT_PAID.has(state) && state !== 'unclaimed'
}
