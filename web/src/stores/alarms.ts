// The alarms in reach: pages from the list, changes from the stream, one at hand.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { api, ask, serverNow, Wrong } from '@/api/client'
import type { Alarm, AlarmPage, Zone } from '@/api/kinds'
import { inRings, ringOf } from '@/rules/ground'
import { settled } from '@/rules/settle'
import { standingOf, worsened, type Standing } from '@/rules/standing'
import { useClock } from '@/stores/clock'
import { useGround } from '@/stores/ground'
import { useLatest } from '@/stores/latest'

const PAGE = 100
const RECONCILE_MS = 15_000
const MINUTE_MS = 60_000
export type Stands = 'all' | Standing

export const useAlarms = defineStore('alarms', () => {
  const ground = useGround()
  const clock = useClock()
  const byId = shallowRef(new Map<string, Alarm>())
  const next = ref<string | null>(null)
  const loadedAt = ref<number | null>(null)
  const { loading, wrong, latest, overtake, mark } = useLatest()
  const arrived = ref(new Set<string>())
  const zone = ref<Zone | null>(null)
  const area = ref<string | null>(null)
  const stands = ref<Stands>('all')
  const atHand = ref<string | null>(null)
  /** When each alarm was last put or dropped, in ticks: an answer that was asked for earlier must not undo it. */
  const touched = new Map<string, number>()
  let tick = 0
  let reconciledAt = 0
  let reconciling = false

  const all = computed(() => [...byId.value.values()].sort((a, b) => (a.id < b.id ? 1 : -1)))
  /** The clock by the minute: lists need not be made anew every second. */
  const minute = computed(() => Math.floor(clock.now / MINUTE_MS) * MINUTE_MS)
  const standing = (one: Alarm): Standing => standingOf(one, minute.value)
  const shown = computed(() => all.value.filter((one) => stands.value === 'all' || standing(one) === stands.value))
  const open = computed(() => all.value.filter((one) => standing(one) === 'open').length)

  function query(cursor: string | null): { limit: number; cursor?: string; zone?: Zone; area?: string } {
    return {
      limit: PAGE,
      ...(cursor === null ? {} : { cursor }),
      ...(zone.value === null ? {} : { zone: zone.value }),
      ...(area.value === null ? {} : { area: area.value }),
    }
  }

  function settle(items: Alarm[], from: number, keep: (id: string) => boolean): void {
    byId.value = settled(byId.value, items, (id) => (touched.get(id) ?? 0) > from, keep)
    for (const [id, at] of touched) if (at <= from) touched.delete(id)
  }

  async function page(cursor: string | null): Promise<void> {
    const from = ++tick
    await latest(() => ask<AlarmPage>(api.GET('/v1/alarms', { params: { query: query(cursor) } })), (got) => {
      settle(got.items, from, () => cursor !== null)
      next.value = got.next
      loadedAt.value = serverNow()
    })
  }

  const load = (): Promise<void> => page(null)
  const more = (): Promise<void> => (next.value === null ? Promise.resolve() : page(next.value))

  function wanted(one: Alarm): boolean {
    if (zone.value !== null && one.network.zone !== zone.value) return false
    if (area.value === null) return true
    const outline = ground.areaById.get(area.value)?.outline
    return !outline || (one.place !== null && inRings([one.place.lon, one.place.lat], outline.map(ringOf)))
  }

  /** Takes an alarm as it is now; says whether it was not known before. */
  function put(one: Alarm): boolean {
    const fresh = !byId.value.has(one.id)
    touched.set(one.id, ++tick)
    const now = new Map(byId.value)
    if (wanted(one)) now.set(one.id, one)
    else now.delete(one.id)
    byId.value = now
    return fresh && wanted(one)
  }

  function drop(id: string): void {
    touched.set(id, ++tick)
    const now = new Map(byId.value)
    now.delete(id)
    byId.value = now
  }

  /** What the stream says. A merge is not told of the one that went into another, so the first page is asked again. */
  function hear(one: Alarm): void {
    const before = byId.value.get(one.id)
    const fresh = put(one)
    if (fresh || (before !== undefined && worsened(before, one, serverNow()))) arrive([one.id])
    if (!fresh) void reconcile()
  }

  function arrive(ids: string[]): void {
    arrived.value = new Set([...arrived.value, ...ids])
  }

  /** The list may tell of a change before the stream does, which then brings no news. */
  function news(items: Alarm[]): string[] {
    const newest = all.value[0]?.id ?? ''
    return items
      .filter((one) => {
        const before = byId.value.get(one.id)
        return before === undefined ? one.id > newest : worsened(before, one, serverNow())
      })
      .map((one) => one.id)
  }

  async function reconcile(): Promise<void> {
    if (reconciling) return
    reconciling = true
    await new Promise((go) => setTimeout(go, Math.max(1000, reconciledAt + RECONCILE_MS - Date.now())))
    reconciledAt = Date.now()
    reconciling = false
    if (byId.value.size === 0 || loading.value) return
    const still = mark()
    const from = ++tick
    try {
      const got = await ask<AlarmPage>(api.GET('/v1/alarms', { params: { query: query(null) } }))
      if (!still()) return
      arrive(news(got.items))
      const oldest = got.next === null ? '' : (got.items.at(-1)?.id ?? '')
      settle(got.items, from, (id) => id < oldest)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error // the list stays as it is; the stream's mark says that it is old
    }
  }

  function forget(): void {
    overtake()
    touched.clear()
    byId.value = new Map()
    arrived.value = new Set()
    next.value = loadedAt.value = zone.value = area.value = atHand.value = wrong.value = null
    stands.value = 'all'
  }

  watch([zone, area], () => {
    if (loadedAt.value !== null) void load()
  })

  return { byId, all, shown, open, next, loadedAt, loading, wrong, arrived, zone, area, stands, standing, atHand, load, more, put,
    drop, hear, forget }
})
