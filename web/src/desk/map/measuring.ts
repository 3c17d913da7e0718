// Measuring on the map: clicks, or the cross in its middle and the space bar; Backspace takes back, Esc ends.
import { computed, ref, shallowRef } from 'vue'
import { api, ask, Wrong } from '@/api/client'
import type { LonLat, ZoneAnswer } from '@/api/kinds'
import { areaOf, lengthOf } from '@/rules/geodesic'
import { measuredLength } from '@/rules/measure'
import { measureFeatures } from './features'
import type { Engine } from './engine'

export type Tool = 'distance' | 'area' | 'point'
export const TOOLS: readonly Tool[] = ['distance', 'area', 'point']


export function useMeasuring(engine: () => Engine | null, mayAsk: () => boolean) {
  const tool = ref<Tool | null>(null)
  const corners = shallowRef<LonLat[]>([])
  const answer = shallowRef<ZoneAnswer | null>(null)
  const wrong = shallowRef<Wrong | null>(null)
  const asking = ref(false)
  let asked = 0
  const length = computed(() => lengthOf(corners.value))
  const last = computed(() => lengthOf(corners.value.slice(-2)))
  const area = computed(() => areaOf(corners.value))
  const around = computed(() => (corners.value.length > 2 ? lengthOf([...corners.value, corners.value[0]!]) : 0))

  function show(): void {
    const said = corners.value.map((_, at) => (tool.value === 'distance' && at > 0 ? measuredLength(lengthOf(corners.value.slice(0, at + 1))) : ''))
    engine()?.show('measure', measureFeatures(corners.value, said, tool.value === 'area'))
  }

  function begin(wanted: Tool): void {
    tool.value = wanted
    clear()
    engine()?.map.getCanvas().focus()
  }

  function clear(): void {
    asked += 1
    corners.value = []
    answer.value = wrong.value = null
    asking.value = false
    show()
  }

  function end(): void {
    tool.value = null
    clear()
  }

  function back(): void {
    if (tool.value === 'point') return clear()
    corners.value = corners.value.slice(0, -1)
    show()
  }

  function add(at: LonLat): void {
    if (tool.value === null) return
    corners.value = tool.value === 'point' ? [at] : [...corners.value, at]
    show()
    if (tool.value === 'point') void nearest(at)
  }

  /** How far the nearest pipe is, by the rules in force there. */
  async function nearest([lon, lat]: LonLat): Promise<void> {
    answer.value = wrong.value = null
    if (!mayAsk()) return
    const mine = ++asked
    asking.value = true
    try {
      const got = await ask<ZoneAnswer>(api.GET('/v1/zone', { params: { query: { lon, lat } } }))
      if (mine === asked) answer.value = got
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      if (mine === asked) wrong.value = error
    } finally {
      if (mine === asked) asking.value = false
    }
  }

  function middle(): void {
    const centre = engine()?.map.getCenter()
    if (centre) add([centre.lng, centre.lat])
  }

  /** What a key does while something is measured; the page's own keys come after. */
  function key(event: KeyboardEvent): void {
    if (tool.value === null || event.ctrlKey || event.metaKey || event.altKey) return
    const target = event.target as HTMLElement
    const elsewhere = target.closest('input, textarea, select, button, a, summary, dialog') !== null
    const act = event.key === 'Escape' ? end : elsewhere ? null : event.key === ' ' ? middle : event.key === 'Backspace' ? back : null
    if (act === null) return
    event.preventDefault()
    event.stopImmediatePropagation()
    act()
  }

  return { tool, corners, answer, wrong, asking, length, last, area, around, begin, add, back, clear, end, key, show }
}

export type Measure = ReturnType<typeof useMeasuring>
