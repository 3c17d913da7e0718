// Where a phone is led: the same place for any map by its own system. Chinese maps shift by GCJ-02 (network/rules/gcj.py).
import type { LonLat } from '../api/kinds.ts'

const AXIS_M = 6378245
const ECCENTRICITY = 0.006693421622965943
const BOX = [72.004, 0.8293, 137.8347, 55.8271] as const
const PI = Math.PI
const sin = (x: number): number => Math.sin(x)

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

/** GCJ-02 of a WGS-84 place, degrees; outside the box of mainland service the services do not shift. */
export function gcjOf([lon, lat]: LonLat): LonLat {
  if (lon < BOX[0] || lon > BOX[2] || lat < BOX[1] || lat > BOX[3]) return [lon, lat]
  const [east, north] = waves(lon - 105, lat - 35)
  const phi = (lat * PI) / 180
  const root = 1 - ECCENTRICITY * Math.sin(phi) ** 2
  const up = (north * 180) / (((AXIS_M * (1 - ECCENTRICITY)) / (root * Math.sqrt(root))) * PI)
  const aside = (east * 180) / ((AXIS_M / Math.sqrt(root)) * Math.cos(phi) * PI)
  return [lon + aside, lat + up]
}

export interface Way {
  map: 'any' | 'amap' | 'apple'
  href: string
}

const six = (n: number): string => n.toFixed(6)

/** Links that lead to a place on foot: RFC 5870 for whatever map the phone has, then the two that shift. */
export function waysTo(place: LonLat, name: string): Way[] {
  const [lon, lat] = place
  const [east, north] = gcjOf(place)
  const named = encodeURIComponent(name)
  return [
    { map: 'any', href: `geo:${six(lat)},${six(lon)}?q=${six(lat)},${six(lon)}(${named})` },
    { map: 'amap', href: `https://uri.amap.com/navigation?to=${six(east)},${six(north)},${named}&mode=walk&coordinate=gaode&callnative=1` },
    { map: 'apple', href: `https://maps.apple.com/?daddr=${six(north)},${six(east)}&dirflg=w` },
  ]
}
