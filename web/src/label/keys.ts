// The keys of the labelling tool: which does what, and who hears one first.
import type { Tool } from '@/rules/drawing'

export interface Acts {
  send: () => void
  help: () => void
  take: () => void
  along: (step: number) => void
  match: (yes: boolean) => void
  tool: (to: Tool) => void
  undo: () => void
  redo: () => void
  erase: () => void
  nearer: () => void
  further: () => void
  whole: () => void
  leave: () => void
  /** A hazard's key, or a number in a dispute. */
  other: (key: string) => void
}

export const KEYS = [
  { key: 'y  n', does: 'match' }, { key: '1–9  q–t', does: 'hazard' }, { key: 'b  p', does: 'draw' }, { key: 'v  h', does: 'hold' },
  { key: '↑ ↓ ← →', does: 'arrows' }, { key: 'Enter', does: 'put' }, { key: 'Shift', does: 'shift' }, { key: 'Alt', does: 'alt' }, { key: '.', does: 'corner' },
  { key: 'j  k', does: 'along' }, { key: 'Del', does: 'erase' }, { key: 'Ctrl Z  Y', does: 'undo' }, { key: '+  −  0', does: 'near' },
  { key: 'g', does: 'take' }, { key: 'Esc', does: 'leave' }, { key: 'Ctrl Enter', does: 'send' }, { key: '?', does: 'help' },
] as const

const TYPING = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]'
const TOOL_KEYS: Record<string, Tool> = { v: 'select', b: 'box', p: 'polygon', h: 'pan' }

/** Does what a key means; the canvas heard the arrows before, and whoever types is left alone but for sending. */
export function handled(event: KeyboardEvent, acts: Acts): void {
  if (event.defaultPrevented || document.querySelector('dialog[open]')) return
  const held = event.ctrlKey || event.metaKey
  const target = event.target as HTMLElement
  const take = (act: () => void): void => {
    event.preventDefault()
    act()
  }
  if (held && event.key === 'Enter') return take(acts.send)
  if (target.closest(TYPING) !== null) {
    if (event.key === 'Escape') target.blur()
    return
  }
  if (held && event.key.toLowerCase() === 'z') return take(event.shiftKey ? acts.redo : acts.undo)
  if (held && event.key.toLowerCase() === 'y') return take(acts.redo)
  if (held || event.altKey) return
  const plain: Record<string, () => void> = {
    y: () => acts.match(true), n: () => acts.match(false), j: () => acts.along(1), k: () => acts.along(-1), g: acts.take, '?': acts.help, '？': acts.help, Escape: acts.leave,
    Delete: acts.erase, Backspace: acts.erase, '+': acts.nearer, '=': acts.nearer, '-': acts.further, '0': acts.whole,
  }
  const act = plain[event.key]
  if (act) return take(act)
  const tool = TOOL_KEYS[event.key]
  if (tool) return take(() => acts.tool(tool))
  if (/^[1-9a-z]$/.test(event.key)) acts.other(event.key)
}
