// How long until somebody must act at a site, in words; one place for rows, cards and tables.
import { computed, type ComputedRef } from 'vue'
import type { Site } from '@/api/kinds'
import { minutesSeconds } from '@/rules/measure'
import { leftOf } from '@/rules/site'
import { useClock } from '@/stores/clock'
import { useSay } from '../say'

const HOUR_S = 3600

export interface Due {
  /** Null where nothing is due. */
  words: ComputedRef<string | null>
  late: ComputedRef<boolean>
}

export function useDue(of: () => Site): Due {
  const clock = useClock()
  const say = useSay()
  const left = computed(() => leftOf(of(), clock.now))
  const words = computed(() => {
    const due = of().next_due_at
    if (left.value === null || due === null) return null
    if (left.value < 0) return say.t('site.overdue', { lasted: say.lasted(due) })
    return left.value < HOUR_S ? say.t('site.left', { time: minutesSeconds(left.value) }) : say.t('site.due', { at: say.until(due) })
  })
  return { words, late: computed(() => left.value !== null && left.value < 0) }
}
