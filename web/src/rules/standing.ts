// Where an alarm stands at the desk: taken by somebody, silent by a verdict, or open; and when one is news.
import type { Alarm } from '../api/kinds.ts'
import { levelOf } from './level.ts'

export type Standing = 'open' | 'silent' | 'taken'
type Judged = Pick<Alarm, 'verdict' | 'silent_until' | 'last_seen'>

/** A silence covers what was seen by its end: a machine seen after it is open, though nobody has judged it anew. */
export function isSilent(one: Judged, now: number): boolean {
  if (one.verdict !== 'rejected' || one.silent_until === null) return false
  return (one.last_seen === null ? now : Date.parse(one.last_seen)) <= Date.parse(one.silent_until)
}

export function standingOf(one: Judged & Pick<Alarm, 'acknowledged_at'>, now: number): Standing {
  if (one.acknowledged_at !== null) return 'taken'
  return isSilent(one, now) ? 'silent' : 'open'
}

/** Whether a known alarm has become worse: graver than it was, or heard again after a silence. */
export function worsened(before: Judged & Pick<Alarm, 'network'>, after: Judged & Pick<Alarm, 'network'>, now: number): boolean {
  const graver = levelOf(after.network.zone) < levelOf(before.network.zone)
  return graver || (isSilent(before, now) && !isSilent(after, now))
}
