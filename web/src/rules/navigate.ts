// Where a phone is led: the same place for any map by its own system. Chinese maps shift by GCJ-02 (gcj.ts).
import type { LonLat } from '../api/kinds.ts'
import { gcjOf } from './gcj.ts'

export { gcjOf }

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
