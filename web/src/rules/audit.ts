// What the audit page asks for: kinds of acts, the day a person means, and the reasons that need no words.

export const KINDS = [
  'person', 'membership', 'role', 'session', 'api_key', 'contacts', 'duty', 'switch', 'policy', 'camera', 'alarm',
  'review', 'site', 'filing', 'document', 'evidence', 'strike', 'webhook', 'model', 'views', 'audit',
  'hold', 'consent', 'erasure', 'label', 'channel', 'tenant', 'provider',
] as const

export const VIEWED = ['contact', 'original', 'reporter', 'track', 'export'] as const

export const REASONS = ['emergency', 'site', 'reaching', 'evidence', 'complaint', 'subject', 'quality', 'audit'] as const

const DAY_MS = 86_400_000

/** The whole day in China that a date field holds; nothing for an empty or half-typed one. */
export function dayOf(day: string): { since?: string; until?: string } {
  const begin = Date.parse(`${day}T00:00:00+08:00`)
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(begin)) return {}
  return { since: new Date(begin).toISOString(), until: new Date(begin + DAY_MS).toISOString() }
}

/** The filters that the address holds, as the server takes them. */
export function auditQuery(asked: (name: string) => string): Record<string, string> {
  const act = KINDS.find((one) => one === asked('kind'))
  const person = asked('person')
  const object = asked('object').trim()
  return { ...(act === undefined ? {} : { act }), ...(object === '' ? {} : { object_id: object }), ...(person === '' ? {} : { actor_id: person }), ...dayOf(asked('day')) }
}

export function viewQuery(asked: (name: string) => string): Record<string, string> {
  const what = VIEWED.find((one) => one === asked('kind'))
  const person = asked('person')
  return { ...(what === undefined ? {} : { what }), ...(person === '' ? {} : { actor_id: person }), ...dayOf(asked('day')) }
}

/** What an act says beside itself, in one short line; nothing where it says nothing. */
export function detailsLine(details: Record<string, unknown>): string {
  return Object.entries(details).map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' · ')
}

/** Words as a header holds them; headers know no Chinese. */
export function asHeader(reason: string): string {
  return encodeURIComponent(reason.trim())
}

/** Whether a reason will do: the server asks for two letters at least and 200 characters at most. */
export function isReason(reason: string): boolean {
  const letters = reason.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  return letters >= 2 && [...reason.trim()].length <= 200
}
