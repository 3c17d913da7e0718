// What was typed and not sent is never lost without a question: by a button, by a link, or with the tab.
import { onBeforeUnmount } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'
import { useSession } from '@/stores/session'

/** Returns the question itself, for the buttons that drop what was typed: whether it may go. */
export function useLeaving(unsent: () => boolean, question: () => string): () => boolean {
  const session = useSession()
  const may = (): boolean => session.state === 'out' || !unsent() || window.confirm(question())
  const hold = (event: BeforeUnloadEvent): void => {
    if (unsent()) event.preventDefault()
  }

  onBeforeRouteLeave(may)
  onBeforeRouteUpdate(may)
  window.addEventListener('beforeunload', hold)
  onBeforeUnmount(() => window.removeEventListener('beforeunload', hold))
  return may
}
