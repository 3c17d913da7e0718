// One act on money at a time, under one key until the server has answered for good.
//
// Money acts are NOT queued as the phone's other writes are (phone/queue): what was queued would be sent some day later,
// without the second factor that a withdrawal needs at that moment, out of a wallet that holds something else by then, and
// nobody would see the answer. So there is no line, no act; the buttons say so.
//
// The key lies on this device's disk before the first byte leaves it, beside what is asked for, and stays there until an
// answer came that was given for this very key: a tap twice, a reload, a lost line or another page of the same browser send
// the same act again, and the server takes it as the first (its keys of money are kept for ever). Until then the form takes
// nothing else: another amount under another key could be paid beside it.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Wrong } from '@/api/client'
import { freshKey } from '@/api/key'
import { outcomeOf, readAttempt, type Attempt } from '@/rules/attempt'
import { useSession } from './session'

export interface MoneyAct<B, T> {
  /** What was asked for and is not answered: only this can be sent, once more. */
  open: ShallowRef<B | null>
  sending: Ref<boolean>
  wrong: ShallowRef<Wrong | null>
  /** Sends it, or what is still open; null where nothing is known to be done. */
  run: (body: B) => Promise<T | null>
}

const memory = new Map<string, string>()

function disk(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null // a browser that keeps nothing: the page's own memory must do
  }
}

function kept(name: string): string | null {
  return disk()?.getItem(name) ?? memory.get(name) ?? null
}

function keep(name: string, text: string): void {
  memory.set(name, text)
  try {
    disk()?.setItem(name, text)
  } catch {
    // a full disk: as above
  }
}

function forget(name: string): void {
  memory.delete(name)
  disk()?.removeItem(name)
}

/**
 * @param name of the form; each person has one act of each at a time.
 * @param post sends it under a key; throws `Wrong`.
 */
export function useMoneyAct<B, T>(name: string, post: (body: B, headers: { 'Idempotency-Key': string }) => Promise<T>): MoneyAct<B, T> {
  const session = useSession()
  const at = `pipewarden.money.${session.me?.id ?? ''}.${name}`
  const known = (): Attempt<B> | null => readAttempt<B>(kept(at))
  const open = shallowRef<B | null>(known()?.body ?? null)
  const sending = ref(false)
  const wrong = shallowRef<Wrong | null>(null)

  async function run(body: B): Promise<T | null> {
    if (sending.value) return null // the second of two taps
    sending.value = true
    wrong.value = null
    const now = known() ?? { key: freshKey(), body, doubtful: false }
    keep(at, JSON.stringify({ ...now, doubtful: true })) // true until an answer came: the page may end before it does
    try {
      const made = await post(now.body, { 'Idempotency-Key': now.key })
      forget(at)
      open.value = null
      return made
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      wrong.value = error
      if (outcomeOf(error.status, now.doubtful, error.waitSeconds > 0) === 'refused') {
        forget(at)
        open.value = null
      } else open.value = now.body
      return null
    } finally {
      sending.value = false
    }
  }

  return { open, sending, wrong, run }
}
