// What the stores hold, as GeoJSON for the map.
import type { Feature, FeatureCollection, Polygon } from 'geojson'
import type { Alarm, Area, Camera, CoverageGround, LonLat, Ring } from '@/api/kinds'
import type { Box } from '@/rules/ground'
import { crossings, type CornerAt, type Ground } from '@/rules/area'
import { isBlind } from '@/rules/eye'
import { closed, ringOf } from '@/rules/ground'
import { levelOf } from '@/rules/level'
import type { SiteThen } from '@/rules/moment'
import type { Standing } from '@/rules/standing'

const collection = (features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features })

function polygon(rings: Ring[], properties: Record<string, unknown>): Feature<Polygon> {
  return { type: 'Feature', geometry: { type: 'Polygon', coordinates: rings.map(closed) }, properties }
}

function point(at: LonLat, properties: Record<string, unknown>): Feature {
  return { type: 'Feature', geometry: { type: 'Point', coordinates: at }, properties }
}

export function areaFeatures(areas: Area[]): FeatureCollection {
  const parents = new Set(areas.map((one) => one.parent_id))
  return collection(
    areas.flatMap((one) => (one.outline?.length ? [polygon(one.outline.map(ringOf), { name: one.name, leaf: !parents.has(one.id), root: one.parent_id === null })] : [])),
  )
}

export function cameraFeatures(cameras: Camera[]): FeatureCollection {
  return collection(
    cameras.flatMap((one) =>
      one.lon === null || one.lat === null
        ? []
        : [point([one.lon, one.lat], { key: one.key, name: one.name, icon: `camera:${isBlind(one) ? 'offline' : (one.state ?? 'none')}` })],
    ),
  )
}

export function groundFeatures(cameras: Camera[]): FeatureCollection {
  return collection(
    cameras.flatMap((one) =>
      one.sees?.length ? [polygon([ringOf(one.sees)], { key: one.key, blind: isBlind(one) })] : [],
    ),
  )
}

export function siteFeatures(sites: SiteThen[]): FeatureCollection {
  return collection(sites.map(({ id, lon, lat, level }) => point([lon, lat], { id, level })))
}

/** A line or ground that is being measured; each corner says what it comes to there. */
export function measureFeatures(corners: LonLat[], said: string[], ground: boolean): FeatureCollection {
  const dots = corners.map((at, n) => point(at, { kind: 'corner', said: said[n] ?? '' }))
  if (corners.length < 2) return collection(dots)
  const line = ground && corners.length > 2 ? closed(corners) : corners
  const found: Feature[] = [{ type: 'Feature', geometry: { type: 'LineString', coordinates: line }, properties: { kind: 'line' } }]
  if (ground && corners.length > 2) found.unshift(polygon([corners], { kind: 'ground' }))
  return collection([...found, ...dots])
}

const EVERYWHERE: Box = [-180, -85, 180, 85] // as far as the map's projection goes

/** What is seen, and the rest of `box` as what nobody sees; nothing when the layer is off. */
export function coverFeatures(ground: CoverageGround | null, box: Box | null): FeatureCollection {
  if (ground === null) return collection([])
  const [west, south, east, north] = box ?? EVERYWHERE // without outlines, too, no hatching must mean that it is seen
  const outer: LonLat[] = [[west, south], [east, south], [east, north], [west, north], [west, south]]
  const seen = ground.features.filter((one) => one.properties.by === 'both').flatMap((one) => one.geometry.coordinates)
  const islands = seen.flatMap((one) => one.slice(1).map((hole) => [hole]))
  const holes = seen.flatMap((one) => one.slice(0, 1))
  const nobody = [[outer, ...holes], ...islands].map(
    (rings): Feature => ({ type: 'Feature', geometry: { type: 'Polygon', coordinates: rings }, properties: { by: 'nobody' } }),
  )
  return collection([...nobody, ...ground.features.filter((one) => one.properties.by !== 'both')] as Feature[])
}

export function pinFeatures(alarms: Alarm[], chosen: string | null, standing: (one: Alarm) => Standing): FeatureCollection {
  return collection(
    alarms.flatMap((one) => {
      if (!one.place) return []
      const level = levelOf(one.network.zone)
      const open = standing(one) === 'open'
      const mine = one.id === chosen
      const rank = (mine ? 100 : 0) + (5 - level) * 10 + (open ? 5 : 0)
      const icon = `pin:${level}:${open ? 'open' : 'quiet'}:${mine ? 'chosen' : 'plain'}`
      return [point([one.place.lon, one.place.lat], { id: one.id, icon, rank })]
    }),
  )
}

export function errorFeatures(alarms: Alarm[], chosen: string | null): FeatureCollection {
  return collection(
    alarms.flatMap((one) => {
      const common = { level: levelOf(one.network.zone), chosen: one.id === chosen }
      const rings: Feature[] = []
      if (one.work_area && one.work_area.length > 2) rings.push(polygon([ringOf(one.work_area)], { ...common, kind: 'work' }))
      if (one.place) rings.push(polygon([ringOf(one.place.ellipse)], { ...common, kind: 'ellipse' }))
      return rings
    }),
  )
}

/** Works of which a list drew lines or points alone. */
export function lineFeatures(lines: LonLat[][]): FeatureCollection {
  return collection(lines.map((line) => {
    const [first] = line
    if (first && line.length === 1) return point(first, { kind: 'chosen' })
    return { type: 'Feature', geometry: { type: 'LineString', coordinates: line }, properties: { kind: 'rim' } }
  }))
}

/** Ground as it is drawn, with the corner at hand. */
export function drawnFeatures(ground: Ground, chosen: CornerAt | null = null): FeatureCollection {
  const found: Feature[] = ground.map((rings) => polygon(rings, { kind: 'ground' }))
  // a ring that crosses itself may enclose nothing, and the map then draws nothing of it: its edge stands for itself
  const edge = (ring: LonLat[]): Feature => ({ type: 'Feature', geometry: { type: 'LineString', coordinates: closed(ring) }, properties: { kind: 'rim' } })
  for (const ring of ground.flat()) found.push(edge(ring), ...crossings(ring).map((at) => point(at, { kind: 'cross' })))
  const at = chosen && ground[chosen.part]?.[chosen.ring]?.[chosen.at]
  if (at) found.push(point(at, { kind: 'chosen' }))
  return collection(found)
}
