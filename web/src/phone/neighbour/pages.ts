// For whoever lives, works or manages beside works: what is filed or verified near, never who or exactly where.
import type { PhonePage } from '../pages'

export const PAGES: PhonePage[] = [
  { name: 'near_works', path: '/near-works', component: () => import('./NearWorksPage.vue'), open: true, tile: { icon: 'home', order: 70 } },
]
