// Drawing by taps: the window of a plan on the ground, corners in it, a line widened to the trench that it means.
import type { LonLat } from '../api/kinds.ts'
import { crossings } from './area.ts'
import { movedBy, offsetOf } from './spot.ts'

/** A square window on the ground: its middle, and half its side in metres. */
export interface Window {
  middle: LonLat
  half: number
}
export type SketchFlaw = 'none' | 'point' | 'line' | 'crosses'
type Flat = [east: number, north: number]

/** Metres from the middle to the edge: from a house's front to a district. */
const NEAREST_M = 20
const FARTHEST_M = 20_000
/** A tap this near to a corner means the corner, parts of the window's side. */
const NEAR = 0.05
/** Trenches for pipes and cables are dug this wide, metres; a person says which. */
export const WIDTHS = [2, 4, 6, 10] as const

/** Where a place stands in the window: 0 to 1 from the west and from the north. */
export function placed(at: LonLat, { middle, half }: Window): [x: number, y: number] {
  const [east, north] = offsetOf(at, middle)
  return [0.5 + east / half / 2, 0.5 - north / half / 2]
}

export function groundOf([x, y]: [x: number, y: number], { middle, half }: Window): LonLat {
  return movedBy(middle, [(x - 0.5) * 2 * half, (0.5 - y) * 2 * half])
}

/** Closer (below 1) or farther, about the same middle. */
export function zoomed(now: Window, by: number): Window {
  return { middle: now.middle, half: Math.min(FARTHEST_M, Math.max(NEAREST_M, now.half * by)) }
}

/** The ground follows the finger. */
export function panned(now: Window, [x, y]: [x: number, y: number]): Window {
  return { middle: groundOf([0.5 - x, 0.5 - y], now), half: now.half }
}

/** A window that shows all these places with some room; the one given where there are none. */
export function fitting(places: LonLat[], now: Window): Window {
  if (places.length === 0) return now
  const sides = [places.map((one) => one[0]), places.map((one) => one[1])]
  const middle = sides.map((all) => (Math.min(...all) + Math.max(...all)) / 2) as LonLat
  const far = Math.max(...places.flatMap((one) => offsetOf(one, middle).map(Math.abs)))
  return zoomed({ middle, half: far * 1.4 }, 1)
}

/** Which corner a tap means; null for none. */
export function cornerNear(corners: LonLat[], at: [x: number, y: number], window: Window): number | null {
  const away = corners.map((one) => {
    const [x, y] = placed(one, window)
    return Math.hypot(x - at[0], y - at[1])
  })
  const least = Math.min(...away)
  return least <= NEAR ? away.indexOf(least) : null
}

/** What keeps corners from being an area; null where they are one. */
export function sketchFlaw(corners: LonLat[]): SketchFlaw | null {
  if (corners.length === 0) return 'none'
  if (corners.length < 3) return corners.length === 1 ? 'point' : 'line'
  return crossings(corners).length > 0 ? 'crosses' : null
}

const apart = (a: Flat, b: Flat): number => Math.hypot(b[0] - a[0], b[1] - a[1])

function normal(a: Flat, b: Flat): Flat {
  const long = apart(a, b)
  return [-(b[1] - a[1]) / long, (b[0] - a[0]) / long]
}

/** How far a mitre may stand out of a sharp turn, half widths. */
const MITRE = 3

/** One side of a widened line: the corner moved out along the turn's bisector, on a sharp turn cut off. */
function offsetAt(line: Flat[], at: number, by: number): Flat {
  const here = line[at] as Flat
  const [before, after] = [line[at - 1], line[at + 1]]
  if (before === undefined || after === undefined) {
    const [x, y] = before === undefined ? normal(here, after as Flat) : normal(before, here)
    return [here[0] + x * by, here[1] + y * by]
  }
  const [one, other] = [normal(before, here), normal(here, after)]
  const [sx, sy] = [one[0] + other[0], one[1] + other[1]]
  const long = Math.hypot(sx, sy)
  if (long < 1e-9) return [here[0] + one[0] * by, here[1] + one[1] * by]
  const out = Math.min(2 / long, MITRE) // of the unit bisector; 2/|sum| is the mitre's length
  return [here[0] + (sx / long) * out * by, here[1] + (sy / long) * out * by]
}

/**
 * The ring of a line dug `width` metres wide, its ends cut square; null where the line is no line (fewer than two places apart).
 * A line that comes back to itself gives a ring that crosses: `sketchFlaw` says so.
 */
export function widened(line: LonLat[], width: number): LonLat[] | null {
  const [origin] = line
  if (origin === undefined || !(width > 0)) return null
  const flat = line.map((one): Flat => offsetOf(one, origin)).filter((one, at, all) => at === 0 || apart(all[at - 1] as Flat, one) > 0.05)
  if (flat.length < 2) return null
  const left = flat.map((_one, at) => offsetAt(flat, at, width / 2))
  const right = flat.map((_one, at) => offsetAt(flat, at, -width / 2))
  return [...left, ...right.reverse()].map((one) => movedBy(origin, one))
}

/** Metres along a line. */
export function lengthOf(line: LonLat[]): number {
  return line.slice(1).reduce((sum, one, at) => sum + Math.hypot(...offsetOf(one, line[at] as LonLat)), 0)
}
