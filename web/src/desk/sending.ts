// One act at a time that the server may refuse: what is under way, and what was wrong with the last one.
import { ref, shallowRef, type Ref } from 'vue'
import { Wrong } from '@/api/client'

export interface Sending {
  sending: Ref<boolean>
  wrong: Ref<Wrong | null>
  send: (act: () => Promise<void>) => Promise<void>
}

export function useSending(): Sending {
  const sending = ref(false)
  const wrong = shallowRef<Wrong | null>(null)

  /** Runs an act; what the server refuses is kept in `wrong`, every other fault is thrown on. */
  async function send(act: () => Promise<void>): Promise<void> {
    sending.value = true
    wrong.value = null
    try {
      await act()
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      wrong.value = error
    } finally {
      sending.value = false
    }
  }

  return { sending, wrong, send }
}
