// The pages of whoever goes out to a site.
import type { PhonePage } from '../pages'

export const PAGES: PhonePage[] = [
  { name: 'inbox', path: '/inbox', component: () => import('./InboxPage.vue'), needs: ['site:work'], tile: { icon: 'list', order: 10, main: true } },
  { name: 'site', path: '/sites/:id', component: () => import('./SitePage.vue'), needs: ['site:read'] },
]
