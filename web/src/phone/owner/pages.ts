// The pages of whoever digs: owner, contractor, supervising engineer, and a property manager who has something dug.
import type { PhonePage } from '../pages'

const FILES = ['filing:create']
export const PAGES: PhonePage[] = [
  { name: 'works', path: '/works', component: () => import('./WorksListPage.vue'), needs: FILES, tile: { icon: 'list', order: 20 } },
  { name: 'works_new', path: '/works/new', component: () => import('./WorksPage.vue'), needs: FILES, tile: { icon: 'paper', order: 21 } },
  { name: 'works_revise', path: '/works/:id/revise', component: () => import('./WorksPage.vue'), needs: FILES },
  { name: 'works_one', path: '/works/:id', component: () => import('./OneWorksPage.vue'), needs: FILES },
  { name: 'appeals', path: '/appeals', component: () => import('./AppealsPage.vue'), needs: ['contractor:appeal'], tile: { icon: 'shield', order: 60 } },
]
