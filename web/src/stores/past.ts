// Sites on the map, open now, and what stood open at a moment of the last day, week or month: read once for a span, then told by the clock of each.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, ask, serverNow, Wrong } from '@/api/client'
import type { Alarm, AlarmPage } from '@/api/kinds'
import { momentOf, openThen, scaleOf, stoodThen, type Scale, type SiteThen, type Span } from '@/rules/moment'
import { useSession } from '@/stores/session'

const ALARMS = 200
const SITES = 1000
const PAGES = 10
const ROUND_MS = 600_000 // looks within ten minutes are one on record
interface Items {
  features: { id: string; geometry: { coordinates: [number, number] } | null; properties: { risk_level: number; opened_at: string; ended_at: string | null } }[]
  links: { rel: string; href: string }[]
}

export const usePast = defineStore('past', () => {
  const session = useSession()
  const now = shallowRef<SiteThen[]>([])
  const state = ref<'off' | 'loading' | 'on' | 'failed'>('off')
  const span = ref<Span>('day')
  const scale = shallowRef<Scale | null>(null)
  const step = ref(0)
  /** There was more than is read. */
  const partly = ref(false)
  const siteRows = shallowRef<SiteThen[]>([])
  const alarmRows = shallowRef<Alarm[]>([])
  let asked = 0
  let era = 0

  const at = computed(() => (scale.value === null ? null : momentOf(scale.value, step.value)))
  const sites = computed(() => (at.value === null ? now.value : siteRows.value.filter((one) => openThen(one, at.value!))))
  const alarms = computed(() => (at.value === null ? [] : alarmRows.value.filter((one) => stoodThen(one, at.value!))))

  async function readSites(since: number): Promise<SiteThen[]> {
    if (!session.may('site:read')) return []
    const found: SiteThen[] = []
    let cursor: string | null = null
    for (let page = 0; page < PAGES; page += 1) {
      const query = { datetime: `${new Date(since).toISOString()}/..`, limit: SITES, ...(cursor === null ? {} : { cursor }) }
      const got: Items = (await ask(api.GET('/v1/ogc/collections/{layer}/items', { params: { path: { layer: 'sites' }, query } }))) as unknown as Items
      for (const { id, geometry, properties } of got.features) {
        if (geometry === null) continue
        const [lon, lat] = geometry.coordinates
        const { risk_level: level, opened_at: opened, ended_at: ended } = properties
        found.push({ id, lon, lat, level, opened: Date.parse(opened), ended: ended === null ? null : Date.parse(ended) })
      }
      const next = got.links.find((one) => one.rel === 'next')
      if (!next) return found
      cursor = new URL(next.href).searchParams.get('cursor')
    }
    partly.value = true
    return found
  }

  async function readAlarms(which: { since: string } | { acknowledged: false }): Promise<Alarm[]> {
    if (!session.may('alarm:read')) return []
    const found: Alarm[] = []
    let cursor: string | null = null
    for (let page = 0; page < PAGES; page += 1) {
      const query = { ...which, limit: ALARMS, ...(cursor === null ? {} : { cursor }) }
      const got: AlarmPage = await ask<AlarmPage>(api.GET('/v1/alarms', { params: { query } }))
      found.push(...got.items)
      if (got.next === null) return found
      cursor = got.next
    }
    partly.value = true
    return found
  }

  /** The sites that are open now; a failure keeps those that were known. */
  async function loadNow(): Promise<void> {
    const since = Math.floor(serverNow() / ROUND_MS) * ROUND_MS
    const mine = era
    try {
      const found = (await readSites(since)).filter((one) => one.ended === null)
      if (mine === era) now.value = found
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
    }
  }

  /** Turns the map back over a span; it begins with now. An alarm that nobody took may be older than the span. */
  async function open(wanted: Span): Promise<void> {
    const mine = ++asked
    span.value = wanted
    state.value = 'loading'
    partly.value = false
    const over = scaleOf(wanted, serverNow())
    const since = Math.floor(over.begin / ROUND_MS) * ROUND_MS
    try {
      const [there, changed, waiting] = await Promise.all([
        readSites(since), readAlarms({ since: new Date(since).toISOString() }), readAlarms({ acknowledged: false }),
      ])
      if (mine !== asked) return
      siteRows.value = there
      alarmRows.value = [...new Map([...waiting, ...changed].map((one) => [one.id, one])).values()]
      scale.value = over
      step.value = over.steps
      state.value = 'on'
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      if (mine !== asked) return
      close()
      state.value = 'failed'
    }
  }

  function close(): void {
    asked += 1
    state.value = 'off'
    scale.value = null
    siteRows.value = []
    alarmRows.value = []
  }

  function forget(): void {
    era += 1
    close()
    now.value = []
  }

  return { now, state, span, scale, step, partly, at, sites, alarms, loadNow, open, close, forget }
})
