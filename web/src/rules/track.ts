// A way as the phone records it: which positions are kept, how far it is, when a batch goes.
import type { LonLat } from '../api/kinds.ts'
import { offsetOf } from './spot.ts'

export interface TrackPoint {
  /** The phone's own number, growing within one patrol. */
  n: number
  at: string
  lon: number
  lat: number
  crs: 'wgs84'
  accuracy_m: number
  speed_mps: number | null
  course_deg: number | null
}

export interface Fix {
  lon: number
  lat: number
  accuracy_m: number
  /** Milliseconds by the phone. */
  at: number
}

/** Positions closer in time than this say nothing new, milliseconds. */
const LEAST_MS = 3000
/** Vaguer than this counts no length, metres; it is sent all the same: the server judges. */
const VAGUE_M = 50
/** A step shorter than this is the noise of standing, metres. */
const STEP_M = 10
/** How many lie on the phone before they go without a line, and how long with one. */
export const BATCH = 400
export const EVERY_MS = 60_000

export function keeps(last: Fix | null, next: Fix): boolean {
  return last === null || next.at - last.at >= LEAST_MS || next.at < last.at
}

export interface Length {
  m: number
  anchor: Fix | null
}

/** Adds a position: the way goes on from the last place that was left by more than the error of both. */
export function longer(now: Length, next: Fix): Length {
  if (next.accuracy_m > VAGUE_M) return now
  if (now.anchor === null) return { m: now.m, anchor: next }
  const from: LonLat = [now.anchor.lon, now.anchor.lat]
  const step = Math.hypot(...offsetOf([next.lon, next.lat], from))
  if (step < Math.max(STEP_M, now.anchor.accuracy_m + next.accuracy_m)) return now
  return { m: now.m + step, anchor: next }
}

/** Whether what lies on the phone goes into the queue now. */
export function isDue(waiting: number, sinceMs: number, online: boolean): boolean {
  return waiting > 0 && (waiting >= BATCH || (online && sinceMs >= EVERY_MS))
}

/** The point as the door takes it: a speed or a course that is none is left empty. */
export function pointOf(n: number, fix: Fix, speed: number | null, course: number | null): TrackPoint {
  const some = (value: number | null): number | null => (value === null || !Number.isFinite(value) || value < 0 ? null : value)
  return {
    n, at: new Date(fix.at).toISOString(), lon: fix.lon, lat: fix.lat, crs: 'wgs84', accuracy_m: Math.min(100_000, Math.max(0, fix.accuracy_m)),
    speed_mps: some(speed), course_deg: some(course),
  }
}
