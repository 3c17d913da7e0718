// A form is kept while it is typed: a reload, a kill or a call in between costs nobody what they had said. What was begun lies
// beside the drafts, in the same store: sending it and forgetting that it was half are one transaction. No password lies here.
import { liveQuery } from 'dexie'
import { computed, onBeforeUnmount, shallowReactive, shallowRef, watch, type ComputedRef } from 'vue'
import { isOutdated, offered } from '@/rules/halves'
import { useSession } from '@/stores/session'
import { store, type DraftPicture, type Half } from './db'

/** What a form holds now; null while it holds nothing that a person typed. */
export interface Written<T> {
  value: T
  pictures: DraftPicture[]
}

export interface HalfForm {
  /** Takes up what was begun before: the form is filled, and what is typed on goes to the same place. */
  take: (half: Half) => Promise<void>
  /** For the queue: what it deletes when it keeps the draft. Nothing more is written here until the form changes. */
  close: () => Promise<number | null>
  /** It is not wanted. */
  drop: () => Promise<void>
}

const PAUSE_MS = 400
/** What forms of this tab write just now: it is no offer. */
const writing = shallowReactive(new Set<number>())

export function dropHalf(n: number): Promise<void> {
  return store.transaction('rw', store.halves, store.halfPictures, async () => {
    await store.halves.delete(n)
    await store.halfPictures.delete(n)
  })
}

/** Whoever signs out takes along what they had begun; a session that merely ended keeps it for them. */
export async function forgetHalves(person: string): Promise<void> {
  const theirs = await store.halves.filter((one) => one.person === person).primaryKeys()
  for (const n of theirs) await dropHalf(n)
}

/** What was begun on a form before, the newest first. Nothing is offered where the phone keeps nothing. */
export function useHalves(form: string): ComputedRef<Half[]> {
  const session = useSession()
  const all = shallowRef<Half[]>([])
  const listening = liveQuery(() => store.halves.where('form').equals(form).toArray()).subscribe({
    next: (now) => {
      all.value = now
      for (const one of now) if (isOutdated(one, Date.now())) void dropHalf(one.n)
    },
    error: () => {
      all.value = []
    },
  })
  onBeforeUnmount(() => listening.unsubscribe())
  return computed(() => offered(all.value, form, session.me?.id ?? null, writing, Date.now()))
}

export function useHalf<T>(form: string, written: () => Written<T> | null, fill: (value: T, pictures: DraftPicture[]) => void): HalfForm {
  const session = useSession()
  let n: number | null = null
  let pictured: DraftPicture[] = []
  let timer: number | undefined
  let line: Promise<void> = Promise.resolve()

  async function save(now: Written<T> | null): Promise<void> {
    if (now === null) {
      if (n !== null) await dropHalf(n)
      n = null
      return
    }
    const value: unknown = JSON.parse(JSON.stringify(now.value))
    const row = { form, person: session.me?.id ?? null, at: Date.now(), value, pictures: now.pictures.length }
    await store.transaction('rw', store.halves, store.halfPictures, async () => {
      if (n !== null && (await store.halves.get(n)) === undefined) n = null // sent, or thrown away elsewhere
      const fresh = n === null
      if (n === null) n = await store.halves.add(row as Half)
      else await store.halves.update(n, row)
      writing.add(n)
      if (fresh ? now.pictures.length > 0 : now.pictures !== pictured) await store.halfPictures.put({ n, pictures: now.pictures.map(({ name, blob }) => ({ name, blob })) })
    })
    pictured = now.pictures
  }

  const inLine = (work: () => Promise<void>): Promise<void> => {
    line = line.then(work).catch(() => undefined) // a phone that keeps nothing says so when something is sent
    return line
  }

  function flush(): void {
    if (timer === undefined) return
    window.clearTimeout(timer)
    timer = undefined
    const now = written()
    void inLine(() => save(now))
  }

  const hidden = (): void => {
    if (document.hidden) flush()
  }

  async function take(half: Half): Promise<void> {
    await inLine(async () => {
      const row = await store.halves.get(half.n)
      if (row === undefined) return
      const pictures = (await store.halfPictures.get(half.n))?.pictures ?? []
      if (n !== null && n !== half.n) await dropHalf(n)
      n = half.n
      pictured = pictures
      writing.add(n)
      fill(row.value as T, pictures)
    })
  }

  async function close(): Promise<number | null> {
    window.clearTimeout(timer)
    timer = undefined
    await line
    return n
  }

  async function drop(): Promise<void> {
    const was = await close()
    if (was !== null) await dropHalf(was)
  }

  watch(written, () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(flush, PAUSE_MS)
  }, { deep: true })
  document.addEventListener('visibilitychange', hidden)
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', hidden)
    flush()
    void inLine(async () => {
      if (n !== null) writing.delete(n)
    })
  })

  return { take, close, drop }
}
