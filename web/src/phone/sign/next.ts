// Where somebody goes on after signing in: first what the session still lacks, then a path of the phone, never another site's.
import type { LocationQuery, RouteLocationRaw } from 'vue-router'

export function nextOf(query: LocationQuery): string {
  const next = query.next
  return typeof next === 'string' && /^\/(?!\/)/.test(next) ? next : '/'
}

export function onward(lacks: string | null, mustChange: boolean, query: LocationQuery): RouteLocationRaw {
  if (lacks === 'factor') return { name: 'factor', query: { next: nextOf(query) } }
  return mustChange ? { name: 'password' } : nextOf(query)
}
