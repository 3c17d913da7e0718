// Walking the pipes: the track, what was missed.
import type { PhonePage } from '../pages'

export const PAGES: PhonePage[] = [
  { name: 'patrol', path: '/patrol', component: () => import('./TrackPage.vue'), needs: ['patrol:walk'], tile: { icon: 'walk', order: 12 } },
  { name: 'missed', path: '/patrol/missed', component: () => import('./MissedPage.vue'), needs: ['coverage:read'] },
]
