// The administrators' pages: what each is for and who opens it, what an edit of a role changes, whether a key still works.

export interface Part {
  name: string
  /** Where it is; parts of /admin itself have their name as path. */
  path: string
  /** Any of these permissions opens it. */
  needs: readonly string[]
}

export interface Group {
  name: 'persons' | 'ways' | 'rules' | 'record'
  parts: readonly Part[]
}

const own = (name: string, ...needs: string[]): Part => ({ name, path: `/admin/${name}`, needs })

/** Every part, in the order in which the overview shows it. */
export const GROUPS: readonly Group[] = [
  {
    name: 'persons',
    parts: [
      { name: 'people', path: '/people', needs: ['person:read'] },
      own('roles', 'role:read'),
      { name: 'roster', path: '/roster', needs: ['roster:read'] },
      { name: 'signins', path: '/sign-ins', needs: ['session:read', 'factor:reset'] },
      own('tenants', 'tenant:read'),
    ],
  },
  {
    name: 'ways',
    parts: [own('channels', 'channel:read'), own('webhooks', 'channel:read'), own('keys', 'api_key:read'), own('doors', 'channel:read', 'person:manage')],
  },
  {
    name: 'rules',
    parts: [
      own('switches', 'switch:read'),
      { name: 'policies', path: '/policies/supervision', needs: ['policy:read'] },
      { name: 'rulebook', path: '/rules', needs: ['policy:read'] },
    ],
  },
  {
    name: 'record',
    parts: [
      { name: 'audit', path: '/audit', needs: ['audit:read'] },
      { name: 'privacy', path: '/privacy', needs: ['policy:read', 'hold:set', 'audit:read'] },
      { name: 'operation', path: '/operation', needs: ['system:read'] },
    ],
  },
]

/** The parts that are tabs of /admin. */
export const TABS: readonly Part[] = GROUPS.flatMap((group) => group.parts).filter((part) => part.path.startsWith('/admin/'))

export function opens(part: Part, may: (permission: string) => boolean): boolean {
  return part.needs.some(may)
}

export type Permits = Record<string, string>

export interface Changes {
  added: { name: string; scope: string }[]
  removed: { name: string; scope: string }[]
}

/** What an edit adds, with the new scope, and takes away, with the old one: as the server says it. */
export function changes(before: Permits, after: Permits): Changes {
  const differs = (from: Permits, to: Permits): { name: string; scope: string }[] =>
    Object.entries(from).filter(([name, scope]) => to[name] !== scope).map(([name, scope]) => ({ name, scope })).sort((one, other) => (one.name < other.name ? -1 : 1))
  return { added: differs(after, before), removed: differs(before, after) }
}

/** How many permissions an edit touches: one that only reaches further counts once. */
export function touched({ added, removed }: Changes): number {
  return new Set([...added, ...removed].map((one) => one.name)).size
}

/** Permissions by what they are about, in the order of the book. */
export function byResource<T extends { name: string }>(known: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const one of known) {
    const resource = one.name.split(':')[0] ?? ''
    groups.set(resource, [...(groups.get(resource) ?? []), one])
  }
  return [...groups]
}

/** How the words call a permission: a colon has no place in a key. */
export function permissionKey(name: string): string {
  return name.replace(':', '_')
}

export const SCOPES = ['own', 'area', 'tenant'] as const

/** The scopes that may be chosen: those of a tenant, and the wider one that ships with the role. */
export function scopesOf(shipped: string | undefined): string[] {
  return shipped === undefined || (SCOPES as readonly string[]).includes(shipped) ? [...SCOPES] : [...SCOPES, shipped]
}

export type KeyState = 'live' | 'ending' | 'over' | 'revoked'
const SOON_MS = 14 * 86_400_000

/** Whether a key works, and whether somebody should see to its successor. */
export function keyState(key: { expires_at: string; revoked_at: string | null }, now: number): KeyState {
  if (key.revoked_at !== null) return 'revoked'
  const left = Date.parse(key.expires_at) - now
  return left <= 0 ? 'over' : left <= SOON_MS ? 'ending' : 'live'
}

/** The moment some days from now, as the server takes it. */
export function daysAhead(days: number, now: number): string {
  return new Date(now + days * 86_400_000).toISOString()
}

const ENDED = new Set(['accepted', 'logged', 'failed', 'dropped'])

/** Whether something of these is still on its way, so that it is worth asking again. */
export function underWay(deliveries: readonly { state: string }[]): boolean {
  return deliveries.some((one) => !ENDED.has(one.state))
}
