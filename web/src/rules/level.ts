// Which level an alarm has. Until casework gives levels of its own, the zone alone decides, and the page says so.
import type { Zone } from '../api/kinds.ts'

export type Level = 1 | 2 | 3 | 4
export const LEVELS: readonly Level[] = [1, 2, 3, 4]
export const ROMAN: Record<Level, string> = { 1: 'I', 2: 'II', 3: 'III', 4: 'IV' }

/** An unknown distance is taken as inside: what is not known to be far must be treated as near. */
const LEVEL_OF: Record<Zone, Level> = { protection: 1, unknown: 1, control: 2, outside: 4 }

export function levelOf(zone: Zone): Level {
  return LEVEL_OF[zone]
}

/** The four shapes in a 24 x 24 box: filled octagon, filled triangle, diamond, hollow circle. */
export const SHAPES: Record<Level, string> = {
  1: 'M8 2.2h8l5.8 5.8v8L16 21.8H8L2.2 16V8z',
  2: 'M12 2.4 22.6 21H1.4z',
  3: 'M12 1.6 22.4 12 12 22.4 1.6 12z',
  4: 'M12 3.2a8.8 8.8 0 1 1 0 17.6 8.8 8.8 0 0 1 0-17.6z',
}

/** Told to us, not seen by our own eye: these have words and no score. */
export const SAID: ReadonlySet<string> = new Set(['report', 'device', 'gas_leak'])

export type Sure = 'certain' | 'likely' | 'doubtful'

/** Three words for a detector's score; a person's words have none. */
export function sureOf(score: number | null): Sure | null {
  if (score === null) return null
  if (score >= 0.7) return 'certain'
  return score >= 0.5 ? 'likely' : 'doubtful'
}
