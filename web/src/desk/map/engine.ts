// One map: made once, dressed anew when the theme turns, told what to show by its owner.
import * as maplibregl from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { FeatureCollection } from 'geojson'
import type { LonLat } from '@/api/kinds'
import type { Box } from '@/rules/ground'
import type { Hidden } from '@/rules/mapview'
import { BASE, type BaseLook } from './base'
import { supply } from './icons'
import { readPalette } from './palette'
import { makeStyle, reachFilter, type Scene, type SourceName } from './style'

maplibregl.setWorkerUrl(workerUrl)

const FONTS = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
const CLOSE_ZOOM = 17
/** Without any, every sign and label is placed anew in every frame of a drag. */
const FADE_MS = 150
const calm = matchMedia('(prefers-reduced-motion: reduce)')

export interface Engine {
  map: maplibregl.Map
  show(name: SourceName, data: FeatureCollection): void
  /** Marks pipes by name. */
  mark(pipes: string[]): void
  dress(): void
  /** Lays a base map beneath, or takes it away. */
  ground(base: BaseLook | null): void
  /** Leaves this out. */
  hide(hidden: Hidden): void
  fit(box: Box, extra?: Partial<maplibregl.FitBoundsOptions>): void
  fly(to: LonLat, zoom?: number): void
  remove(): void
}

export interface EngineOptions {
  container: HTMLElement
  network: boolean
  box: Box | null
  /** What is left out and what lies beneath from the beginning. */
  hidden?: Hidden
  base?: BaseLook | null
  /** A tile did not come: with which status, 0 for none; `base` of the map beneath, which leaves nothing of ours out. */
  trouble(status: number, base: boolean): void
}

/** Makes the map; throws where the browser has no WebGL. */
export function makeEngine(options: EngineOptions): Engine {
  const scene: Scene = { data: {}, network: options.network, reach: [], base: options.base ?? null, hidden: options.hidden ?? new Set() }
  let palette = readPalette()
  const state = (now: string): void => options.container.setAttribute('data-state', now)
  state('loading')
  const map = new maplibregl.Map({
    container: options.container,
    style: makeStyle(palette, scene),
    attributionControl: false,
    localIdeographFontFamily: FONTS,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: FADE_MS,
    maxZoom: 20,
    ...(options.box ? { bounds: options.box, fitBoundsOptions: { padding: 32 } } : { center: [105, 35], zoom: 3 }),
  })
  map.touchZoomRotate.disableRotation()
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 120 }), 'bottom-left')
  map.setMissingStyleImageResolver((id) => supply(map, id, palette))
  function give(name: string, data: FeatureCollection): void {
    // a source that went while it took this in has nothing to draw any more
    map.getSource<maplibregl.GeoJSONSource>(name)?.setData(data).catch(() => undefined)
  }

  // what was told before the style stood, or before it was made anew, is told again
  map.on('style.load', () => {
    for (const [name, data] of Object.entries(scene.data)) give(name, data)
    if (map.getLayer('reach')) map.setFilter('reach', reachFilter(scene.reach))
  })
  map.on('error', (event) => options.trouble((event.error as { status?: number }).status ?? 0, (event as { sourceId?: string }).sourceId === BASE))
  map.on('idle', () => state('idle'))
  for (const busy of ['movestart', 'dataloading', 'styledata'] as const) map.on(busy, () => state('loading'))

  /** The style anew, in the colours of the page, with all that the scene holds. */
  function dress(): void {
    palette = readPalette()
    state('loading')
    for (const id of map.listImages()) map.removeImage(id)
    map.setStyle(makeStyle(palette, scene), { diff: false })
    map.setMissingStyleImageResolver((id) => supply(map, id, palette))
  }

  return {
    map,
    show(name, data) {
      scene.data[name] = data
      state('loading')
      give(name, data)
      map.triggerRepaint()
    },
    mark(pipes) {
      scene.reach = pipes
      if (map.getLayer('reach')) map.setFilter('reach', reachFilter(pipes))
    },
    dress,
    ground(base) {
      scene.base = base
      dress()
    },
    hide(hidden) {
      scene.hidden = hidden
      if (!map.getLayer('land')) return dress() // it is on its way
      for (const layer of makeStyle(palette, scene).layers) {
        if (layer.type === 'background' || !map.getLayer(layer.id)) continue
        map.setLayoutProperty(layer.id, 'visibility', layer.layout?.visibility ?? 'visible')
        map.setFilter(layer.id, layer.filter ?? null)
      }
      if (map.getLayer('reach')) map.setFilter('reach', reachFilter(scene.reach))
      state('loading')
      map.triggerRepaint()
    },
    fit(box, extra = {}) {
      state('loading')
      map.fitBounds(box, { padding: 48, maxZoom: CLOSE_ZOOM, animate: !calm.matches, duration: 400, ...extra })
      map.triggerRepaint()
    },
    fly(to, zoom = CLOSE_ZOOM) {
      state('loading')
      map.easeTo({ center: to, zoom: Math.max(map.getZoom(), zoom), duration: calm.matches ? 0 : 400 })
      map.triggerRepaint()
    },
    remove() {
      map.remove()
    },
  }
}
