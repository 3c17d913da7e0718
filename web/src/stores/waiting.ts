// What waits for a person to place it or to set it aside. A glance counts it for the menu; the page reads all of it, since
// the server gives the newest first and whoever waited longest comes first here.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { allOf, api, ask, serverNow, Wrong } from '@/api/client'
import type { IntakeItem, IntakePage, Minded, MindedPage, ReportKind, ReportKinds } from '@/api/kinds'
import { waiting } from '@/rules/waiting'
import { useLatest } from '@/stores/latest'

const GLANCE = 20

export const useWaiting = defineStore('waiting', () => {
  const reports = shallowRef<Minded[]>([])
  const messages = shallowRef<IntakeItem[]>([])
  const kinds = shallowRef<ReportKind[]>([])
  const loadedAt = ref<number | null>(null)
  const count = ref(0)
  const more = ref(false)
  const { loading, wrong, latest } = useLatest()
  const all = computed(() => waiting(reports.value, messages.value))

  /** Counts for the menu, and is silent when the server does not answer: the live mark says that. */
  async function glance(): Promise<void> {
    const query = { state: 'waiting' as const, limit: GLANCE }
    try {
      const [field, exchange] = await Promise.all([
        ask<MindedPage>(api.GET('/v1/reports', { params: { query } })),
        ask<IntakePage>(api.GET('/v1/intake', { params: { query } })),
      ])
      count.value = field.items.length + exchange.items.length
      more.value = field.next !== null || exchange.next !== null
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
    }
  }

  function counted(): void {
    count.value = all.value.length
    more.value = false
  }

  async function load(): Promise<void> {
    const state = 'waiting' as const
    await latest(() => Promise.all([
      allOf((query) => ask<MindedPage>(api.GET('/v1/reports', { params: { query: { ...query, state } } }))),
      allOf((query) => ask<IntakePage>(api.GET('/v1/intake', { params: { query: { ...query, state } } }))),
      kinds.value.length > 0 ? Promise.resolve({ items: kinds.value }) : ask<ReportKinds>(api.GET('/v1/public/report-kinds')),
    ]), ([field, exchange, known]) => {
      reports.value = field
      messages.value = exchange
      kinds.value = known.items
      loadedAt.value = serverNow()
      counted()
    })
  }

  /** Takes something out of the list that no longer waits. */
  function settled(id: string): void {
    reports.value = reports.value.filter((one) => one.id !== id)
    messages.value = messages.value.filter((one) => one.id !== id)
    counted()
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
  }

  return { all, kinds, loadedAt, count, more, loading, wrong, glance, load, settled, changed, forget }
})
