// Who did something: a person's or device's name, or what the house calls itself.
import type { AuditEntry } from '@/api/kinds'
import type { Say } from '../say'

export function actorOf(say: Say, one: Pick<AuditEntry, 'actor' | 'actor_kind' | 'actor_id'>): string {
  if (one.actor !== null) return one.actor
  if (one.actor_kind === 'operator' || one.actor_kind === 'system') return say.t(`audit.${one.actor_kind}`)
  return one.actor_id
}
