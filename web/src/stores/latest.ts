// Of several requests for the same thing the last one counts: an older answer that comes late changes nothing.
import { ref, shallowRef, type Ref } from 'vue'
import { Wrong } from '@/api/client'

export interface Latest {
  loading: Ref<boolean>
  wrong: Ref<Wrong | null>
  latest: <T>(asked: () => Promise<T>, take: (got: T) => void) => Promise<void>
  overtake: () => void
  mark: () => () => boolean
}

export function useLatest(): Latest {
  const loading = ref(false)
  const wrong = shallowRef<Wrong | null>(null)
  let turn = 0

  /** Returns a check whether nothing newer was asked for, or overtook, since now. */
  function mark(): () => boolean {
    const mine = turn
    return () => mine === turn
  }

  async function latest<T>(asked: () => Promise<T>, take: (got: T) => void): Promise<void> {
    turn += 1
    const still = mark()
    loading.value = true
    try {
      const got = await asked()
      if (!still()) return
      take(got)
      wrong.value = null
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      if (still()) wrong.value = error
    } finally {
      if (still()) loading.value = false
    }
  }

  /** Lets an answer that is still on its way change nothing. */
  function overtake(): void {
    turn += 1
    loading.value = false
  }

  return { loading, wrong, latest, overtake, mark }
}
