// Small geometry on the ground: degrees WGS-84 in, metres out, good to a few parts in a thousand over a city.
import type { LonLat, Ring } from '../api/kinds.ts'

const EARTH_M = 6_371_008.8
const RADIANS = Math.PI / 180
export type Box = [west: number, south: number, east: number, north: number]

export function metresBetween([lonA, latA]: LonLat, [lonB, latB]: LonLat): number {
  const half = Math.cos(((latA + latB) / 2) * RADIANS)
  return EARTH_M * RADIANS * Math.hypot((lonB - lonA) * half, latB - latA)
}

export function circle([lon, lat]: LonLat, radiusM: number, points = 48): Ring {
  const perLat = EARTH_M * RADIANS
  const perLon = perLat * Math.cos(lat * RADIANS)
  const ring = Array.from({ length: points }, (_, n): LonLat => {
    const turn = (2 * Math.PI * n) / points
    return [lon + (radiusM * Math.cos(turn)) / perLon, lat + (radiusM * Math.sin(turn)) / perLat]
  })
  return closed(ring)
}

/** The API's rings are lists of pairs, which OpenAPI's document does not say. */
export function ringOf(ring: number[][]): Ring {
  return ring as Ring
}

/** The same ring with its first point at the end, as GeoJSON wants it. */
export function closed(ring: Ring): Ring {
  const [first, last] = [ring[0], ring[ring.length - 1]]
  if (!first || !last || (first[0] === last[0] && first[1] === last[1])) return ring
  return [...ring, first]
}

export function boxAround(centre: LonLat, radiusM: number): Box {
  const ring = circle(centre, radiusM, 4)
  return boxOf(ring) ?? [centre[0], centre[1], centre[0], centre[1]]
}

export function boxOf(points: Iterable<LonLat>): Box | null {
  let box: Box | null = null
  for (const [lon, lat] of points) box = joined(box, [lon, lat, lon, lat])
  return box
}

export function joined(one: Box | null, other: Box | null): Box | null {
  if (!one || !other) return one ?? other
  return [
    Math.min(one[0], other[0]),
    Math.min(one[1], other[1]),
    Math.max(one[2], other[2]),
    Math.max(one[3], other[3]),
  ]
}

function inRing([lon, lat]: LonLat, ring: Ring): boolean {
  let inside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [lonA, latA] = ring[i] as LonLat
    const [lonB, latB] = ring[j] as LonLat
    if (latA > lat !== latB > lat && lon < ((lonB - lonA) * (lat - latA)) / (latB - latA) + lonA) inside = !inside
  }
  return inside
}

/** Even-odd over all rings: a hole is outside. */
export function inRings(point: LonLat, rings: Ring[]): boolean {
  return rings.filter((ring) => inRing(point, ring)).length % 2 === 1
}

export function parsePlace(text: string): LonLat | null {
  const parts = text.trim().split(/[\s,，]+/)
  if (parts.length !== 2) return null
  const [lon, lat] = parts.map(Number)
  if (lon === undefined || lat === undefined || !Number.isFinite(lon) || !Number.isFinite(lat)) return null
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null
}
