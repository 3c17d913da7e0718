// What somebody left out of the map, laid on its layers: whole layers out of sight, pressure classes out of what is drawn of pipes.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from 'maplibre-gl'
import { word, type Hidden, type MapLayer } from '@/rules/mapview'
import { CLASSES } from '@/rules/pipes'

const IN: Record<MapLayer, RegExp> = {
  alarms: /^pins$/,
  errors: /^(error-|work-rim)/,
  sites: /^site(s$|-)/,
  cameras: /^camera/,
  seen: /^(un)?seen-/,
  pipes: /^(pipe-|reach$)/,
  ranges: /^(control|protection)/,
  stations: /^stations$/,
  names: /-(name|label)$/,
}
const OF_PIPES = new Set(['pipes', 'protection', 'control', 'stations'])

/** The layers as they are drawn with this left out; `classOf` is a feature's pressure class. */
export function without(layers: LayerSpecification[], hidden: Hidden, classOf: ExpressionSpecification): LayerSpecification[] {
  const off = (Object.keys(IN) as MapLayer[]).filter((one) => hidden.has(word('layer', one)))
  const classes = CLASSES.filter((one) => hidden.has(word('class', one)))
  const kept: ExpressionSpecification = ['!', ['in', classOf, ['literal', classes]]]
  return layers.map((layer) => {
    if (layer.type === 'background' || layer.source === 'base') return layer
    const visibility = off.some((one) => IN[one].test(layer.id)) ? 'none' : 'visible'
    const shown = { ...layer, layout: { ...layer.layout, visibility } } as Exclude<LayerSpecification, { type: 'background' }>
    if (classes.length === 0 || !OF_PIPES.has(String(layer['source-layer']))) return shown
    const filter = 'filter' in layer && layer.filter ? ['all', layer.filter, kept] : kept
    return { ...shown, filter: filter as FilterSpecification } as LayerSpecification
  })
}
