// Shifts and their sites, with what waits in the queue counted in.
import { computed, type ComputedRef } from 'vue'
import { api, ask } from '@/api/client'
import type { Onward } from '@/api/kinds'
import { aheadOf, toldLast, type QueuedStep, type StandingHere } from '@/rules/shift'
import type { Spot } from '@/rules/spot'
import type { Say } from '../say'
import { useQueue } from '../queue/queue'
import { useKept, type Kept } from '../shell/kept'

export interface StandingList { items: StandingHere[] }
const KINDS = ['standby_begin', 'standby_check', 'standby_end', 'standby_stop']

export const useStandings = (): Kept<StandingList> => useKept<StandingList>('standby', () => ask<StandingList>(api.GET('/v1/standby')))
/** The violations that stop works, and the machines there are: read once, there without a line. */
export const useOnward = (id: string): Kept<Onward> => useKept<Onward>(`next ${id}`, () => ask<Onward>(api.GET('/v1/sites/{site_id}/next', { params: { path: { site_id: id } } })))

export function useQueued(): (id: string) => QueuedStep[] {
  const queue = useQueue()
  return (id) => queue.drafts
    .filter((one) => one.state === 'waits' && KINDS.includes(one.kind) && one.door.startsWith(`/v1/standby/${id}/`))
    .map((one) => ({ kind: one.kind as QueuedStep['kind'], madeAt: one.madeAt }))
}

/** As the server said it last, in the list or in an answer. */
export function useTold({ value, at }: Kept<StandingList>): ComputedRef<StandingHere[]> {
  const queue = useQueue()
  const answers = computed(() => queue.sent.filter((one) => KINDS.includes(one.kind)))
  return computed(() => (value.value?.items ?? []).map((one) => toldLast(one, at.value ?? 0, answers.value)))
}

export function useAhead(told: ComputedRef<StandingHere[]>): ComputedRef<StandingHere[]> {
  const queued = useQueued()
  return computed(() => told.value.map((one) => aheadOf(one, queued(one.site_id))))
}

/** A finger's place where the phone has none: the site's own. The server marks it as not verified; what is grave never waits. */
export function placeOr(spot: Spot | null, standing: Pick<StandingHere, 'place' | 'radius_m'>): Spot | null {
  if (spot !== null || standing.place === null) return spot
  return { ...standing.place, crs: 'wgs84', accuracy_m: standing.radius_m, source: 'map' }
}

const ZONES = ['protection', 'control', 'outside', 'unknown'] as const

/** What a site is called: its compound, or, where it has none, its range and the end of its id, in the language at hand. */
export function titleOf(say: Say, title: string): string {
  const zone = ZONES.find((one) => title.startsWith(`${one} `))
  return zone === undefined ? title : `${say.zone(zone)} ${title.slice(zone.length + 1)}`
}
