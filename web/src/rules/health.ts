// How old the last test of the chain is, as the reader's own clock goes on.
import type { Chain } from '@/api/kinds'

/** Seconds since the test was sent that came through last. */
export function chainAge(chain: Pick<Chain, 'since'>, now: number): number {
  return Math.max(0, (now - Date.parse(chain.since)) / 1000)
}

export function worst<T extends Pick<Chain, 'since'>>(chains: readonly T[]): T | null {
  return chains.reduce<T | null>((old, one) => (old === null || Date.parse(one.since) < Date.parse(old.since) ? one : old), null)
}
