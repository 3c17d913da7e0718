// 需求 in the client's hand: how each stands, the talk with experts, agreeing and refusing, judging what was delivered.
import type { PhonePage } from '../pages'

const needs = ['commission:read']

export const PAGES: PhonePage[] = [
  { name: 'commissions', path: '/commissions', component: () => import('./CommissionsPage.vue'), needs, tile: { icon: 'list', order: 75 } },
  { name: 'commission', path: '/commissions/:id', component: () => import('./CommissionPage.vue'), needs },
]
