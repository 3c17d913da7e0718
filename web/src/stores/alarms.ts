// What needs somebody now: the ranked queue page by page, changes from the stream, one at hand. An alarm and its site are
// one item; the map, the panel and the sound take the alarms of it.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { api, ask, serverNow, Wrong } from '@/api/client'
import type { Alarm, NowItem, NowPage, Site, Zone } from '@/api/kinds'
import { levelOf } from '@/rules/level'
import { worse } from '@/rules/now'
import { settled } from '@/rules/settle'
import { standingOf, worsened, type Standing } from '@/rules/standing'
import { useClock } from '@/stores/clock'
import { useLatest } from '@/stores/latest'

const PAGE = 200
const RECONCILE_MS = 15_000
const GATHER_MS = 250
const MOST_NAMED = 50
const MINUTE_MS = 60_000
export type Stands = 'all' | Standing
export type View = 'now' | 'shelved' | 'silent'
type Counts = NonNullable<NowPage['counts']>

export const useAlarms = defineStore('alarms', () => {
  const clock = useClock()
  /** By the id of the alarm, else of the site: one that becomes a site keeps its name. */
  const items = shallowRef(new Map<string, NowItem>())
  /** Alarms that were opened by their address and are in no queue. */
  const extra = shallowRef(new Map<string, Alarm>())
  const counts = shallowRef<Counts | null>(null)
  const next = ref<string | null>(null)
  /** False where more waits than the server ranks at a time: the queue is then no whole truth, and says so. */
  const whole = ref(true)
  const loadedAt = ref<number | null>(null)
  const { loading, wrong, latest, overtake, mark } = useLatest()
  const arrived = ref(new Set<string>())
  /** What the stream told of, whatever the list is narrowed to: a red one outside of a filter must be heard. */
  const heard = shallowRef(new Map<string, Alarm>())
  const taking = ref(new Set<string>())
  const view = ref<View>('now')
  const zone = ref<Zone | null>(null)
  const area = ref<string | null>(null)
  const stands = ref<Stands>('all')
  const matches = shallowRef<((item: NowItem) => boolean) | null>(null)
  const atHand = ref<string | null>(null)
  /** When each item was last put or dropped, in ticks: an answer that was asked for earlier must not undo it. */
  const touched = new Map<string, number>()
  const known = new Set<string>()
  const toRenew = new Set<string>()
  let tick = 0
  let reconciledAt = 0
  let reconciling = false
  let gathering = false

  /** The clock by the minute: lists need not be made anew every second. */
  const minute = computed(() => Math.floor(clock.now / MINUTE_MS) * MINUTE_MS)
  const standing = (one: Alarm): Standing => (taking.value.has(one.id) ? 'taken' : standingOf(one, minute.value))

  /** Where an item stands: as its alarm says, or in somebody's hand as its site says. */
  function standsOf(item: NowItem): Standing {
    const said = item.alarm === null ? 'open' : standing(item.alarm)
    return said === 'open' && item.hand !== 'nobody' && item.hand !== 'struck' ? 'taken' : said
  }

  const queue = computed(() => [...items.value.values()].sort((a, b) => worse(a.place, b.place)))
  const rows = computed(() => queue.value.filter((one) =>
    (stands.value === 'all' || standsOf(one) === stands.value) && (matches.value === null || matches.value(one))))
  const alarmsIn = (list: NowItem[]): Alarm[] => list.flatMap((one) => (one.alarm === null ? [] : [one.alarm]))
  const all = computed(() => alarmsIn(queue.value))
  const shown = computed(() => {
    const there = alarmsIn(rows.value)
    const also = atHand.value === null ? undefined : extra.value.get(atHand.value)
    return also === undefined || there.some((one) => one.id === also.id) ? there : [...there, also]
  })
  const byId = computed(() => new Map([...extra.value, ...all.value.map((one): [string, Alarm] => [one.id, one])]))
  const open = computed(() => (view.value === 'now' ? queue.value.filter((one) => standsOf(one) === 'open').length : 0))
  const calling = computed(() => [...heard.value.values()].some((one) => {
    const item = items.value.get(one.id)
    return arrived.value.has(one.id) && (item?.level ?? levelOf(one.network.zone)) === 1
      && (item === undefined ? standing(one) : standsOf(item)) === 'open' && standing(one) === 'open'
  }))

  function query(cursor: string | null): Record<string, unknown> & { limit: number } {
    return {
      limit: PAGE,
      view: view.value,
      ...(cursor === null ? {} : { cursor }),
      ...(zone.value === null ? {} : { zone: zone.value }),
      ...(area.value === null ? {} : { area: area.value }),
    }
  }

  const read = (more: Record<string, unknown> & { limit: number }): Promise<NowPage> =>
    ask<NowPage>(api.GET('/v1/now', { params: { query: more } }))

  function settle(found: NowItem[], from: number, keep: (id: string) => boolean): void {
    items.value = settled(items.value, found, (id) => (touched.get(id) ?? 0) > from, keep)
    for (const [id, at] of touched) if (at <= from) touched.delete(id)
    for (const one of found) known.add(one.id)
  }

  function note(got: NowPage): void {
    counts.value = got.counts
    whole.value = got.whole
    loadedAt.value = serverNow()
  }

  async function page(cursor: string | null): Promise<void> {
    const from = ++tick
    await latest(() => read(query(cursor)), (got) => {
      settle(got.items, from, () => cursor !== null)
      next.value = got.next
      note(got)
    })
  }

  const load = (): Promise<void> => page(null)
  const more = (): Promise<void> => (next.value === null ? Promise.resolve() : page(next.value))

  function set(id: string, one: NowItem | null): void {
    touched.set(id, ++tick)
    const now = new Map(items.value)
    if (one === null) now.delete(id)
    else now.set(id, one)
    items.value = now
  }

  const drop = (id: string): void => set(id, null)

  /** Takes an alarm as it is now, and asks where it now stands in the queue. */
  function put(one: Alarm): void {
    const item = items.value.get(one.id)
    if (item) set(one.id, { ...item, alarm: one })
    else extra.value = new Map(extra.value).set(one.id, one)
    if (heard.value.has(one.id)) heard.value = new Map(heard.value).set(one.id, one)
    void renew(one.id)
  }

  /** What the stream says. A merge is not told of the one that went into another, so the queue is asked again. */
  function hear(one: Alarm): void {
    const before = items.value.get(one.id)?.alarm ?? heard.value.get(one.id)
    const fresh = !known.has(one.id)
    known.add(one.id)
    heard.value = new Map(heard.value).set(one.id, one)
    if (fresh || (before && worsened(before, one, serverNow()))) arrive([one.id])
    put(one)
    if (!fresh) void reconcile()
  }

  function hearSite(one: Site): void {
    const id = one.alarm_id ?? one.id
    const item = items.value.get(id)
    if (item?.site && item.site.version > one.version) return
    if (item?.site) set(id, { ...item, site: one })
    void renew(id)
    void reconcile()
  }

  function arrive(ids: string[]): void {
    arrived.value = new Set([...arrived.value, ...ids])
  }

  /** The list may tell of a change before the stream does, which then brings no news. */
  function news(found: NowItem[]): string[] {
    const newest = [...known].sort().at(-1) ?? ''
    return found
      .filter((one) => {
        const before = items.value.get(one.id)?.alarm
        return one.alarm !== null && (before ? worsened(before, one.alarm, serverNow()) : !known.has(one.id) && one.id > newest)
      })
      .map((one) => one.id)
  }

  /** Asks for items anew, several at a time; one that the queue does not name any more has left it. */
  async function renew(id: string): Promise<void> {
    toRenew.add(id)
    if (gathering || loadedAt.value === null) return
    gathering = true
    await new Promise((go) => setTimeout(go, GATHER_MS))
    gathering = false
    const ids = [...toRenew].slice(0, MOST_NAMED)
    for (const one of ids) toRenew.delete(one)
    if (ids.length === 0) return
    const [from, asked] = [++tick, query(null)]
    const still = mark()
    try {
      const got = await read({ ...asked, limit: MOST_NAMED, about: ids })
      if (!still()) return void ids.forEach((one) => renew(one)) // the list was asked for anew meanwhile: after it
      for (const one of got.items) if ((touched.get(one.id) ?? 0) <= from) set(one.id, one)
      const there = new Set(got.items.map((one) => one.id))
      for (const one of ids) if (!there.has(one) && items.value.has(one) && (touched.get(one) ?? 0) <= from) drop(one)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error // the next round asks for all of it
      void reconcile()
    }
    const [first] = toRenew
    if (first !== undefined) void renew(first)
  }

  async function reconcile(): Promise<void> {
    if (reconciling) return
    reconciling = true
    await new Promise((go) => setTimeout(go, Math.max(1000, reconciledAt + RECONCILE_MS - Date.now())))
    reconciledAt = Date.now()
    reconciling = false
    if (loadedAt.value === null || loading.value) return
    const still = mark()
    const from = ++tick
    try {
      const got = await read(query(null))
      if (!still()) return
      for (const one of got.items) if (one.alarm) heard.value = heard.value.has(one.id) ? new Map(heard.value).set(one.id, one.alarm) : heard.value
      const fresh = news(got.items)
      for (const id of fresh) heard.value = new Map(heard.value).set(id, got.items.find((one) => one.id === id)?.alarm as Alarm)
      arrive(fresh)
      const last = got.next === null ? null : (got.items.at(-1)?.place ?? null)
      settle(got.items, from, (id) => last !== null && worse(items.value.get(id)?.place ?? last, last) > 0)
      note(got)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error // the list stays as it is; the stream's mark says that it is old
    }
  }

  function setTaking(id: string, on: boolean): void {
    const now = new Set(taking.value)
    if (on) now.add(id)
    else now.delete(id)
    taking.value = now
  }

  function forget(): void {
    overtake()
    for (const one of [touched, known, toRenew]) one.clear()
    items.value = new Map()
    extra.value = new Map()
    heard.value = new Map()
    arrived.value = new Set()
    taking.value = new Set()
    next.value = loadedAt.value = zone.value = area.value = atHand.value = wrong.value = counts.value = matches.value = null
    stands.value = 'all'
    view.value = 'now'
  }

  watch([zone, area, view], () => {
    if (loadedAt.value !== null) void load()
  })
  // deadlines pass by themselves: what is late moves up though nothing was heard
  watch(minute, () => {
    if (loadedAt.value !== null && !document.hidden) void reconcile()
  })

  return { byId, items, queue, rows, all, shown, open, counts, next, whole, loadedAt, loading, wrong, arrived, calling, view, zone, area, stands,
    matches, standing, standsOf, atHand, load, more, put, drop, hear, hearSite, renew, setTaking, forget }
})
