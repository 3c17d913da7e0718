// What somebody's words about a purpose come to, and what the wish to be forgotten came to.
import type { Consent, ConsentPurpose } from '@/api/kinds'

export type Standing = 'unsaid' | 'given' | 'older' | 'withdrawn'

/** The last word counts; a yes to a text that is no longer the one shown is asked anew. Words come oldest first. */
export function standingOf(said: Consent[], purpose: ConsentPurpose): { standing: Standing; at: string | null } {
  const last = said.filter((one) => one.purpose === purpose.purpose).at(-1)
  if (last === undefined) return { standing: 'unsaid', at: null }
  if (!last.given) return { standing: 'withdrawn', at: last.at }
  return { standing: last.version === purpose.version ? 'given' : 'older', at: last.at }
}

/** What a hold may name; the server knows a thing by its kind and id, or everything of the tenant by a star. */
export const HOLDABLE = ['site', 'person', 'camera', 'picture', '*'] as const
export type Holdable = (typeof HOLDABLE)[number]

export function subjectOf(kind: Holdable, id: string): string {
  return kind === '*' ? '*' : `${kind}:${id.trim()}`
}

/** Kind and id of what a hold names, for words; a subject of another shape stays whole. */
export function namedBy(subject: string): { kind: Holdable | null; id: string } {
  const kind = HOLDABLE.find((one) => (one === '*' ? subject === '*' : subject.startsWith(`${one}:`)))
  if (kind === undefined) return { kind: null, id: subject }
  return { kind, id: kind === '*' ? '' : subject.slice(kind.length + 1) }
}
