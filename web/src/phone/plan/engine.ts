// The phone's map: the desk's own style over squares that lie on this phone. A chunk of its own: who never opens it loads none of it.
import * as maplibregl from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { Feature, FeatureCollection } from 'geojson'
import { FileSource, PMTiles, Protocol } from 'pmtiles'
import type { LonLat, Site } from '@/api/kinds'
import { movedBy, type Spot } from '@/rules/spot'
import { supply } from '@/desk/map/icons'
import { readPalette } from '@/desk/map/palette'
import { makeStyle } from '@/desk/map/style'

maplibregl.setWorkerUrl(workerUrl)
const FONTS = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
const CORNERS = 48
const FULL = 2 * Math.PI
const CLOSE_ZOOM = 16

export interface Plan {
  me: (spot: Spot) => void
  sites: (sites: Site[]) => void
  fly: (to: LonLat) => void
  remove: () => void
}

function collection(features: Feature[]): FeatureCollection {
  return { type: 'FeatureCollection', features }
}

/** Where I am: a dot, and the ground on which it may really be. */
function meOn({ lon, lat, accuracy_m }: Spot): FeatureCollection {
  const ring = Array.from({ length: CORNERS + 1 }, (_, n) => {
    const turn = ((n % CORNERS) / CORNERS) * FULL
    return movedBy([lon, lat], [accuracy_m * Math.sin(turn), accuracy_m * Math.cos(turn)])
  })
  return collection([
    { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: {} },
    { type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] }, properties: {} },
  ])
}

const pinsOf = (sites: Site[]): FeatureCollection => collection(sites.flatMap((one): Feature[] => (one.lon === null || one.lat === null ? [] : [{
  type: 'Feature', geometry: { type: 'Point', coordinates: [one.lon, one.lat] }, properties: { id: one.id, icon: `pin:${one.level}:open:plain`, rank: 10 - one.level },
}])))

/** Draws a file of squares; throws where the browser has no WebGL. */
export async function drawPlan(container: HTMLElement, file: Blob, open: (site: string) => void): Promise<Plan> {
  const archive = new PMTiles(new FileSource(new File([file], 'area')))
  const protocol = new Protocol()
  protocol.add(archive)
  maplibregl.addProtocol('pmtiles', protocol.tile)
  const header = await archive.getHeader()
  const palette = readPalette()
  const style = makeStyle(palette, { data: {}, network: true, reach: [] })
  style.sources.network = { type: 'vector', url: 'pmtiles://area' }
  const state = (now: string): void => container.setAttribute('data-state', now)
  state('loading')
  const map = new maplibregl.Map({
    container, style, attributionControl: false, localIdeographFontFamily: FONTS, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0, maxZoom: 19,
    bounds: [header.minLon, header.minLat, header.maxLon, header.maxLat], fitBoundsOptions: { padding: 16 },
  })
  map.touchZoomRotate.disableRotation()
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 100 }), 'bottom-left')
  map.setMissingStyleImageResolver((id) => supply(map, id, palette))
  map.on('idle', () => {
    state('idle')
    const drawn = map.queryRenderedFeatures().filter((one) => one.source === 'network')
    container.setAttribute('data-drawn', String(drawn.length))
    container.setAttribute('data-pins', String(map.queryRenderedFeatures({ layers: ['pins'] }).length))
  })
  map.on('movestart', () => state('loading'))
  map.on('click', 'pins', (event) => {
    const id: unknown = event.features?.[0]?.properties.id
    if (typeof id === 'string') open(id)
  })
  const kept = new Map<string, FeatureCollection>()
  const give = (name: string, data: FeatureCollection): void => {
    kept.set(name, data)
    state('loading')
    map.getSource<maplibregl.GeoJSONSource>(name)?.setData(data).catch(() => undefined)
    map.triggerRepaint()
  }
  map.on('style.load', () => {
    for (const [name, data] of kept) give(name, data)
  })
  return {
    me: (spot) => give('pick', meOn(spot)),
    sites: (sites) => give('pins', pinsOf(sites)),
    fly: (to) => void map.easeTo({ center: to, zoom: Math.max(map.getZoom(), CLOSE_ZOOM), duration: 0 }),
    remove: () => {
      map.remove()
      maplibregl.removeProtocol('pmtiles')
    },
  }
}
