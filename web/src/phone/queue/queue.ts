// Everything that the phone sends goes through here: kept first, then sent once, in order, one at a time, from one tab.
// `put()` returns when the draft is on the phone's disk; `sentOf(id)` waits for the server's answer.
import { liveQuery } from 'dexie'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { deliver, serverNow, type Delivered } from '@/api/client'
import { freshKey } from '@/api/key'
import { nextOf, outcomeOf, unsentOf, wakeAt, type Line } from '@/rules/queue'
import { namedIn, unbound, withIds } from '@/rules/refs'
import { useSession } from '@/stores/session'
import { settle, store, type Draft, type DraftPicture, type Sent } from './db'

/** What a form hands over. `draft` false: the door knows no draft id, the Idempotency-Key alone keeps it one. */
export interface Put {
  kind: string
  door: string
  body: Record<string, unknown>
  shape?: Draft['shape']
  part?: string
  pictures?: DraftPicture[]
  open?: boolean
  urgent?: boolean
  edit?: string
  draft?: boolean
  /** The id under which it lies in the queue already: what was mended takes its place. */
  replaces?: string
  /** What was kept of the form while it was typed: gone as soon as the draft is kept, both or neither. */
  half?: number | null
}

const LOCK = 'pipewarden.queue'
const SEND_MS = 180_000
const OTHER_TAB_MS = 3000
const ONLINE_CHECK_MS = 60_000

export const useQueue = defineStore('queue', () => {
  const session = useSession()
  const drafts = shallowRef<Draft[]>([])
  const sent = shallowRef<Sent[]>([])
  const sending = ref<string | null>(null)
  /** The phone refuses to keep anything (private mode, no room): said aloud, since then nothing survives. */
  const broken = ref(false)
  const unsent = computed(() => unsentOf(drafts.value))
  let pumping = false
  let timer: number | undefined
  let waiters: { id: string; told: (sent: Sent | null) => void }[] = []

  function person(): string | null {
    return session.state === 'in' ? (session.me?.id ?? null) : null
  }

  async function line(): Promise<Line> {
    const known = session.state === 'in' && !session.mustChange && session.lacks === null && (!session.away || (navigator.onLine && (await session.back())))
    return { online: navigator.onLine, person: known ? person() : null, now: Date.now() }
  }

  function tell(id: string, what: Sent | null): void {
    for (const one of waiters.filter((waiter) => waiter.id === id)) one.told(what)
    waiters = waiters.filter((waiter) => waiter.id !== id)
  }

  /** A body with the ids that the server gave to the drafts it names (rules/refs.ts). */
  async function answered<T>(body: T): Promise<T> {
    const found = await store.sent.bulkGet(namedIn(body))
    return withIds(body, new Map(found.flatMap((one) => (typeof one?.answer.id === 'string' ? [[one.id, one.answer.id] as const] : []))))
  }

  async function bodyOf(draft: Draft): Promise<FormData | string> {
    const body = await answered(draft.body)
    if (draft.shape === 'json') return JSON.stringify(body)
    const form = new FormData()
    if (draft.shape === 'part') form.set(draft.part, JSON.stringify(body))
    else for (const [key, said] of Object.entries(body)) form.set(key, String(said))
    for (const one of draft.pictures) form.append('picture', one.blob, one.name)
    return form
  }

  function problemOf(got: Delivered): Draft['problem'] {
    const said = (typeof got.body === 'object' && got.body !== null ? got.body : {}) as Record<string, unknown>
    const word = (key: string): string | null => (typeof said[key] === 'string' ? said[key] : null)
    return { status: got.status, detail: word('detail') ?? word('title') ?? '', field: word('field'), fix: word('fix') }
  }

  async function sendOne(draft: Draft): Promise<void> {
    sending.value = draft.id
    const stop = new AbortController()
    const late = window.setTimeout(() => stop.abort(), SEND_MS)
    const got = await deliver(draft.door, await bodyOf(draft), draft.id, draft.open, stop.signal)
    window.clearTimeout(late)
    const outcome = outcomeOf(got.status, got.waitSeconds, draft.tries, Date.now(), Math.random())
    if (outcome.to === 'sent') {
      const answer = (typeof got.body === 'object' && got.body !== null ? got.body : {}) as Record<string, unknown>
      await settle(draft, answer, serverNow())
      tell(draft.id, (await store.sent.get(draft.id)) ?? null)
    } else if (outcome.to === 'again') {
      const faults = draft.faults + Number(outcome.fault)
      await store.drafts.update(draft.n, { tries: draft.tries + 1, faults, notBefore: outcome.notBefore, problem: got.status === 0 ? null : problemOf(got) })
    } else if (outcome.to === 'signed-out') {
      if (session.state === 'in') session.leave(true)
      else await store.drafts.update(draft.n, { state: 'refused', problem: problemOf(got) }) // a door that is open to nobody
    } else {
      await store.drafts.update(draft.n, { state: 'refused', problem: problemOf(got) })
      tell(draft.id, null)
    }
    sending.value = null
  }

  async function drain(): Promise<void> {
    for (;;) {
      const now = await line()
      const one = nextOf(unbound(await store.drafts.toArray()), now)
      if (one === null) return
      await sendOne(one)
    }
  }

  /** One tab sends: the lock is the browser's. Without locks (plain http) the server's idempotency alone keeps one from being two. */
  async function alone(work: () => Promise<void>): Promise<void> {
    if (!('locks' in navigator)) return work()
    await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await work()
    })
  }

  async function pump(): Promise<void> {
    if (pumping) return
    pumping = true
    window.clearTimeout(timer)
    try {
      await alone(drain)
    } finally {
      pumping = false
      sending.value = null
    }
    const now = await line()
    const at = wakeAt(await store.drafts.toArray(), now)
    if (at !== null) timer = window.setTimeout(() => void pump(), Math.max(OTHER_TAB_MS, Math.min(at - now.now, ONLINE_CHECK_MS)))
  }

  /** What waited only for a line need not wait longer: it is back, or somebody looks. */
  async function hurry(): Promise<void> {
    await store.drafts.toCollection().modify((one) => {
      if (one.state === 'waits' && one.problem === null) one.notBefore = 0
    })
    await pump()
  }

  /** Keeps a draft, and returns its id when it is on the phone's disk; sending begins by itself. */
  async function put(what: Put): Promise<string> {
    const id = freshKey()
    const body = what.draft === false ? what.body : { ...what.body, draft: id }
    const kept: Omit<Draft, 'n'> = {
      id, kind: what.kind, door: what.door, shape: what.shape ?? ((what.pictures ?? []).length > 0 ? 'part' : 'json'), part: what.part ?? '',
      body: JSON.parse(JSON.stringify(body)) as Record<string, unknown>, pictures: (what.pictures ?? []).map(({ name, blob }) => ({ name, blob })), open: what.open ?? false, urgent: what.urgent ?? false,
      person: what.open ? null : person(), madeAt: Date.now(), edit: what.edit ?? null, state: 'waits', tries: 0, faults: 0, notBefore: 0, problem: null,
    }
    try {
      await store.transaction('rw', store.drafts, store.halves, store.halfPictures, async () => {
        if (what.half != null) {
          await store.halves.delete(what.half)
          await store.halfPictures.delete(what.half)
        }
        if (what.replaces) await store.drafts.where('id').equals(what.replaces).delete()
        await store.drafts.add(kept as Draft)
      })
    } catch (error) {
      broken.value = true
      throw error
    }
    void navigator.storage?.persist?.().catch(() => false)
    void pump()
    return id
  }

  /** Waits for the answer to a draft; null when it was refused. Without a line this waits for days: show the count meanwhile. */
  async function sentOf(id: string): Promise<Sent | null> {
    const done = await store.sent.get(id)
    return done ?? new Promise((told) => waiters.push({ id, told }))
  }

  async function again(draft: Draft): Promise<void> {
    await store.drafts.update(draft.n, { state: 'waits', notBefore: 0, problem: null })
    await pump()
  }

  async function drop(draft: Draft): Promise<void> {
    await store.drafts.delete(draft.n)
    tell(draft.id, null)
  }

  const find = (id: string): Promise<Draft | undefined> => store.drafts.where('id').equals(id).first()

  /** Called once by the shell: follows what lies here, also from other tabs, and sends whenever there may be a line. */
  function start(): void {
    const unread = (): void => {
      broken.value = true
    }
    liveQuery(() => store.drafts.orderBy('n').toArray()).subscribe({
      next: (now) => {
        drafts.value = now
      },
      error: unread,
    })
    liveQuery(() => store.sent.orderBy('at').reverse().toArray()).subscribe({
      next: (now) => {
        sent.value = now
        for (const one of now) tell(one.id, one) // another tab may have sent it
      },
      error: unread,
    })
    window.addEventListener('online', () => void hurry())
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) void hurry()
    })
    void pump()
  }

  return { drafts, sent, sending, broken, unsent, put, sentOf, answered, again, drop, find, hurry, pump, start }
})
