// The style of the map, made in code: greys for the ground, a hue per pressure class, colour for alarms alone. It names
// no address but our own, and no glyphs: MapLibre then draws every label with the fonts of this machine.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { FeatureCollection } from 'geojson'
import type { Hidden } from '@/rules/mapview'
import { CLASSES, LONG_DISTANCE_DASH, PIPE_LOOK } from '@/rules/pipes'
import { BASE, baseLayers, baseSource, type BaseLook } from './base'
import { drawnLayers, FONT, measureLayers, pickLayers, strikeLayers } from './overlay'
import { without } from './hiding'
import type { Palette } from './palette'

const SOURCES = ['areas', 'covered', 'seen', 'cameras', 'errors', 'pins', 'pick', 'drawn', 'strike', 'sites', 'measure'] as const
export type SourceName = (typeof SOURCES)[number]
export const PIPE_LAYERS = ['pipe-calm', 'pipe-high', 'pipe-long', 'pipe-unknown']
/** From this zoom on the smallest areas are named, below it the districts. */
const BEATS_FROM = 13.5
/** Sites are counted together up to this zoom. */
const GROUPED_TO = 12
const GROUPED = { cluster: true, clusterRadius: 40, clusterMaxZoom: GROUPED_TO, clusterProperties: { level: ['min', ['get', 'level']] } }
const NOTHING: Hidden = new Set()
const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] }

/** A class that we do not know counts as unknown, and so does one that was only assumed. */
const CLASS_OF: ExpressionSpecification = [
  'case',
  ['to-boolean', ['get', 'assumed']],
  'unknown',
  ['match', ['get', 'pressure_class'], CLASSES.filter((one) => one !== 'unknown'), ['get', 'pressure_class'], 'unknown'],
]
const LONG: ExpressionSpecification = ['==', ['get', 'regime'], 'long_distance']
const hueOf = (palette: Palette): ExpressionSpecification => [
  'match', CLASS_OF, 'low', palette.pipe.low, 'medium', palette.pipe.medium, 'sub_high', palette.pipe.sub_high, palette.pipe.high,
]
const levelHue = (palette: Palette): ExpressionSpecification => [
  'match', ['get', 'level'], 1, palette.level[1], 2, palette.level[2], 3, palette.level[3], palette.level[4],
]

const WIDTH: ExpressionSpecification = ['match', CLASS_OF, 'low', PIPE_LOOK.low.width, 'medium', PIPE_LOOK.medium.width, 'sub_high', PIPE_LOOK.sub_high.width, PIPE_LOOK.high.width]
/** The graver lies on top. */
const GRAVITY: ExpressionSpecification = ['match', CLASS_OF, 'low', 0, 'medium', 1, 'sub_high', 2, 'high', 3, 4]
const STRICT: ExpressionSpecification = ['in', CLASS_OF, ['literal', CLASSES.filter((one) => PIPE_LOOK[one].hue === 'high')]]
const UNKNOWN: ExpressionSpecification = ['==', CLASS_OF, 'unknown']

/** Few layers, for each costs every frame: what a class looks like is told by its features. */
function pipeLayers(palette: Palette): LayerSpecification[] {
  const line = (id: string, filter: ExpressionSpecification, dash: number[] | null): LayerSpecification => ({
    id,
    type: 'line',
    source: 'network',
    'source-layer': 'pipes',
    filter,
    layout: { 'line-cap': 'butt', 'line-join': 'round', 'line-sort-key': GRAVITY },
    paint: { 'line-color': hueOf(palette), 'line-width': WIDTH, ...(dash ? { 'line-dasharray': dash } : {}) },
  })
  const casing: LayerSpecification = {
    id: 'pipe-casing',
    type: 'line',
    source: 'network',
    'source-layer': 'pipes',
    filter: STRICT,
    layout: { 'line-join': 'round' },
    paint: { 'line-color': palette.tone.paper, 'line-width': PIPE_LOOK.high.width + 3 },
  }
  return [
    line('pipe-calm', ['all', ['!', LONG], ['!', STRICT]], null),
    casing,
    line('pipe-high', ['all', ['!', LONG], ['==', CLASS_OF, 'high']], null),
    line('pipe-long', ['all', LONG, ['!', UNKNOWN]], LONG_DISTANCE_DASH),
    line('pipe-unknown', UNKNOWN, PIPE_LOOK.unknown.dash),
  ]
}

function rangeLayers(palette: Palette): LayerSpecification[] {
  const hue = hueOf(palette)
  const fill = (id: string, layer: string, opacity: number): LayerSpecification => ({
    id,
    type: 'fill',
    source: 'network',
    'source-layer': layer,
    minzoom: 13,
    paint: { 'fill-color': hue, 'fill-opacity': opacity, 'fill-antialias': false },
  })
  const rim: LayerSpecification = {
    id: 'control-rim',
    type: 'line',
    source: 'network',
    'source-layer': 'control',
    minzoom: 14,
    paint: { 'line-color': hue, 'line-width': 0.75, 'line-opacity': 0.5 },
  }
  return [fill('control', 'control', 0.06), rim, fill('protection', 'protection', 0.12)]
}

function groundLayers(palette: Palette, base: LayerSpecification[]): LayerSpecification[] {
  const { tone } = palette
  return [
    { id: 'nothing', type: 'background', paint: { 'background-color': tone['land-out'] } },
    { id: 'land', type: 'fill', source: 'areas', paint: { 'fill-color': tone.land, 'fill-antialias': false } },
    ...base,
    {
      id: 'area-rim',
      type: 'line',
      source: 'areas',
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': tone['land-line'],
        'line-width': ['case', ['get', 'root'], 1.5, ['get', 'leaf'], 0.5, 1],
        'line-dasharray': [4, 2],
      },
    },
  ]
}

function labelLayers(palette: Palette, network: boolean): LayerSpecification[] {
  const { tone } = palette
  const halo = { 'text-color': tone['ink-2'], 'text-halo-color': tone.land, 'text-halo-width': 1.5 }
  const names = (id: string, filter: FilterSpecification, size: number, zooms: { minzoom?: number; maxzoom: number }): LayerSpecification => ({
    id,
    type: 'symbol',
    source: 'areas',
    filter,
    ...zooms,
    layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': size, 'text-max-width': 8 },
    paint: halo,
  })
  const areas = [
    names('district-name', ['all', ['!', ['get', 'leaf']], ['!', ['get', 'root']]], 13, { maxzoom: BEATS_FROM }),
    names('beat-name', ['get', 'leaf'], 12, { minzoom: BEATS_FROM, maxzoom: 15.5 }),
  ]
  if (!network) return areas
  const pipes: LayerSpecification = {
    id: 'pipe-label',
    type: 'symbol',
    source: 'network',
    'source-layer': 'pipes',
    minzoom: 15,
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 320,
      // a pipe is often shorter than all that is known of it
      'text-field': ['step', ['zoom'], ['get', 'pipe_id'], 18, ['concat', ['get', 'pipe_id'], '  ', ['get', 'label']]],
      'text-font': FONT,
      'text-size': 11,
      'text-offset': [0, -0.9],
    },
    paint: halo,
  }
  return [...areas, pipes]
}

/** What nobody sees is hatched in the colour of blindness; what trips saw beyond the cameras has a hairline. */
function coverLayers(palette: Palette): LayerSpecification[] {
  return [
    {
      id: 'uncovered',
      type: 'fill',
      source: 'covered',
      filter: ['==', ['get', 'by'], 'nobody'],
      paint: { 'fill-pattern': 'hatch:blind', 'fill-opacity': 0.35 },
    },
    {
      id: 'covered',
      type: 'line',
      source: 'covered',
      filter: ['!=', ['get', 'by'], 'nobody'],
      paint: { 'line-color': palette.tone.camera, 'line-width': ['match', ['get', 'by'], 'trips', 1, 2] },
    },
  ]
}

function seenLayers(palette: Palette): LayerSpecification[] {
  const seen = (id: string, blind: boolean): LayerSpecification[] => [
    {
      id: `${id}-hatch`,
      type: 'fill',
      source: 'seen',
      minzoom: 14,
      filter: ['==', ['get', 'blind'], blind],
      paint: { 'fill-pattern': blind ? 'hatch:blind' : 'hatch:seen', 'fill-opacity': blind ? 0.9 : 0.6 },
    },
    {
      id: `${id}-rim`,
      type: 'line',
      source: 'seen',
      minzoom: 14,
      filter: ['==', ['get', 'blind'], blind],
      paint: { 'line-color': blind ? palette.tone.blind : palette.tone.camera, 'line-width': 0.75 },
    },
  ]
  return [...seen('seen', false), ...seen('unseen', true)]
}

function stationLayer(palette: Palette): LayerSpecification {
  return {
    id: 'stations',
    type: 'circle',
    source: 'network',
    'source-layer': 'stations',
    minzoom: 11,
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 1.25, 13.5, 2, 15, 4],
      'circle-color': palette.tone.paper,
      'circle-stroke-color': hueOf(palette),
      'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 11, 0.75, 15, 2],
    },
  }
}

function alarmLayers(palette: Palette): LayerSpecification[] {
  const hue = levelHue(palette)
  return [
    {
      id: 'error-fill',
      type: 'fill',
      source: 'errors',
      filter: ['==', ['get', 'kind'], 'ellipse'],
      paint: { 'fill-color': hue, 'fill-opacity': ['case', ['get', 'chosen'], 0.16, 0.08] },
    },
    {
      id: 'error-rim',
      type: 'line',
      source: 'errors',
      filter: ['==', ['get', 'kind'], 'ellipse'],
      paint: { 'line-color': hue, 'line-width': ['case', ['get', 'chosen'], 2, 1.25] },
    },
    {
      id: 'work-rim',
      type: 'line',
      source: 'errors',
      filter: ['==', ['get', 'kind'], 'work'],
      paint: { 'line-color': hue, 'line-width': ['case', ['get', 'chosen'], 2, 1.25], 'line-dasharray': [3, 2] },
    },
  ]
}

/** From this zoom on a camera has its sign; further away a dot, for signs are placed anew as the map moves. Those that see nothing keep theirs. */
const SIGNS_FROM = 13
const BLIND: ExpressionSpecification = ['==', ['get', 'icon'], 'camera:offline']

function cameraLayers(palette: Palette): LayerSpecification[] {
  const sign = (id: string, more: { minzoom: number } | { maxzoom: number; filter: FilterSpecification }): LayerSpecification => ({
    id,
    type: 'symbol',
    source: 'cameras',
    ...more,
    layout: {
      'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 11, 0.6, 14, 1],
    },
  })
  const { tone } = palette
  return [
    {
      id: 'camera-dots', type: 'circle', source: 'cameras', maxzoom: SIGNS_FROM, filter: ['!', BLIND],
      paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 9, 1.5, 13, 3], 'circle-color': tone.camera, 'circle-stroke-color': tone.paper, 'circle-stroke-width': 1 },
    },
    sign('cameras-blind', { maxzoom: SIGNS_FROM, filter: BLIND }),
    sign('cameras', { minzoom: SIGNS_FROM }),
  ]
}
export const CAMERA_LAYERS = ['cameras', 'cameras-blind', 'camera-dots']

/** Sites: counted together when far, the gravest of them giving the colour; each for itself when near. */
const TOGETHER: ExpressionSpecification = ['has', 'point_count']

function siteLayers(palette: Palette): LayerSpecification[] {
  const { tone } = palette
  return [
    {
      id: 'site-groups', type: 'circle', source: 'sites', filter: TOGETHER,
      paint: { 'circle-radius': ['step', ['get', 'point_count'], 10, 10, 12, 100, 15, 1000, 19], 'circle-color': tone.paper, 'circle-stroke-color': levelHue(palette), 'circle-stroke-width': 2 },
    },
    {
      id: 'site-counts', type: 'symbol', source: 'sites', filter: TOGETHER,
      layout: { 'text-field': ['get', 'point_count_abbreviated'], 'text-font': FONT, 'text-size': 11, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': tone.ink },
    },
    {
      id: 'sites', type: 'symbol', source: 'sites', filter: ['!', TOGETHER],
      layout: { 'icon-image': ['concat', 'site:', ['get', 'level']], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['-', 0, ['get', 'level']] },
    },
  ]
}

const pinLayer: LayerSpecification = {
  id: 'pins',
  type: 'symbol',
  source: 'pins',
  layout: {
    'icon-image': ['get', 'icon'],
    'icon-anchor': 'bottom',
    'icon-allow-overlap': true,
    'icon-ignore-placement': true,
    'symbol-sort-key': ['get', 'rank'],
  },
}

/** The pipes that a filing reaches, under a broad band of grey: their own width and hue stay what they are. */
export const reachFilter = (pipes: string[]): FilterSpecification => ['in', ['get', 'pipe_id'], ['literal', pipes]]

function reachLayer(palette: Palette, pipes: string[]): LayerSpecification {
  return {
    id: 'reach',
    type: 'line',
    source: 'network',
    'source-layer': 'pipes',
    filter: reachFilter(pipes),
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': palette.tone.ink, 'line-width': 11, 'line-opacity': 0.2 },
  }
}

export interface Scene {
  data: Partial<Record<SourceName, FeatureCollection>>
  /** Whether the reader may see pipes. */
  network: boolean
  /** Pipes that are marked. */
  reach: string[]
  /** What lies beneath; nothing unless somebody chose a base map. */
  base?: BaseLook | null
  /** What somebody left out. */
  hidden?: Hidden
}

export function makeStyle(palette: Palette, scene: Scene): StyleSpecification {
  const tiles = `${location.origin}/v1/tiles/network/{z}/{x}/{y}`
  const sources: StyleSpecification['sources'] = Object.fromEntries(
    SOURCES.map((name) => [name, { type: 'geojson' as const, data: scene.data[name] ?? EMPTY, ...(name === 'sites' ? GROUPED : {}) }]),
  )
  const base = scene.base ?? null
  if (base) sources[BASE] = baseSource(base)
  if (scene.network) sources.network = { type: 'vector', tiles: [tiles], minzoom: 9, maxzoom: 16 }
  return {
    version: 8,
    sources,
    layers: without([
      ...groundLayers(palette, base ? baseLayers(base, palette) : []),
      ...(scene.network ? rangeLayers(palette) : []),
      ...coverLayers(palette),
      ...seenLayers(palette),
      ...(scene.network ? [reachLayer(palette, scene.reach)] : []),
      ...(scene.network ? [...pipeLayers(palette), stationLayer(palette)] : []),
      ...labelLayers(palette, scene.network),
      ...alarmLayers(palette),
      ...cameraLayers(palette),
      ...siteLayers(palette),
      pinLayer,
      ...pickLayers(palette),
      ...drawnLayers(palette),
      ...strikeLayers(palette),
      ...measureLayers(palette),
    ], scene.hidden ?? NOTHING, CLASS_OF),
  }
}

