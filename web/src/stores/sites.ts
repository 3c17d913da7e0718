// Sites in reach: pages from the list, changes from the stream, asked again by the clock.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, ask, serverNow } from '@/api/client'
import type { Site, SitePage, Zone } from '@/api/kinds'
import { useLatest } from '@/stores/latest'

const PAGE = 100
const RANK: Record<Zone, number> = { protection: 0, unknown: 0, control: 1, outside: 2 }
export type Which = 'open' | 'mine' | 'overdue' | 'ended'

export const useSites = defineStore('sites', () => {
  const byId = shallowRef(new Map<string, Site>())
  const next = ref<string | null>(null)
  const loadedAt = ref<number | null>(null)
  const which = ref<Which>('open')
  const zone = ref<Zone | null>(null)
  const { loading, wrong, latest } = useLatest()

  const list = computed(() =>
    [...byId.value.values()].sort((a, b) => RANK[a.zone] - RANK[b.zone] || (a.opened_at < b.opened_at ? 1 : -1)),
  )

  async function page(cursor: string | null): Promise<void> {
    const query = {
      limit: PAGE,
      open: which.value !== 'ended',
      mine: which.value === 'mine',
      overdue: which.value === 'overdue',
      ...(zone.value === null ? {} : { zone: zone.value }),
      ...(cursor === null ? {} : { cursor }),
    }
    await latest(() => ask<SitePage>(api.GET('/v1/sites', { params: { query } })), (got) => {
      const now = cursor === null ? new Map<string, Site>() : new Map(byId.value)
      for (const one of got.items) now.set(one.id, one)
      byId.value = now
      next.value = got.next
      loadedAt.value = serverNow()
    })
  }

  const load = (): Promise<void> => page(null)
  const more = (): Promise<void> => (next.value === null ? Promise.resolve() : page(next.value))

  /** Takes a site as it is now; an older version of what is known is left aside. */
  function put(site: Site): void {
    const known = byId.value.get(site.id)
    if (!known || known.version > site.version) return
    byId.value = new Map(byId.value).set(site.id, site)
  }

  function forget(): void {
    byId.value = new Map()
    next.value = loadedAt.value = wrong.value = null
  }

  return { list, byId, next, loadedAt, which, zone, loading, wrong, load, more, put, forget }
})
