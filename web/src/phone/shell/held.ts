// What waits in the queue and counts here already: once it is sent it goes on counting until the server has been asked anew,
// so that no step that was done stands there again for a moment.
import { shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'

export function useHeld<T>(waiting: ComputedRef<T[]>, reload: () => Promise<void>): ShallowRef<T[]> {
  const held = shallowRef<T[]>(waiting.value)
  watch(waiting, async (now, before) => {
    if (now.length < before.length) await reload()
    held.value = waiting.value
  })
  return held
}
