// The phone's own store: what waits to be sent with its pictures, and what became of what was. Nothing here is a rule.
import Dexie, { type EntityTable } from 'dexie'
import type { HalfHead } from '@/rules/halves'
import type { DraftHead } from '@/rules/queue'

export interface DraftPicture {
  name: string
  blob: Blob
}

export interface Problem {
  status: number
  detail: string
  field: string | null
  fix: string | null
}

export interface Draft extends DraftHead {
  /** Which form made it: `phone.draft.<kind>` is its name in the list. */
  kind: string
  door: string
  /** How the body goes: JSON; one part of a form beside the pictures; or each entry as a field of a form. */
  shape: 'json' | 'part' | 'fields'
  part: string
  body: Record<string, unknown>
  pictures: DraftPicture[]
  madeAt: number
  /** Where it can be mended when the server refuses it: a path of the phone. */
  edit: string | null
  problem: Problem | null
}

export interface Sent {
  id: string
  kind: string
  at: number
  madeAt: number
  person: string | null
  /** What the server answered, the link among it. */
  answer: Record<string, unknown>
}

/** A form that was begun and not sent (queue/halves.ts); its pictures lie apart, so that typing does not write them anew. */
export interface Half extends HalfHead {
  value: unknown
  /** How many pictures it has. */
  pictures: number
}

export interface HalfPictures {
  n: number
  pictures: DraftPicture[]
}

const KEPT_SENT = 100

class PhoneStore extends Dexie {
  drafts!: EntityTable<Draft, 'n'>
  sent!: EntityTable<Sent, 'id'>
  halves!: EntityTable<Half, 'n'>
  halfPictures!: EntityTable<HalfPictures, 'n'>

  constructor() {
    super('pipewarden', { chromeTransactionDurability: 'strict' }) // a draft that was shown as kept is on the disk, not on its way there
    this.version(1).stores({ drafts: '++n,&id,state', sent: 'id,at,kind' })
    this.version(2).stores({ halves: '++n,form', halfPictures: 'n' })
  }
}

export const store = new PhoneStore()

/** The draft is gone and its answer is kept, both or neither: a kill between them would lose the link. */
export function settle(draft: Draft, answer: Record<string, unknown>, at: number): Promise<void> {
  return store.transaction('rw', store.drafts, store.sent, async () => {
    await store.sent.put({ id: draft.id, kind: draft.kind, at, madeAt: draft.madeAt, person: draft.person, answer })
    await store.drafts.delete(draft.n)
    const many = await store.sent.count()
    if (many > KEPT_SENT) await store.sent.orderBy('at').limit(many - KEPT_SENT).delete()
  })
}
