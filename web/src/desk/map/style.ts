// The style of the map, made in code: greys for the ground, a hue per pressure class, colour for alarms alone. It names
// no address but our own, and no glyphs: MapLibre then draws every label with the fonts of this machine.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { FeatureCollection } from 'geojson'
import { CLASSES, LONG_DISTANCE_DASH, PIPE_LOOK, type PipeClass } from '@/rules/pipes'
import type { Palette } from './palette'

const SOURCES = ['areas', 'covered', 'seen', 'cameras', 'errors', 'pins', 'pick', 'drawn', 'strike'] as const
export type SourceName = (typeof SOURCES)[number]
export const PIPE_LAYERS = CLASSES.flatMap((one) => [`pipe-${one}`, `pipe-${one}-long`])
const FONT = ['sans-serif']
/** From this zoom on the smallest areas are named, below it the districts. */
const BEATS_FROM = 13.5
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

function pipeLayers(palette: Palette, one: PipeClass): LayerSpecification[] {
  const look = PIPE_LOOK[one]
  const mine: FilterSpecification = ['==', CLASS_OF, one]
  const line = (id: string, filter: FilterSpecification, dash: number[] | null): LayerSpecification => ({
    id,
    type: 'line',
    source: 'network',
    'source-layer': 'pipes',
    filter,
    layout: { 'line-cap': 'butt', 'line-join': 'round' },
    paint: {
      'line-color': palette.pipe[look.hue],
      'line-width': look.width,
      ...(dash ? { 'line-dasharray': dash } : {}),
    },
  })
  const layers: LayerSpecification[] = []
  if (look.hue === 'high') {
    layers.push({
      id: `pipe-${one}-casing`,
      type: 'line',
      source: 'network',
      'source-layer': 'pipes',
      filter: mine,
      layout: { 'line-join': 'round' },
      paint: { 'line-color': palette.tone.paper, 'line-width': look.width + 3 },
    })
  }
  layers.push(line(`pipe-${one}`, ['all', mine, ['!', LONG]], look.dash))
  layers.push(line(`pipe-${one}-long`, ['all', mine, LONG], look.dash ?? LONG_DISTANCE_DASH))
  return layers
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

function groundLayers(palette: Palette): LayerSpecification[] {
  const { tone } = palette
  return [
    { id: 'nothing', type: 'background', paint: { 'background-color': tone['land-out'] } },
    { id: 'land', type: 'fill', source: 'areas', paint: { 'fill-color': tone.land, 'fill-antialias': false } },
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

const cameraLayer: LayerSpecification = {
  id: 'cameras',
  type: 'symbol',
  source: 'cameras',
  layout: { 'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 11, 0.6, 14, 1] },
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

function pickLayers(palette: Palette): LayerSpecification[] {
  return [
    { id: 'pick-fill', type: 'fill', source: 'pick', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': palette.tone.ink, 'fill-opacity': 0.08 } },
    { id: 'pick-rim', type: 'line', source: 'pick', paint: { 'line-color': palette.tone.ink, 'line-width': 1.25 } },
    {
      id: 'pick-place',
      type: 'circle',
      source: 'pick',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-radius': 5, 'circle-color': palette.tone.ink, 'circle-stroke-color': palette.tone.paper, 'circle-stroke-width': 2 },
    },
  ]
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

/** Works on file or in the making: ground, the corner at hand, and where sides cross, which is wrong. */
function drawnLayers(palette: Palette): LayerSpecification[] {
  const { tone } = palette
  const dots = (id: string, kind: string, paint: Record<string, unknown>): LayerSpecification => ({
    id, type: 'circle', source: 'drawn', filter: ['==', ['get', 'kind'], kind], paint,
  })
  return [
    { id: 'drawn-fill', type: 'fill', source: 'drawn', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': tone.ink, 'fill-opacity': 0.1 } },
    { id: 'drawn-rim', type: 'line', source: 'drawn', filter: ['==', ['get', 'kind'], 'rim'], layout: { 'line-join': 'round' }, paint: { 'line-color': tone.ink, 'line-width': 2 } },
    dots('drawn-chosen', 'chosen', { 'circle-radius': 11, 'circle-color': tone.ink, 'circle-stroke-color': tone.paper, 'circle-stroke-width': 2 }),
    dots('drawn-cross', 'cross', { 'circle-radius': 8, 'circle-color': palette.level[1], 'circle-opacity': 0.25, 'circle-stroke-color': palette.level[1], 'circle-stroke-width': 2 }),
  ]
}

/** A strike: its radius, what is without gas, what is shut, and the break. */
function strikeLayers(palette: Palette): LayerSpecification[] {
  const kind = (one: string): FilterSpecification => ['==', ['get', 'kind'], one]
  const red = palette.level[1]
  return [
    { id: 'strike-radius', type: 'fill', source: 'strike', filter: kind('radius'), paint: { 'fill-color': red, 'fill-opacity': 0.1 } },
    { id: 'strike-rim', type: 'line', source: 'strike', filter: kind('radius'), paint: { 'line-color': red, 'line-width': 2, 'line-dasharray': [3, 2] } },
    { id: 'strike-dry', type: 'line', source: 'strike', filter: kind('dry'), layout: { 'line-cap': 'round' }, paint: { 'line-color': palette.tone.ink, 'line-width': 4, 'line-opacity': 0.55 } },
    {
      id: 'strike-close', type: 'circle', source: 'strike', filter: kind('close'),
      paint: { 'circle-radius': 7, 'circle-color': palette.tone.paper, 'circle-stroke-color': palette.tone.ink, 'circle-stroke-width': 3 },
    },
    {
      id: 'strike-close-name', type: 'symbol', source: 'strike', filter: kind('close'),
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 12, 'text-offset': [0, 1.4], 'text-allow-overlap': true },
      paint: { 'text-color': palette.tone.ink, 'text-halo-color': palette.tone.land, 'text-halo-width': 2 },
    },
    { id: 'strike-hit', type: 'circle', source: 'strike', filter: kind('hit'), paint: { 'circle-radius': 7, 'circle-color': red, 'circle-stroke-color': palette.tone.paper, 'circle-stroke-width': 2 } },
  ]
}

export interface Scene {
  data: Partial<Record<SourceName, FeatureCollection>>
  /** Whether the reader may see pipes. */
  network: boolean
  /** Pipes that are marked. */
  reach: string[]
}

export function makeStyle(palette: Palette, scene: Scene): StyleSpecification {
  const tiles = `${location.origin}/v1/tiles/network/{z}/{x}/{y}`
  const sources: StyleSpecification['sources'] = Object.fromEntries(
    SOURCES.map((name) => [name, { type: 'geojson' as const, data: scene.data[name] ?? EMPTY }]),
  )
  if (scene.network) sources.network = { type: 'vector', tiles: [tiles], minzoom: 9, maxzoom: 16 }
  return {
    version: 8,
    sources,
    layers: [
      ...groundLayers(palette),
      ...(scene.network ? rangeLayers(palette) : []),
      ...coverLayers(palette),
      ...seenLayers(palette),
      ...(scene.network ? [reachLayer(palette, scene.reach)] : []),
      ...(scene.network ? [...CLASSES.flatMap((one) => pipeLayers(palette, one)), stationLayer(palette)] : []),
      ...labelLayers(palette, scene.network),
      ...alarmLayers(palette),
      cameraLayer,
      pinLayer,
      ...pickLayers(palette),
      ...drawnLayers(palette),
      ...strikeLayers(palette),
    ],
  }
}

