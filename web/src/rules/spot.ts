// A place as a phone sends it: always with its system and how sure it is; and the little plan it is drawn on.
import type { LonLat } from '../api/kinds.ts'

export interface Spot {
  lon: number
  lat: number
  crs: 'wgs84' | 'gcj02'
  accuracy_m: number
  source: 'device' | 'map'
}

const METRES_PER_DEGREE = 111_320
/** The server takes no place that is surer or less sure than this, metres. */
const LEAST_M = 1
const MOST_M = 20_000
/** Beyond this a person has to ask where it is. */
export const VAGUE_M = 100

/** The browser's Geolocation speaks WGS-84 (W3C Geolocation API), WeChat's H5 pages too. */
export function spotOf(coords: Pick<GeolocationCoordinates, 'longitude' | 'latitude' | 'accuracy'>): Spot {
  const accuracy = Math.min(MOST_M, Math.max(LEAST_M, Math.ceil(coords.accuracy)))
  return { lon: coords.longitude, lat: coords.latitude, crs: 'wgs84', accuracy_m: accuracy, source: 'device' }
}

/** Metres east and north of a middle; good for a few kilometres. */
export function offsetOf([lon, lat]: LonLat, middle: LonLat): [number, number] {
  const narrow = Math.cos((middle[1] * Math.PI) / 180)
  return [(lon - middle[0]) * METRES_PER_DEGREE * narrow, (lat - middle[1]) * METRES_PER_DEGREE]
}

export function movedBy(middle: LonLat, [east, north]: [number, number]): LonLat {
  const narrow = Math.cos((middle[1] * Math.PI) / 180)
  return [middle[0] + east / (METRES_PER_DEGREE * narrow), middle[1] + north / METRES_PER_DEGREE]
}

const STEPS = [50, 100, 200, 500, 1000, 2000, 5000]

/** Half the side of a plan that shows all these places around a middle, metres: one of a few round figures. */
export function halfSide(places: LonLat[], middle: LonLat, atLeast: number): number {
  const far = Math.max(atLeast, ...places.map((one) => Math.max(...offsetOf(one, middle).map(Math.abs))))
  return STEPS.find((one) => one >= far * 1.1) ?? STEPS.at(-1)!
}

/** Where something lies from here, in one of eight words. */
export function bearingOf(place: LonLat, from: LonLat): 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w' | 'nw' {
  const [east, north] = offsetOf(place, from)
  const eighth = Math.round(Math.atan2(east, north) / (Math.PI / 4))
  return (['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const)[(eighth + 8) % 8]!
}
