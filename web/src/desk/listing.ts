// A desk page of a list with one thing at hand: its keys, and reading it again while somebody looks at it.
import { onMounted, onUnmounted } from 'vue'

export interface Listing {
  /** What each key does in the list. */
  actions: Record<string, () => void>
  /** Lets what is at hand take a key first; true when it did. */
  atHand: (key: string) => boolean | undefined
  load: () => Promise<void>
  againMs: number
  /** While this holds, the list takes no keys. */
  rests?: () => boolean
  /** Controls that Enter does not press by itself. */
  entered?: string
}

const TYPING = 'input, textarea, select, [contenteditable]'

export function useListing(of: Listing): void {
  let timer = 0

  function press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || of.rests?.()) return
    if (document.querySelector('dialog[open]')) return // its own keys come first
    const target = event.target as HTMLElement
    if (target.closest(TYPING) !== null) {
      if (event.key === 'Escape') target.blur()
      return
    }
    if (event.key === 'Enter' && target.closest('button, a, summary') && !(of.entered && target.matches(of.entered))) return
    if (of.atHand(event.key)) return event.preventDefault()
    const action = of.actions[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }

  onMounted(() => {
    window.addEventListener('keydown', press)
    void of.load()
    timer = window.setInterval(() => document.hidden || void of.load(), of.againMs)
  })
  onUnmounted(() => {
    window.removeEventListener('keydown', press)
    window.clearInterval(timer)
  })
}
