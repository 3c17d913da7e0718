// Lengths and areas on the ellipsoid of WGS-84 (CGCS2000's differs by 0.1 mm in the polar radius): what a rule is laid on must not depend on a map's projection.
import type { LonLat } from '../api/kinds.ts'

const AXIS_M = 6378137
const FLAT = 1 / 298.257223563
const POLAR_M = AXIS_M * (1 - FLAT)
const E2 = FLAT * (2 - FLAT)
const E = Math.sqrt(E2)
const RADIANS = Math.PI / 180
const ROUNDS = 100
const ENOUGH = 1e-12

/** Metres between two places by the inverse formula of Vincenty (1975), good to a millimetre; NaN for places that face each other across the earth. */
export function metresOf([lonA, latA]: LonLat, [lonB, latB]: LonLat): number {
  if (lonA === lonB && latA === latB) return 0
  const [sinA, cosA] = reduced(latA)
  const [sinB, cosB] = reduced(latB)
  const span = (lonB - lonA) * RADIANS
  let lambda = span
  for (let round = 0; round < ROUNDS; round += 1) {
    const [sinL, cosL] = [Math.sin(lambda), Math.cos(lambda)]
    const sinS = Math.hypot(cosB * sinL, cosA * sinB - sinA * cosB * cosL)
    if (sinS === 0) return 0
    const cosS = sinA * sinB + cosA * cosB * cosL
    const sigma = Math.atan2(sinS, cosS)
    const sinAlpha = (cosA * cosB * sinL) / sinS
    const cos2 = 1 - sinAlpha ** 2
    const middle = cos2 === 0 ? 0 : cosS - (2 * sinA * sinB) / cos2
    const c = (FLAT / 16) * cos2 * (4 + FLAT * (4 - 3 * cos2))
    const before = lambda
    lambda = span + (1 - c) * FLAT * sinAlpha * (sigma + c * sinS * (middle + c * cosS * (2 * middle ** 2 - 1)))
    if (Math.abs(lambda - before) < ENOUGH) return along(cos2, sigma, sinS, cosS, middle)
  }
  return NaN
}

function along(cos2: number, sigma: number, sinS: number, cosS: number, middle: number): number {
  const u2 = (cos2 * (AXIS_M ** 2 - POLAR_M ** 2)) / POLAR_M ** 2
  const a = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
  const b = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
  const inner = cosS * (2 * middle ** 2 - 1) - (b / 6) * middle * (4 * sinS ** 2 - 3) * (4 * middle ** 2 - 3)
  return POLAR_M * a * (sigma - b * sinS * (middle + (b / 4) * inner))
}

function reduced(lat: number): [sin: number, cos: number] {
  const tan = (1 - FLAT) * Math.tan(lat * RADIANS)
  const cos = 1 / Math.hypot(1, tan)
  return [tan * cos, cos]
}

export function lengthOf(line: LonLat[]): number {
  return line.slice(1).reduce((sum, to, at) => sum + metresOf(line[at] as LonLat, to), 0)
}

const q = (sin: number): number => (1 - E2) * (sin / (1 - E2 * sin ** 2) - Math.log((1 - E * sin) / (1 + E * sin)) / (2 * E))
const Q_POLE = q(1)
const AUTHALIC_M = AXIS_M * Math.sqrt(Q_POLE / 2)

/** Square metres inside a ring, on the sphere of the same area (authalic latitudes), whose sides are great circles: within 1e-5 of the ellipsoid's for works and towns. */
export function areaOf(ring: LonLat[]): number {
  if (ring.length < 3) return 0
  const [originLon] = ring[0] as LonLat
  const flat = ring.map(([lon, lat]) => {
    const sin = q(Math.sin(lat * RADIANS)) / Q_POLE
    return { lon: (lon - originLon) * RADIANS, half: Math.tan(Math.asin(sin) / 2) }
  })
  let excess = 0
  flat.forEach((from, at) => {
    const to = flat[(at + 1) % flat.length] as (typeof flat)[number]
    excess += 2 * Math.atan((Math.tan((to.lon - from.lon) / 2) * (from.half + to.half)) / (1 + from.half * to.half))
  })
  return Math.abs(excess) * AUTHALIC_M ** 2
}
