// What somebody fills in, step by step, back and forth; it outlives a page that was closed by mistake, never the tab.
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { filledOf, NOTHING, type Choice, type Filled, type Said, type Seen } from '@/rules/answer'
import { did, fresh, redone, undone, type History } from '@/rules/drawing'

const PLACE = 'pipewarden.label.'

export interface Filling {
  seen: ComputedRef<Seen>
  price: Ref<string>
  choice: Ref<Choice | null>
  comment: Ref<string>
  filled: ComputedRef<Filled>
  history: ShallowRef<History<Seen>>
  step: (next: Seen) => void
  undo: () => void
  redo: () => void
  /** Begins anew, with what was kept under the name, else with what is given. */
  begin: (name: string, said: Said | null) => void
  /** Nothing of it is kept any more. */
  forget: () => void
}

function keptAt(name: string): Filled | null {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE + name) ?? 'null') as Filled | null
  } catch {
    return null
  }
}

export function useFilling(): Filling {
  const history = shallowRef<History<Seen>>(fresh(NOTHING))
  const price = ref('')
  const choice = ref<Choice | null>(null)
  const comment = ref('')
  let name = ''
  const seen = computed(() => history.value.now)
  const filled = computed<Filled>(() => ({ ...seen.value, price: price.value, choice: choice.value, comment: comment.value }))

  function begin(as: string, said: Said | null): void {
    const from = keptAt(as) ?? filledOf(said)
    name = ''
    history.value = fresh({ matches: from.matches, hazards: from.hazards, marks: from.marks })
    price.value = from.price
    choice.value = from.choice
    comment.value = from.comment
    name = as
  }

  function forget(): void {
    if (name !== '') sessionStorage.removeItem(PLACE + name)
    name = ''
  }

  watch(filled, (now) => {
    if (name !== '' && (history.value.past.length > 0 || now.price !== '' || now.comment !== '' || now.choice !== null)) sessionStorage.setItem(PLACE + name, JSON.stringify(now))
  }, { flush: 'sync' })

  return {
    seen, price, choice, comment, filled, history, begin, forget,
    step: (next) => {
      history.value = did(history.value, next)
    },
    undo: () => {
      history.value = undone(history.value)
    },
    redo: () => {
      history.value = redone(history.value)
    },
  }
}
