// What was done a moment ago and may still be taken back with one key. A deed that the server cannot undo (a taking is a
// line of the record for ever) waits for a few seconds before it is sent; leaving the page sends it at once.
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { Wrong } from '@/api/client'

const GRACE_MS = 5000

interface Deed {
  words: string
  /** Takes it back. */
  back: () => Promise<void> | void
  /** Sends it; absent where it was sent already. */
  send?: () => Promise<void>
}

export const useUndo = defineStore('undo', () => {
  const deed = shallowRef<Deed | null>(null)
  const wrong = shallowRef<Wrong | null>(null)
  const working = ref(false)
  let timer: number | undefined

  async function guarded(act: () => Promise<void> | void): Promise<void> {
    working.value = true
    try {
      await act()
      wrong.value = null
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      wrong.value = error
    } finally {
      working.value = false
    }
  }

  /** Lets go of what may be undone: what waits is sent. */
  async function settle(): Promise<void> {
    window.clearTimeout(timer)
    const now = deed.value
    deed.value = null
    if (now?.send) await guarded(now.send)
  }

  function offer(now: Deed): void {
    void settle()
    wrong.value = null
    deed.value = now
    timer = window.setTimeout(() => void settle(), GRACE_MS)
  }

  async function undo(): Promise<void> {
    window.clearTimeout(timer)
    const now = deed.value
    deed.value = null
    if (now) await guarded(now.back)
  }

  window.addEventListener('pagehide', () => void settle())
  return { deed, wrong, working, offer, undo, settle, guarded }
})
