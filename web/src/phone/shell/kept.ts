// What was read is kept on the phone, so that it can be read without a line: it says its age, and belongs to one person alone.
import Dexie, { type EntityTable } from 'dexie'
import { effectScope, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { serverNow, Wrong } from '@/api/client'
import { useSession } from '@/stores/session'

interface Row {
  key: string
  person: string
  at: number
  value: unknown
}

class KeptStore extends Dexie {
  rows!: EntityTable<Row, 'key'>

  constructor() {
    super('pipewarden-kept')
    this.version(1).stores({ rows: 'key,person' })
  }
}

const store = new KeptStore()
let followed = false
/** The map of one's own area lies in a cache of its own for each person: it shows pipes. */
export const MAPS = 'pipewarden-map-'

async function dropMaps(person: string | null): Promise<void> {
  if (!('caches' in window)) return
  for (const name of await caches.keys()) if (name.startsWith(MAPS) && name !== `${MAPS}${person ?? ''}`) await caches.delete(name)
}

/** Whoever leaves takes along what was kept for them: the next one on this phone finds nothing. Called by the shell. */
export function followSession(): void {
  const session = useSession()
  if (followed) return
  followed = true
  // of no page: the one that asked first is gone by then
  effectScope(true).run(() => watch(() => (session.state === 'unknown' ? undefined : (session.me?.id ?? null)), (person) => {
    if (person === undefined) return
    void store.rows.filter((one) => one.person !== person).delete().catch(() => undefined)
    void dropMaps(person)
  }, { immediate: true }))
}

export interface Kept<T> {
  value: ShallowRef<T | null>
  /** When the server said it, milliseconds. */
  at: Ref<number | null>
  /** Not asked anew yet, or not to be asked: what is shown may be old. */
  old: Ref<boolean>
  wrong: ShallowRef<Wrong | null>
  loading: Ref<boolean>
  load: () => Promise<void>
}

/** Reads with a memory: what was known shows at once, then what the server says; without a line the first stays, marked as old. */
export function useKept<T>(key: string, read: () => Promise<T>): Kept<T> {
  const session = useSession()
  const value = shallowRef<T | null>(null)
  const at = ref<number | null>(null)
  const old = ref(false)
  const wrong = shallowRef<Wrong | null>(null)
  const loading = ref(false)
  followSession()

  async function remember(person: string): Promise<void> {
    const row = await store.rows.get(`${person} ${key}`).catch(() => undefined)
    if (row === undefined || value.value !== null) return
    value.value = row.value as T
    at.value = row.at
    old.value = true
  }

  async function load(): Promise<void> {
    const person = session.me?.id
    if (person === undefined) return
    loading.value = true
    wrong.value = null
    await remember(person)
    try {
      await session.back()
      value.value = await read()
      at.value = serverNow()
      old.value = false
      const plain: unknown = JSON.parse(JSON.stringify(value.value))
      await store.rows.put({ key: `${person} ${key}`, person, at: at.value, value: plain }).catch(() => undefined)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      old.value = value.value !== null
      if (error.status !== 0 || value.value === null) wrong.value = error
    } finally {
      loading.value = false
    }
  }

  return { value, at, old, wrong, loading, load }
}

/** Keeps a value of one's own until it is needed: what was said on a form of several steps. */
export async function keepOwn(key: string, value: unknown): Promise<void> {
  const person = useSession().me?.id
  if (person === undefined) return
  await store.rows.put({ key: `${person} own ${key}`, person, at: Date.now(), value: JSON.parse(JSON.stringify(value)) as unknown })
}

export async function ownOf<T>(key: string): Promise<T | null> {
  const person = useSession().me?.id
  const row = person === undefined ? undefined : await store.rows.get(`${person} own ${key}`).catch(() => undefined)
  return row === undefined ? null : (row.value as T)
}

export async function dropOwn(key: string): Promise<void> {
  const person = useSession().me?.id
  if (person !== undefined) await store.rows.delete(`${person} own ${key}`).catch(() => undefined)
}
