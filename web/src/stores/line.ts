// Whether there is a line: an act on money needs one, a fresh second factor and an answer.
import { onScopeDispose, ref, type Ref } from 'vue'

export function useLine(): Ref<boolean> {
  const there = ref(navigator.onLine)
  const look = (): void => {
    there.value = navigator.onLine
  }
  window.addEventListener('online', look)
  window.addEventListener('offline', look)
  onScopeDispose(() => {
    window.removeEventListener('online', look)
    window.removeEventListener('offline', look)
  })
  return there
}
