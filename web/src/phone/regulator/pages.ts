// The pages of an authority: what nobody filed, what companies reported to it.
import type { PhonePage } from '../pages'

export const PAGES: PhonePage[] = [
  { name: 'unfiled', path: '/unfiled', component: () => import('./UnfiledPage.vue'), needs: ['government:answer'], tile: { icon: 'map', order: 30 } },
  { name: 'authority', path: '/authority', component: () => import('./AuthorityPage.vue'), needs: ['government:answer'], tile: { icon: 'paper', order: 31 } },
]
