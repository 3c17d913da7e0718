// Drawing ground on a map: corners by clicks, then moved, added and taken away; by keys as well as by mouse and finger.
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { MapMouseEvent, MapTouchEvent } from 'maplibre-gl'
import type { LonLat } from '@/api/kinds'
import { addCorner, dropCorner, FEWEST, moveCorner, type CornerAt, type Ground } from '@/rules/area'
import type { Engine } from '../map/engine'
import { middle } from '../map/features'

const REACH_PX = 14
const SAME_PX = 4 // the second click of a double one
const STEP_PX = 1
const LEAP_PX = 10
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
type Pointed = MapMouseEvent | MapTouchEvent

export interface Drawing {
  drawing: Ref<boolean>
  draft: ShallowRef<LonLat[]>
  chosen: ShallowRef<CornerAt | null>
  ready: ComputedRef<boolean>
  attach: (engine: Engine) => void
  begin: () => void
  add: (at: LonLat) => void
  undo: () => void
  finish: () => void
  next: () => void
  drop: () => void
  key: (event: KeyboardEvent) => void
}

export function useDrawing(ground: () => Ground, change: (now: Ground) => void): Drawing {
  const drawing = ref(ground().length === 0)
  const draft = shallowRef<LonLat[]>([])
  const chosen = shallowRef<CornerAt | null>(null)
  const ready = computed(() => draft.value.length >= FEWEST)
  let engine: Engine | null = null
  let held = false

  const map = (): Engine['map'] => (engine as Engine).map
  function away(at: LonLat, { point }: Pointed): number {
    const there = map().project(at)
    return Math.hypot(there.x - point.x, there.y - point.y)
  }

  function begin(): void {
    drawing.value = true
    draft.value = []
    chosen.value = null
  }

  function add(at: LonLat): void {
    draft.value = [...draft.value, at]
  }

  function undo(): void {
    draft.value = draft.value.slice(0, -1)
  }

  function finish(): void {
    if (!ready.value) return
    change([...ground(), [draft.value]])
    draft.value = []
    drawing.value = false
  }

  /** Every corner in its order. */
  const corners = (): CornerAt[] => ground().flatMap((rings, part) => rings.flatMap((one, ring) => one.map((_corner, at) => ({ part, ring, at }))))
  const placeOf = ({ part, ring, at }: CornerAt): LonLat => ground()[part]?.[ring]?.[at] as LonLat

  function next(): void {
    const all = corners()
    const here = all.findIndex((one) => one.part === chosen.value?.part && one.ring === chosen.value.ring && one.at === chosen.value.at)
    chosen.value = all[(here + 1) % all.length] ?? null
  }

  function drop(): void {
    if (chosen.value === null) return
    change(dropCorner(ground(), chosen.value))
    chosen.value = null
    if (ground().length === 0) begin()
  }

  function click(event: MapMouseEvent): void {
    if (!drawing.value) return
    const [first] = draft.value
    const last = draft.value[draft.value.length - 1]
    if (first && ready.value && away(first, event) < REACH_PX) finish()
    else if (!last || away(last, event) > SAME_PX) add([event.lngLat.lng, event.lngLat.lat])
  }

  /** The corner below the pointer; a side's middle becomes one. */
  function take(event: Pointed): CornerAt | null {
    const corner = corners().find((one) => away(placeOf(one), event) < REACH_PX)
    if (corner) return corner
    for (const one of corners()) {
      const ring = ground()[one.part]?.[one.ring] as LonLat[]
      const half = middle(placeOf(one), ring[(one.at + 1) % ring.length] as LonLat)
      if (away(half, event) >= REACH_PX) continue
      const made = { ...one, at: one.at + 1 }
      change(addCorner(ground(), made, half))
      return made
    }
    return null
  }

  function press(event: Pointed): void {
    held = false
    if (drawing.value || ('points' in event && event.points.length > 1)) return // two fingers zoom
    chosen.value = take(event)
    held = chosen.value !== null
    if (held) event.preventDefault() // the map stays where it is
  }

  function drag(event: Pointed): void {
    if (held && chosen.value) change(moveCorner(ground(), chosen.value, [event.lngLat.lng, event.lngLat.lat]))
    map().getCanvas().style.cursor = drawing.value ? 'crosshair' : ''
  }

  function attach(made: Engine): void {
    engine = made
    made.map.doubleClickZoom.disable()
    made.map.on('click', click)
    made.map.on('dblclick', finish)
    made.map.on('mousedown', press)
    made.map.on('touchstart', press)
    made.map.on('mousemove', drag)
    made.map.on('touchmove', drag)
    for (const over of ['mouseup', 'touchend', 'touchcancel'] as const) made.map.on(over, () => (held = false))
    made.map.on('contextmenu', (event) => {
      if (drawing.value) return
      chosen.value = corners().find((one) => away(placeOf(one), event) < REACH_PX) ?? null
      drop()
    })
  }

  function nudge(event: KeyboardEvent): boolean {
    const step = ARROWS[event.key]
    if (!step || chosen.value === null) return false
    const far = event.shiftKey ? LEAP_PX : STEP_PX
    const from = map().project(placeOf(chosen.value))
    const to = map().unproject([from.x + far * step[0], from.y + far * step[1]])
    change(moveCorner(ground(), chosen.value, [to.lng, to.lat]))
    return true
  }

  function act(event: KeyboardEvent): boolean {
    if (event.key === 'Escape') {
      draft.value = []
      chosen.value = null
      return true
    }
    if (event.key === 'Backspace' || event.key === 'Delete') {
      if (drawing.value) undo()
      else drop()
      return true
    }
    if (!drawing.value) return nudge(event)
    if (event.key === 'Enter') {
      finish()
      return true
    }
    if (event.key !== ' ') return false
    const { lng, lat } = map().getCenter()
    add([lng, lat])
    return true
  }

  /** Keys on the map itself, before it moves by them. */
  function key(event: KeyboardEvent): void {
    if (engine === null || event.target !== map().getCanvas() || !act(event)) return
    event.preventDefault()
    event.stopPropagation()
  }

  return { drawing, draft, chosen, ready, attach, begin, add, undo, finish, next, drop, key }
}
