// Shifts and their sites, with what waits in the queue counted in.
import { computed, type ComputedRef, type ShallowRef } from 'vue'
import { api, ask } from '@/api/client'
import type { Onward } from '@/api/kinds'
import { aheadOf, type QueuedStep, type StandingHere } from '@/rules/shift'
import type { Spot } from '@/rules/spot'
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

export function useAhead(list: ShallowRef<StandingList | null>): ComputedRef<StandingHere[]> {
  const queued = useQueued()
  return computed(() => (list.value?.items ?? []).map((one) => aheadOf(one, queued(one.site_id))))
}

/** A finger's place where the phone has none: the site's own. The server marks it as not verified; what is grave never waits. */
export function placeOr(spot: Spot | null, standing: Pick<StandingHere, 'place' | 'radius_m'>): Spot | null {
  if (spot !== null || standing.place === null) return spot
  return { ...standing.place, crs: 'wgs84', accuracy_m: standing.radius_m, source: 'map' }
}
