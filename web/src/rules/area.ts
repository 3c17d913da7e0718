// The ground of works: polygons drawn by clicks, typed as corners or read from GeoJSON, lon/lat in degrees WGS-84.
import type { LonLat } from '../api/kinds.ts'
import { closed, metresBetween } from './ground.ts'
import { area, meet } from './polygon.ts'

/** Parts, each with its outer ring and its holes; a ring does not repeat its first corner. */
export type Ground = LonLat[][][]
export interface CornerAt {
  part: number
  ring: number
  at: number
}
export type GroundFlaw = 'none' | 'few' | 'crosses' | 'large'
export type ReadFlaw = 'not_read' | 'no_area' | 'other_crs' | 'other_degrees'
export type Read = { ground: Ground; crs: string | null } | { flaw: ReadFlaw; crs: string | null }

export const FEWEST = 3
const MOST_M2 = 100e6
const MOST_CHECKED = 400 // corners; longer rings are the server's to check
const DIGITS = 7 // a centimetre
const WGS84 = new Set([
  'OGC:CRS84', 'EPSG:4326', 'urn:ogc:def:crs:OGC:1.3:CRS84', 'urn:ogc:def:crs:OGC::CRS84', 'urn:ogc:def:crs:EPSG::4326',
  'urn:ogc:def:crs:EPSG:6.6:4326',
])

const fine = (value: number): number => Number(value.toFixed(DIGITS))
const side = (ring: LonLat[], at: number): [LonLat, LonLat] => [ring[at] as LonLat, ring[(at + 1) % ring.length] as LonLat]

function meetingOf([a, b]: [LonLat, LonLat], [c, d]: [LonLat, LonLat]): LonLat {
  const [rx, ry, sx, sy] = [b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]]
  const turn = rx * sy - ry * sx
  if (turn === 0) return c
  const part = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / turn
  return [a[0] + part * rx, a[1] + part * ry]
}

/** Where sides of a ring that are no neighbours meet. */
export function crossings(ring: LonLat[]): LonLat[] {
  const found: LonLat[] = []
  if (ring.length > MOST_CHECKED) return found
  for (let i = 0; i < ring.length; i += 1) {
    for (let j = i + 2; j < ring.length; j += 1) {
      if (i === 0 && j === ring.length - 1) continue
      const [one, other] = [side(ring, i), side(ring, j)]
      if (meet(...one, ...other)) found.push(meetingOf(one, other))
    }
  }
  return found
}

function ringM2(ring: LonLat[]): number {
  const [first] = ring
  if (!first) return 0
  const flat = ring.map(([lon, lat]): LonLat => {
    const [east, north] = [metresBetween(first, [lon, first[1]]), metresBetween(first, [first[0], lat])]
    return [lon < first[0] ? -east : east, lat < first[1] ? -north : north]
  })
  return area(flat)
}

/** Square metres, good to a few parts in a thousand over a city. */
export function groundM2(ground: Ground): number {
  return ground.reduce((sum, [outer, ...holes]) => sum + ringM2(outer ?? []) - holes.reduce((all, one) => all + ringM2(one), 0), 0)
}

/** What the server would say of it, so far as a page can know. */
export function groundFlaw(ground: Ground): GroundFlaw | null {
  if (ground.length === 0) return 'none'
  if (ground.some((part) => part.some((ring) => ring.length < FEWEST))) return 'few'
  if (ground.some((part) => part.some((ring) => crossings(ring).length > 0))) return 'crosses'
  return groundM2(ground) > MOST_M2 ? 'large' : null
}

/** The lines and points of a geometry that has no area: each a list of places, a point one alone. */
export function linesOf({ type, coordinates, geometries }: Json): LonLat[][] {
  if (Array.isArray(geometries)) return geometries.flatMap((one: Json) => linesOf(one))
  if (type === 'Point') return [[coordinates as LonLat]]
  if (type === 'MultiPoint') return (coordinates as LonLat[]).map((one) => [one])
  if (type === 'LineString') return [coordinates as LonLat[]]
  return type === 'MultiLineString' ? (coordinates as LonLat[][]) : []
}

/** Closed, to the centimetre. */
export const sentRing = (ring: LonLat[]): LonLat[] => closed(ring.map(([lon, lat]): LonLat => [fine(lon), fine(lat)]))

/** As the API takes it. */
export function toGeoJson(ground: Ground): Record<string, unknown> {
  const parts = ground.map((part) => part.map(sentRing))
  return parts.length === 1 ? { type: 'Polygon', coordinates: parts[0] } : { type: 'MultiPolygon', coordinates: parts }
}

interface Json {
  type?: unknown
  crs?: { properties?: { name?: unknown } } | null
  features?: unknown
  geometry?: unknown
  geometries?: unknown
  coordinates?: unknown
}

function geometriesOf(body: Json): Json[] {
  if (body.type === 'FeatureCollection') return (Array.isArray(body.features) ? body.features : []).map((one: Json) => (one.geometry ?? {}) as Json)
  return [body.type === 'Feature' ? ((body.geometry ?? {}) as Json) : body]
}

const isPair = (one: unknown): one is LonLat => Array.isArray(one) && one.length > 1 && one.slice(0, 2).every((part) => Number.isFinite(part))

/** The ring without its first corner at the end. */
export function openRing(ring: LonLat[]): LonLat[] {
  const [first, last] = [ring[0], ring[ring.length - 1]]
  return first && last && ring.length > 1 && first[0] === last[0] && first[1] === last[1] ? ring.slice(0, -1) : ring
}

/** A ring as it is kept, or null where it is none. */
function ringOf(one: unknown): LonLat[] | null {
  if (!Array.isArray(one) || !one.every(isPair)) return null
  return openRing(one.map(([lon, lat]): LonLat => [lon, lat]))
}

function partsOf({ type, coordinates }: Json): Ground | null {
  const parts: unknown = type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : null
  if (!Array.isArray(parts) || parts.length === 0) return null
  const found = parts.map((part: unknown) => (Array.isArray(part) ? part.map(ringOf) : [null]))
  return found.some((part) => part.length === 0 || part.includes(null)) ? null : (found as Ground)
}

/** The ground in a GeoJSON geometry, feature or collection; the reference system is the one that it names itself. */
export function fromGeoJson(body: Json): Read {
  const named = body.crs?.properties?.name
  const crs = typeof named === 'string' ? named : null
  if (body.crs && (crs === null || !WGS84.has(crs))) return { flaw: 'other_crs', crs }
  const found = geometriesOf(body).map(partsOf)
  if (found.length === 0 || found.includes(null)) return { flaw: 'no_area', crs }
  return measured((found as Ground[]).flat(), crs)
}

function measured(ground: Ground, crs: string | null): Read {
  const far = ground.flat(2).some(([lon, lat]) => Math.abs(lon) > 180 || Math.abs(lat) > 90)
  return far ? { flaw: 'other_degrees', crs } : { ground, crs }
}

/** What somebody pasted: GeoJSON, or one corner a line, "lon, lat". */
export function readGround(text: string): Read {
  const said = text.trim()
  if (said.startsWith('{')) {
    try {
      return fromGeoJson(JSON.parse(said) as Json)
    } catch {
      return { flaw: 'not_read', crs: null }
    }
  }
  const ring = said.split(/\r?\n/).filter((line) => line.trim() !== '').map((line) => line.trim().split(/[\s,，;；]+/).map(Number))
  if (ring.length === 0 || !ring.every((one) => one.length === 2 && isPair(one))) return { flaw: 'not_read', crs: null }
  return measured([[ringOf(ring) as LonLat[]]], null)
}

/** The corners as they are typed: one a line. Only of ground in one piece without holes, which lines can say. */
export function cornerLines(ground: Ground): string | null {
  const [part, ...others] = ground
  if (others.length > 0 || (part?.length ?? 0) > 1) return null
  return (part?.[0] ?? []).map(([lon, lat]) => `${fine(lon)}, ${fine(lat)}`).join('\n')
}

function changed(ground: Ground, { part, ring }: CornerAt, with_: (old: LonLat[]) => LonLat[]): Ground {
  return ground.map((rings, p) => (p === part ? rings.map((one, r) => (r === ring ? with_(one) : one)) : rings))
}

export function moveCorner(ground: Ground, corner: CornerAt, to: LonLat): Ground {
  return changed(ground, corner, (old) => old.map((one, at) => (at === corner.at ? to : one)))
}

/** Without the corner; a ring that has too few left goes, and with its outer ring the whole part. */
export function dropCorner(ground: Ground, corner: CornerAt): Ground {
  const less = changed(ground, corner, (old) => old.filter((_one, at) => at !== corner.at))
  return less.flatMap((rings) => ((rings[0]?.length ?? 0) < FEWEST ? [] : [rings.filter((one) => one.length >= FEWEST)]))
}

/** Every corner in its order. */
export function cornersOf(ground: Ground): CornerAt[] {
  return ground.flatMap((rings, part) => rings.flatMap((one, ring) => one.map((_corner, at) => ({ part, ring, at }))))
}
