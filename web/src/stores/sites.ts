// Sites in reach: pages of the list in the server's order, changes from the stream, asked again by the clock.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, ask, serverNow } from '@/api/client'
import type { Site, SitePage } from '@/api/kinds'
import type { SiteOrder, SiteQuery } from '@/rules/board'
import { useLatest } from '@/stores/latest'

const PAGE = 100

export const useSites = defineStore('sites', () => {
  const byId = shallowRef(new Map<string, Site>())
  const ids = shallowRef<string[]>([])
  const next = ref<string | null>(null)
  const loadedAt = ref<number | null>(null)
  /** How often the stream told of a site: what counts sites counts again. */
  const told = ref(0)
  const { loading, wrong, latest } = useLatest()
  let asked: { query: SiteQuery; order: SiteOrder } = { query: { open: true }, order: 'zone' }

  const list = computed(() => ids.value.flatMap((id) => byId.value.get(id) ?? []))

  async function page(cursor: string | null): Promise<void> {
    const query = { limit: PAGE, order: asked.order, ...asked.query, ...(cursor === null ? {} : { cursor }) }
    await latest(() => ask<SitePage>(api.GET('/v1/sites', { params: { query } })), (got) => {
      keep(got.items)
      const fresh = got.items.map((one) => one.id)
      ids.value = cursor === null ? fresh : [...new Set([...ids.value, ...fresh])]
      next.value = got.next
      loadedAt.value = serverNow()
    })
  }

  /** What is listed, narrowed and in which order, from the first page on. */
  function load(query: SiteQuery = asked.query, order: SiteOrder = asked.order): Promise<void> {
    asked = { query, order }
    return page(null)
  }

  const more = (): Promise<void> => (next.value === null ? Promise.resolve() : page(next.value))

  /** Takes sites as they are now; an older version of what is known is left aside. */
  function keep(sites: Site[]): void {
    const now = new Map(byId.value)
    for (const one of sites) if ((now.get(one.id)?.version ?? 0) <= one.version) now.set(one.id, one)
    byId.value = now
  }

  /** A change that the stream tells of; what no view has shown yet is counted, not kept. */
  function put(site: Site): void {
    told.value += 1
    if (byId.value.has(site.id)) keep([site])
  }

  function forget(): void {
    byId.value = new Map()
    ids.value = []
    next.value = loadedAt.value = wrong.value = null
  }

  return { list, byId, next, loadedAt, told, loading, wrong, load, more, put, keep, forget }
})
