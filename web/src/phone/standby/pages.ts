// The pages of whoever stands by at works (旁站).
import type { PhonePage } from '../pages'

export const PAGES: PhonePage[] = [
  { name: 'standby', path: '/standby', component: () => import('./StandbyPage.vue'), needs: ['site:work'], tile: { icon: 'shield', order: 20 } },
  { name: 'standing', path: '/standby/:id', component: () => import('./StandingPage.vue'), needs: ['site:work'] },
]
