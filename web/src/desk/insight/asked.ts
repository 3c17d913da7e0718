// Which time and which area the address asks for, on every page of figures; and how to ask for another.
import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { areaOf, askedOf, dayOf, sameTime, type Asked } from '@/rules/insight'
import { useClock } from '@/stores/clock'

export interface Asking {
  today: ComputedRef<string>
  asked: ComputedRef<Asked>
  area: ComputedRef<string | null>
  /** The part of the address that says which time and area. */
  same: ComputedRef<Record<string, string>>
  change: (to: Record<string, string | undefined>) => void
}

export function useAsked(): Asking {
  const route = useRoute()
  const router = useRouter()
  const clock = useClock()
  const today = computed(() => dayOf(clock.now))
  return {
    today,
    asked: computed(() => askedOf(route.query, Date.parse(`${today.value}T12:00:00+08:00`))),
    area: computed(() => areaOf(route.query)),
    same: computed(() => sameTime(route.query)),
    change: (to) => void router.replace({ query: { ...route.query, ...to } }),
  }
}
