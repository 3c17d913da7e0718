// What is drawn over the ground by hand or by an event: a place that is picked, works in the making, a strike, a measure.
import type { FilterSpecification, LayerSpecification } from 'maplibre-gl'
import type { Palette } from './palette'

export const FONT = ['sans-serif']

export function pickLayers(palette: Palette): LayerSpecification[] {
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

/** Works on file or in the making: ground, the corner at hand, and where sides cross, which is wrong. */
export function drawnLayers(palette: Palette): LayerSpecification[] {
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
export function strikeLayers(palette: Palette): LayerSpecification[] {
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

/** What is being measured: its line, its ground, its corners and their figures. */
export function measureLayers(palette: Palette): LayerSpecification[] {
  const { tone } = palette
  const kind = (one: string): FilterSpecification => ['==', ['get', 'kind'], one]
  return [
    { id: 'measure-fill', type: 'fill', source: 'measure', filter: kind('ground'), paint: { 'fill-color': tone.ink, 'fill-opacity': 0.1 } },
    { id: 'measure-casing', type: 'line', source: 'measure', filter: kind('line'), layout: { 'line-join': 'round' }, paint: { 'line-color': tone.paper, 'line-width': 5 } },
    { id: 'measure-line', type: 'line', source: 'measure', filter: kind('line'), layout: { 'line-join': 'round' }, paint: { 'line-color': tone.ink, 'line-width': 2 } },
    {
      id: 'measure-corner', type: 'circle', source: 'measure', filter: kind('corner'),
      paint: { 'circle-radius': 4, 'circle-color': tone.paper, 'circle-stroke-color': tone.ink, 'circle-stroke-width': 2 },
    },
    {
      id: 'measure-figure', type: 'symbol', source: 'measure', filter: kind('corner'),
      layout: { 'text-field': ['get', 'said'], 'text-font': FONT, 'text-size': 12, 'text-offset': [0, -1.2], 'text-allow-overlap': true },
      paint: { 'text-color': tone.ink, 'text-halo-color': tone.paper, 'text-halo-width': 2 },
    },
  ]
}
