// Control points that are being clicked: each has a pixel, a place, or both; and what a calibration still lacks.
import type { Calibration, CalibrationTrial, DraftPoint, LonLat } from '../api/kinds.ts'
import type { Corner } from './polygon.ts'

export const NEEDED = 4
export const ENOUGH = 8
export const MOST = 100
export const STEPS = ['points', 'look', 'corridor', 'reference', 'tests', 'activate'] as const
export type Step = (typeof STEPS)[number]
export type Size = [width: number, height: number]

export interface Whole {
  pixel: [number, number]
  lon: number
  lat: number
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

export function hasPlace(one: DraftPoint): one is DraftPoint & { lon: number; lat: number } {
  return isNumber(one.lon) && isNumber(one.lat)
}

/** The points that have both places, and which of all they are. */
export function wholeOf(points: DraftPoint[]): { at: number[]; points: Whole[] } {
  const at = points.flatMap((one, n) => (one.pixel && hasPlace(one) ? [n] : []))
  const found = at.map((n) => points[n] as DraftPoint & Whole)
  return { at, points: found.map(({ pixel, lon, lat }) => ({ pixel, lon, lat })) }
}

const fine = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits

/** The pixel below a place of the picture given as parts of it. */
export function pixelOf([x, y]: Corner, [width, height]: Size): [number, number] {
  return [fine(x * width, 1), fine(y * height, 1)]
}

function put(points: DraftPoint[], chosen: number | null, lacks: (one: DraftPoint) => boolean, what: Partial<DraftPoint>): { points: DraftPoint[]; at: number } {
  const open = chosen ?? points.findIndex(lacks)
  const at = open >= 0 && open < points.length ? open : points.length
  if (at >= MOST) return { points, at: MOST - 1 }
  const made = [...points]
  made[at] = { note: '', ...made[at], ...what }
  return { points: made, at }
}

/** A click into the picture: it moves the point chosen, else completes the first that lacks a pixel, else begins one. */
export function setPixel(points: DraftPoint[], chosen: number | null, pixel: [number, number]): { points: DraftPoint[]; at: number } {
  return put(points, chosen, (one) => !one.pixel, { pixel })
}

/** A click on the map, the same way. */
export function setPlace(points: DraftPoint[], chosen: number | null, [lon, lat]: LonLat): { points: DraftPoint[]; at: number } {
  return put(points, chosen, (one) => !hasPlace(one), { lon: fine(lon, 8), lat: fine(lat, 8) })
}

export function nudged([x, y]: Corner, key: string, far: boolean, [width, height]: Size): Corner | null {
  const by: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
  const step = by[key]
  if (!step) return null
  const leap = far ? 20 : 1
  const within = (value: number): number => Math.max(0, Math.min(1, value))
  return [within(x + (step[0] * leap) / width), within(y + (step[1] * leap) / height)]
}

/** A typed number; null where there is none. */
export function typed(text: string): number | null {
  const value = Number(text.replace('，', '.').replace(',', '.').trim())
  return text.trim() === '' || !Number.isFinite(value) ? null : value
}

/** Rows pasted from a table: x, y, lon, lat and perhaps a note, by tab, comma or semicolon; what is none is given back. */
export function pasted(text: string): { points: DraftPoint[]; bad: string[] } {
  const rows = text.split(/\r?\n/).map((row) => row.trim()).filter((row) => row !== '')
  const points: DraftPoint[] = []
  const bad: string[] = []
  for (const row of rows) {
    const cells = row.split(/[\t;,]| {2,}/).map((cell) => cell.trim())
    const [x, y, lon, lat] = cells.slice(0, 4).map(Number)
    const good = cells.length >= 4 && cells.slice(0, 4).every((cell) => cell !== '') && [x, y, lon, lat].every(isNumber)
    if (good && Math.abs(lon as number) <= 180 && Math.abs(lat as number) <= 85 && (x as number) >= 0 && (y as number) >= 0) {
      points.push({ pixel: [x as number, y as number], lon: lon as number, lat: lat as number, note: (cells[4] ?? '').slice(0, 80) })
    } else bad.push(row)
  }
  return { points, bad }
}

export type Grade = 'good' | 'fair' | 'bad'

/** How a point's error reads against what a place there can be sure of. */
export function gradeOf(point: CalibrationTrial['points'][number], pixelSigma: number): Grade {
  const sigmas = (point.off_px ?? Infinity) / pixelSigma
  if (sigmas <= 2) return 'good'
  return sigmas <= 4 ? 'fair' : 'bad'
}

export interface Known {
  points: DraftPoint[]
  trial: CalibrationTrial | null
  looked: boolean
  corridor: boolean
  reference: boolean
  /** When the newest commissioning test was made; null without one. */
  testedAt: string | null
  calibration: Pick<Calibration, 'versions' | 'in_force' | 'kind'> | null
  /** Something is clicked that is not in force. */
  changed: boolean
}

/** What each step still lacks, as a word of `camera.wizard.lacks`; null when it is done. */
export function lacking(known: Known): Record<Step, string | null> {
  const whole = wholeOf(known.points).points.length
  const newest = known.calibration?.versions.find((one) => one.version === known.calibration?.in_force) ?? null
  const points = (): string | null => {
    if (whole === 0 && known.calibration?.kind) return null // a pose, or points in a grid, from a file
    if (whole < NEEDED) return 'points'
    if (known.trial === null) return 'fit'
    return known.trial.refusal === null ? null : 'refused'
  }
  const stale = newest !== null && known.testedAt !== null && known.testedAt < newest.at
  const asLooked = !known.changed && newest !== null && newest.source !== 'file' // the wizard puts nothing in force that nobody looked at
  return {
    points: points(),
    look: known.looked || asLooked ? null : 'look',
    corridor: known.corridor ? null : 'corridor',
    reference: known.reference ? null : 'reference',
    tests: known.testedAt === null ? 'tests' : stale ? 'tests_old' : null,
    activate: known.changed ? 'activate' : known.calibration?.kind ? null : 'none',
  }
}

/** Whether the points can be put in force: they fit, and somebody looked. */
export function mayActivate(known: Known): boolean {
  const lacks = lacking(known)
  return lacks.points === null && lacks.look === null && known.changed
}
