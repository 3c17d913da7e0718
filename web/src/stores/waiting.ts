// What waits for a person to place it or to set it aside. A glance counts it for the menu; the page reads the first page of
// both lists, which come with the gravest first, and says how many more there are.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, ask, serverNow, Wrong } from '@/api/client'
import type { IntakeItem, IntakePage, Minded, MindedPage, ReportKind, ReportKinds } from '@/api/kinds'
import { waiting } from '@/rules/waiting'
import { useLatest } from '@/stores/latest'

const GLANCE = 1
export const PAGE = 30
/** The most that the server gives at once, and the most that it counts of each list. */
export const MOST = 200
const COUNTED = 1000

export const useWaiting = defineStore('waiting', () => {
  const reports = shallowRef<Minded[]>([])
  const messages = shallowRef<IntakeItem[]>([])
  const kinds = shallowRef<ReportKind[]>([])
  const loadedAt = ref<number | null>(null)
  const count = ref(0)
  const more = ref(false)
  /** How many of each list are asked for. */
  const wanted = ref(PAGE)
  const { loading, wrong, latest } = useLatest()
  /** The gravest of both: no more than were asked for of each, so that nothing is skipped between two lists. */
  const all = computed(() => waiting(reports.value, messages.value).slice(0, wanted.value))
  const left = computed(() => Math.max(0, count.value - all.value.length))

  /** Counts for the menu, and is silent when the server does not answer: the live mark says that. */
  async function glance(): Promise<void> {
    try {
      counted(...(await pages(GLANCE)))
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
    }
  }

  function pages(limit: number): Promise<[MindedPage, IntakePage]> {
    const query = { state: 'waiting' as const, limit }
    return Promise.all([
      ask<MindedPage>(api.GET('/v1/reports', { params: { query: { ...query, order: 'grave' } } })),
      ask<IntakePage>(api.GET('/v1/intake', { params: { query: { ...query, order: 'oldest' } } })),
    ])
  }

  function counted(field: MindedPage, exchange: IntakePage): void {
    const totals = [field.total ?? field.items.length, exchange.total ?? exchange.items.length]
    count.value = totals.reduce((sum, one) => sum + one, 0)
    more.value = totals.some((one) => one >= COUNTED)
  }

  async function load(): Promise<void> {
    await latest(() => Promise.all([
      pages(wanted.value),
      kinds.value.length > 0 ? Promise.resolve({ items: kinds.value }) : ask<ReportKinds>(api.GET('/v1/public/report-kinds')),
    ]), ([[field, exchange], known]) => {
      reports.value = field.items
      messages.value = exchange.items
      kinds.value = known.items
      loadedAt.value = serverNow()
      counted(field, exchange)
    })
  }

  /** Asks for more of both, up to what the server gives at once. */
  async function grow(to = wanted.value + PAGE): Promise<void> {
    wanted.value = Math.min(MOST, to)
    await load()
  }

  /** Takes something out of the list that no longer waits. */
  function settled(id: string): void {
    reports.value = reports.value.filter((one) => one.id !== id)
    messages.value = messages.value.filter((one) => one.id !== id)
    count.value = Math.max(0, count.value - 1)
  }

  /** A phone was set aside, or is heard again: every report of it says so. */
  function changed(report: Minded): void {
    const until = report.phone_aside_until
    reports.value = reports.value.map((one) => (one.phone === report.phone ? { ...one, phone_aside_until: until } : one))
  }

  function forget(): void {
    reports.value = []
    messages.value = []
    loadedAt.value = null
    count.value = 0
    more.value = false
    wanted.value = PAGE
  }

  return { all, left, wanted, grow, kinds, loadedAt, count, more, loading, wrong, glance, load, settled, changed, forget }
})
