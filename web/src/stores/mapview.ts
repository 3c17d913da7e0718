// How somebody wants the map: what it leaves out and what lies beneath. Kept by this browser; what is left out also stands in the address.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { api, ask, Wrong } from '@/api/client'
import type { Basemap, BasemapPage } from '@/api/kinds'
import { readHidden, turned, writeHidden, type Group } from '@/rules/mapview'

const KEPT = 'pipewarden.map'
interface Kept {
  hidden?: unknown
  base?: unknown
  grey?: unknown
}

function read(): Kept {
  try {
    return (JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Kept | null) ?? {}
  } catch {
    return {}
  }
}

export const useMapView = defineStore('mapview', () => {
  const kept = read()
  const hidden = ref(readHidden(kept.hidden))
  const wanted = ref(typeof kept.base === 'string' ? kept.base : null)
  const grey = ref(kept.grey !== false)
  const bases = shallowRef<Basemap[]>([])
  const baseState = ref<'unread' | 'loading' | 'read' | 'failed'>('unread')
  /** The base map beneath, none unless somebody chose one; one that the operator has taken away is none. */
  const base = computed(() => bases.value.find((one) => one.name === wanted.value) ?? null)

  async function loadBases(): Promise<void> {
    if (baseState.value === 'loading' || baseState.value === 'read') return
    baseState.value = 'loading'
    try {
      bases.value = (await ask<BasemapPage>(api.GET('/v1/basemaps'))).items
      baseState.value = 'read'
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      baseState.value = 'failed'
    }
  }

  const turn = (group: Group, name: string): void => void (hidden.value = turned(hidden.value, group, name))
  const showAll = (): void => void (hidden.value = new Set())
  /** What an address says goes before what was kept. */
  const take = (text: unknown): void => {
    if (typeof text === 'string') hidden.value = readHidden(text)
  }

  watch([hidden, wanted, grey], () => {
    localStorage.setItem(KEPT, JSON.stringify({ hidden: writeHidden(hidden.value), base: wanted.value, grey: grey.value }))
  })
  return { hidden, wanted, grey, bases, baseState, base, loadBases, turn, showAll, take }
})
