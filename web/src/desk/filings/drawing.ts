// Drawing ground on a map with terra-draw; beside it what a keyboard needs: corners at the map's middle, moved by arrows.
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { TerraDraw, TerraDrawModeUndoRedo, TerraDrawPolygonMode, TerraDrawSelectMode, type HexColor } from 'terra-draw'
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter'
import type { Position } from 'geojson'
import type { LonLat } from '@/api/kinds'
import { cornersOf, dropCorner, FEWEST, moveCorner, openRing, sentRing, type CornerAt, type Ground } from '@/rules/area'
import type { Engine } from '../map/engine'
import { readPalette } from '../map/palette'

const STEP_PX = 1
const LEAP_PX = 10
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
type Id = string | number

export interface Drawing {
  drawing: Ref<boolean>
  /** Corners of the ring that is being drawn. */
  draft: Ref<number>
  chosen: ShallowRef<CornerAt | null>
  ready: ComputedRef<boolean>
  attach: (engine: Engine) => void
  detach: () => void
  follow: (now: Ground) => void
  begin: () => void
  centre: () => void
  undo: () => void
  finish: () => void
  next: () => void
  drop: () => void
  key: (event: KeyboardEvent) => void
}

/** The tool as it looks here: handles in the ink of the page; the ground itself is drawn by the map's own layers. */
function makeTool(map: Engine['map']): TerraDraw {
  const { ink, paper } = readPalette().tone as Record<'ink' | 'paper', HexColor>
  const polygon = new TerraDrawPolygonMode({
    showCoordinatePoints: true,
    styles: {
      fillColor: ink, fillOpacity: 0.06, outlineColor: ink, outlineWidth: 2, closingPointColor: paper, closingPointWidth: 6, closingPointOutlineColor: ink,
      closingPointOutlineWidth: 3, coordinatePointColor: paper, coordinatePointWidth: 5, coordinatePointOutlineColor: ink, coordinatePointOutlineWidth: 2,
    },
  })
  const select = new TerraDrawSelectMode({
    keyEvents: null, // a whole part is never deleted by a key that means a corner
    flags: { polygon: { feature: { selfIntersectable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } } },
    styles: {
      selectedPolygonColor: ink, selectedPolygonFillOpacity: 0, selectedPolygonOutlineColor: ink, selectedPolygonOutlineWidth: 2,
      selectionPointColor: paper, selectionPointWidth: 6, selectionPointOutlineColor: ink, selectionPointOutlineWidth: 2,
      midPointColor: paper, midPointWidth: 4, midPointOutlineColor: ink, midPointOutlineWidth: 1,
    },
  })
  const adapter = new TerraDrawMapLibreGLAdapter({ map })
  return new TerraDraw({ adapter, modes: [polygon, select], undoRedo: { modeLevel: new TerraDrawModeUndoRedo() } })
}

export function useDrawing(given: Ground, change: (now: Ground) => void): Drawing {
  const drawing = ref(given.length === 0)
  const draft = ref(0)
  const chosen = shallowRef<CornerAt | null>(null)
  const ready = computed(() => draft.value >= FEWEST)
  let engine: Engine | null = null
  let tool: TerraDraw | null = null
  /** The ground as it is now; what is handed on comes back only with the next drawing of the page. */
  let held: Ground = given
  /** The tool's name of each part; null for one with holes, which it cannot hold. */
  let ids: (Id | null)[] = []

  const map = (): Engine['map'] => (engine as Engine).map

  function tell(now: Ground): void {
    held = now
    change(now)
  }

  function load(): void {
    if (!tool) return
    ids = [] // what the tool says of its old parts while it forgets them changes nothing
    tool.clear()
    ids = held.map((rings) => {
      if (rings.length !== 1 || !tool) return null
      const coordinates = [sentRing(rings[0] as LonLat[])]
      const id = tool.getFeatureId()
      const [taken] = tool.addFeatures([{ id, type: 'Feature', geometry: { type: 'Polygon', coordinates }, properties: { mode: 'polygon' } }])
      return taken?.valid ? id : null
    })
    draft.value = 0
    tool.setMode(drawing.value ? 'polygon' : 'select')
    const last = ids.findLast((one) => one !== null)
    if (!drawing.value && last !== undefined && last !== null) tool.selectFeature(last)
  }

  const ringOf = (id: Id): LonLat[] | null => {
    const found = tool?.getSnapshotFeature(id)?.geometry
    return found?.type === 'Polygon' ? openRing(found.coordinates[0] as Position[] as LonLat[]) : null
  }

  function heard(): void {
    if (!tool) return
    if (drawing.value) {
      const now = tool.getSnapshot().find((one) => one.geometry.type === 'Polygon' && one.properties.currentlyDrawing === true)
      draft.value = Number(now?.properties.committedCoordinateCount ?? 0)
      return
    }
    const now = held.map((rings, part) => {
      const id = ids[part] ?? null
      const ring = id === null ? null : ringOf(id)
      return ring === null ? rings : [ring]
    })
    if (JSON.stringify(now) !== JSON.stringify(held)) tell(now)
  }

  function finished(id: Id, { action }: { action: string }): void {
    const ring = action === 'draw' ? ringOf(id) : null
    if (!tool || ring === null) return
    drawing.value = false
    draft.value = 0
    ids = [...ids, id]
    tell([...held, [ring]])
    tool.setMode('select')
    tool.selectFeature(id)
  }

  /** The map's style must stand. */
  function attach(made: Engine): void {
    engine = made
    tool = makeTool(made.map)
    tool.start()
    tool.on('change', heard)
    tool.on('finish', finished)
    load()
  }

  /** Before the map goes, or its style. */
  function detach(): void {
    tool?.stop()
    tool = null
    draft.value = 0
  }

  /** Ground that came from elsewhere: typed, a file, cleared. */
  function follow(now: Ground): void {
    if (now === held) return
    held = now
    chosen.value = null
    drawing.value = now.length === 0
    load()
  }

  function begin(): void {
    drawing.value = true
    chosen.value = null
    load()
  }

  /** As a click on the middle of the map. */
  function centre(): void {
    const canvas = map().getCanvas()
    const { left, top, width, height } = canvas.getBoundingClientRect()
    const at = { isPrimary: true, button: 0, clientX: left + width / 2, clientY: top + height / 2, bubbles: true }
    canvas.dispatchEvent(new PointerEvent('pointerdown', at))
    canvas.dispatchEvent(new PointerEvent('pointerup', at))
  }

  const undo = (): void => void tool?.undo()
  const finish = (): void => void (ready.value && map().getCanvas().dispatchEvent(new KeyboardEvent('keyup', { key: 'Enter' })))

  function next(): void {
    const all = cornersOf(held)
    const here = all.findIndex((one) => one.part === chosen.value?.part && one.ring === chosen.value.ring && one.at === chosen.value.at)
    chosen.value = all[(here + 1) % all.length] ?? null
  }

  /** Changes the ground by the corner chosen, and lets the tool hold it anew. */
  function alter(now: Ground): void {
    drawing.value = now.length === 0
    tell(now)
    load()
  }

  function drop(): void {
    if (chosen.value === null) return
    const corner = chosen.value
    chosen.value = null
    alter(dropCorner(held, corner))
  }

  function nudge(event: KeyboardEvent): boolean {
    const step = ARROWS[event.key]
    const corner = chosen.value
    const place = corner && held[corner.part]?.[corner.ring]?.[corner.at]
    if (!step || !corner || !place) return false
    const far = event.shiftKey ? LEAP_PX : STEP_PX
    const from = map().project(place)
    const to = map().unproject([from.x + far * step[0], from.y + far * step[1]])
    alter(moveCorner(held, corner, [to.lng, to.lat]))
    return true
  }

  function act(event: KeyboardEvent): boolean {
    if (drawing.value) {
      if (event.key === ' ') centre()
      else if (event.key === 'Backspace') undo()
      else return false
      return true
    }
    if (event.key === 'Delete' || event.key === 'Backspace') drop()
    else if (event.key === 'Escape') chosen.value = null
    else return nudge(event)
    return true
  }

  /** Keys on the map itself, before it moves by them. */
  function key(event: KeyboardEvent): void {
    if (tool === null || event.target !== map().getCanvas() || !act(event)) return
    event.preventDefault()
    event.stopPropagation()
  }

  return { drawing, draft, chosen, ready, attach, detach, follow, begin, centre, undo, finish, next, drop, key }
}
