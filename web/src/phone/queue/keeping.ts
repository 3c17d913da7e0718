// A form that lays its draft into the queue says so (aria-busy) and hears no second tap meanwhile: before the draft is on the
// phone's disk nothing counts it, and two taps would be two drafts.
import { ref, type Ref } from 'vue'

export interface Keeping {
  /** A draft of this form is on its way to the disk. */
  keeping: Ref<boolean>
  keep: (work: () => Promise<unknown>) => Promise<void>
}

export function useKeeping(): Keeping {
  const keeping = ref(false)

  async function keep(work: () => Promise<unknown>): Promise<void> {
    if (keeping.value) return
    keeping.value = true
    try {
      await work()
    } finally {
      keeping.value = false
    }
  }

  return { keeping, keep }
}
