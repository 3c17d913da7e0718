// 专家创值 in the hand: register by a QR code, home, the hall and what is asked there, and the pictures that wait. What is
// done here is agreed at that moment and answered at once, so nothing of it is queued (routes.ts).
import type { PhonePage } from '../pages'

const needs = ['commission:work']

export const PAGES: PhonePage[] = [
  { name: 'expert', path: '/expert', component: () => import('./ExpertPage.vue'), needs, tile: { icon: 'me', order: 10, main: true } },
  { name: 'pool', path: '/pool', component: () => import('./PoolPage.vue'), needs, tile: { icon: 'camera', order: 12 } },
  { name: 'hall', path: '/hall', component: () => import('./HallPage.vue'), needs, tile: { icon: 'list', order: 14 } },
  { name: 'hall_one', path: '/hall/:commissionId', component: () => import('./HallOnePage.vue'), needs },
  { name: 'join_own', path: '/experts/join', component: () => import('./JoinPage.vue'), open: true },
  { name: 'join', path: '/experts/:token', component: () => import('./JoinPage.vue'), open: true },
]
