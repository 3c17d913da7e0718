// A base map beneath ours: in greys unless somebody wants its colours, for nothing but alarms is loud here; dark at night.
import type { LayerSpecification, SourceSpecification } from 'maplibre-gl'
import type { Basemap } from '@/api/kinds'
import { offer, templateOf } from './basetiles'
import { FONT } from './overlay'
import type { Palette } from './palette'

export const BASE = 'base'

export interface BaseLook {
  map: Basemap
  grey: boolean
  dark: boolean
}

/** Squares of vectors cannot be moved from GCJ-02: their lines would have to be cut anew. */
export const drawable = (map: Basemap): boolean => map.pictures || map.crs !== 'GCJ-02'

const absolute = (template: string): string => (template.startsWith('/') ? `${location.origin}${template}` : template)

export function baseSource({ map }: BaseLook): SourceSpecification {
  const zooms = { minzoom: map.min_zoom, maxzoom: map.max_zoom }
  if (!map.pictures) return { type: 'vector', tiles: map.tiles.map(absolute), ...zooms }
  offer(map)
  return { type: 'raster', tiles: [templateOf(map)], tileSize: 256, ...zooms }
}

export function baseLayers(look: BaseLook, palette: Palette): LayerSpecification[] {
  return look.map.pictures ? [pictureLayer(look)] : vectorLayers(palette)
}

function pictureLayer({ grey, dark }: BaseLook): LayerSpecification {
  const paint = grey
    ? { 'raster-saturation': -1, 'raster-brightness-min': dark ? 0.9 : 0.1, 'raster-brightness-max': dark ? 0.05 : 1 } // turned round at night
    : { 'raster-brightness-max': dark ? 0.7 : 1 }
  return { id: BASE, type: 'raster', source: BASE, paint: { ...paint, 'raster-fade-duration': 0 } }
}

/** The names that OpenMapTiles' and Protomaps' schemas give to what a map of a town needs; what a map lacks is not drawn. */
function vectorLayers(palette: Palette): LayerSpecification[] {
  const { tone } = palette
  const water = { 'fill-color': tone['land-out'] }
  const of = (id: string, layer: string): { id: string; source: string; 'source-layer': string } => ({ id: `${BASE}-${id}`, source: BASE, 'source-layer': layer })
  const fills = (['water', 'ocean'] as const).map((one): LayerSpecification => ({ ...of(one, one), type: 'fill', paint: water }))
  const houses = (['building', 'buildings'] as const).map(
    (one): LayerSpecification => ({ ...of(one, one), type: 'fill', minzoom: 14, paint: { 'fill-color': tone['land-out'], 'fill-outline-color': tone['land-line'] } }),
  )
  const lines = (['waterway', 'transportation', 'roads', 'transit'] as const).map((one): LayerSpecification => ({
    ...of(one, one),
    type: 'line',
    filter: ['==', ['geometry-type'], 'LineString'],
    layout: { 'line-join': 'round' },
    paint: { 'line-color': tone['land-line'], 'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 8, 0.4, 13, 1, 18, one === 'waterway' ? 4 : 8], 'line-opacity': 0.75 },
  }))
  const names = (['transportation_name', 'roads'] as const).map((one): LayerSpecification => ({
    ...of(`${one}-name`, one),
    type: 'symbol',
    minzoom: 14,
    filter: ['has', 'name'],
    layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 11 },
    paint: { 'text-color': tone['ink-2'], 'text-halo-color': tone.land, 'text-halo-width': 1.5 },
  }))
  const places = (['place', 'places'] as const).map((one): LayerSpecification => ({
    ...of(one, one),
    type: 'symbol',
    filter: ['has', 'name'],
    layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 12 },
    paint: { 'text-color': tone['ink-2'], 'text-halo-color': tone.land, 'text-halo-width': 1.5 },
  }))
  return [...fills, ...houses, ...lines, ...names, ...places]
}
