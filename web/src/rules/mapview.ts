// What the map leaves out, as a set of words that stands in the address and is kept by the browser: nothing is left out unless somebody says so.
import type { Alarm } from '../api/kinds.ts'
import { levelOf, LEVELS } from './level.ts'
import { CLASSES } from './pipes.ts'
import type { Standing } from './standing.ts'

export const LAYERS = ['alarms', 'errors', 'sites', 'cameras', 'seen', 'pipes', 'ranges', 'stations', 'names'] as const
export const STANDINGS: readonly Standing[] = ['open', 'silent', 'taken']
export const SOURCES = ['camera', 'person', 'report', 'device', 'task', 'standby'] as const
export type MapLayer = (typeof LAYERS)[number]
export type MapSource = (typeof SOURCES)[number]
export const GROUPS = {
  layer: LAYERS as readonly string[],
  class: CLASSES as readonly string[],
  standing: STANDINGS as readonly string[],
  level: LEVELS.map(String) as readonly string[],
  source: SOURCES as readonly string[],
} as const
export type Group = keyof typeof GROUPS
export type Hidden = ReadonlySet<string>

export const word = (group: Group, name: string): string => `${group}.${name}`
const KNOWN = new Set(Object.entries(GROUPS).flatMap(([group, names]) => names.map((name) => word(group as Group, name))))

/** Words that are not known (an old address, a slip) hide nothing. */
export function readHidden(text: unknown): Set<string> {
  return new Set(typeof text === 'string' ? text.split(' ').filter((one) => KNOWN.has(one)) : [])
}

export function writeHidden(hidden: Hidden): string {
  return [...KNOWN].filter((one) => hidden.has(one)).join(' ')
}

export function turned(hidden: Hidden, group: Group, name: string): Set<string> {
  const now = new Set(hidden)
  if (!now.delete(word(group, name))) now.add(word(group, name))
  return now
}

/** Who told it: streams are named after a camera, or after the kind of teller with a colon behind. */
export function sourceOf(stream: string): MapSource {
  const [kind, rest] = stream.split(':')
  return rest === undefined ? 'camera' : (SOURCES.find((one) => one === kind) ?? 'camera')
}

/** An alarm is shown while its level, its standing and one of its tellers are. */
export function showsAlarm(hidden: Hidden, one: Pick<Alarm, 'network' | 'streams'>, standing: Standing): boolean {
  if (hidden.has('layer.alarms')) return false
  if (hidden.has(word('level', String(levelOf(one.network.zone)))) || hidden.has(word('standing', standing))) return false
  return one.streams.length === 0 || one.streams.some((stream) => !hidden.has(word('source', sourceOf(stream))))
}

export const showsLevel = (hidden: Hidden, level: number): boolean => !hidden.has(word('level', String(level)))
