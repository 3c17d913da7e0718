// Parts of a page beside one another, each for whoever may read it; the address says which one is at hand.
import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useSession } from '@/stores/session'

export interface Tabs<T extends string> {
  tabs: ComputedRef<T[]>
  /** None where the reader may read none. */
  tab: ComputedRef<T | undefined>
  turn: (to: T) => void
}

/** @param needs the permission that each part asks for, in the order in which they stand. */
export function useTabs<T extends string>(needs: Record<T, string>): Tabs<T> {
  const session = useSession()
  const route = useRoute()
  const router = useRouter()
  const tabs = computed(() => (Object.keys(needs) as T[]).filter((one) => session.may(needs[one])))
  const tab = computed(() => tabs.value.find((one) => one === route.query.tab) ?? tabs.value[0])
  return { tabs, tab, turn: (to) => void router.replace({ query: { tab: to } }) }
}
