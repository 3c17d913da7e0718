// GCJ-02, the shifted system of Chinese map services, both ways: the same numbers as network/rules/gcj.py, which tests hold
// to a centimetre. A distortion of WGS-84 by 300 to 700 m and no reference system; outside the box of service nothing moves.
import type { LonLat } from '../api/kinds.ts'

const AXIS_M = 6378245 // Krasovsky 1940, as in the published formula (eviltransform, 2010)
const ECCENTRICITY = 0.006693421622965943
const BOX = [72.004, 0.8293, 137.8347, 55.8271] as const
const ROUNDS = 12
const ENOUGH_DEG = 1e-11
const PI = Math.PI
const sin = (x: number): number => Math.sin(x)

export const shifts = ([lon, lat]: LonLat): boolean => lon >= BOX[0] && lon <= BOX[2] && lat >= BOX[1] && lat <= BOX[3]

function waves(x: number, y: number): [number, number] {
  const shared = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3
  let lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + shared
  lat += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3
  lat += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3
  let lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + shared
  lon += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3
  lon += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3
  return [lon, lat]
}

/** GCJ-02 of a WGS-84 place, degrees; outside China the place itself. */
export function gcjOf(place: LonLat): LonLat {
  if (!shifts(place)) return [place[0], place[1]]
  const [lon, lat] = place
  const [east, north] = waves(lon - 105, lat - 35)
  const phi = (lat * PI) / 180
  const root = 1 - ECCENTRICITY * Math.sin(phi) ** 2
  const up = (north * 180) / (((AXIS_M * (1 - ECCENTRICITY)) / (root * Math.sqrt(root))) * PI)
  const aside = (east * 180) / ((AXIS_M / Math.sqrt(root)) * Math.cos(phi) * PI)
  return [lon + aside, lat + up]
}

/** WGS-84 of a GCJ-02 place, degrees, by iterating on the way there: closes to 0.1 mm; on the box's rim up to the shift itself. */
export function wgsOf(place: LonLat): LonLat {
  if (!shifts(place)) return [place[0], place[1]]
  let guess: LonLat = [place[0], place[1]]
  for (let round = 0; round < ROUNDS; round += 1) {
    const [lon, lat] = gcjOf(guess)
    const miss = [lon - place[0], lat - place[1]] as const
    guess = [guess[0] - miss[0], guess[1] - miss[1]]
    if (Math.max(Math.abs(miss[0]), Math.abs(miss[1])) < ENOUGH_DEG) break
  }
  return guess
}
