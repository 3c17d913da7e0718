// A form names a picture before the server has named it: by the draft that brings it, until that was sent. Pure.

const MARK = 'sent:'

/** What stands in a body for the id that the server will give to what a draft brings. */
export const nameOfDraft = (draft: string): string => MARK + draft

/** The drafts that a body names, wherever in it. */
export function namedIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith(MARK) ? [value.slice(MARK.length)] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(namedIn)
}

/** The body with the server's ids in the places of drafts; what has none yet stays as it is. */
export function withIds<T>(value: T, ids: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') return (value.startsWith(MARK) ? (ids.get(value.slice(MARK.length)) ?? value) : value) as T
  if (Array.isArray(value)) return value.map((one: unknown) => withIds(one, ids)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withIds(one as unknown, ids)])) as T
}

/** What may go now: not what names a draft that still waits here. */
export function unbound<T extends { id: string; state: string; body: unknown }>(drafts: readonly T[]): T[] {
  const waiting = new Set(drafts.filter((one) => one.state === 'waits').map((one) => one.id))
  return drafts.filter((one) => !namedIn(one.body).some((id) => waiting.has(id)))
}
