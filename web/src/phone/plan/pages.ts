// The map of the own area, with a signal or without.
import type { PhonePage } from '../pages'

export const PAGES: PhonePage[] = [
  { name: 'plan', path: '/plan', component: () => import('./PlanPage.vue'), needs: ['network:read'], tile: { icon: 'map', order: 30 } },
]
