// 能力超市 in the hand: what there is with its figures, and a try-out with the phone's own camera. Building is the desk's.
import type { PhonePage } from '../pages'

const needs = ['capability:read']

export const PAGES: PhonePage[] = [
  { name: 'capabilities', path: '/capabilities', component: () => import('./CapabilitiesPage.vue'), needs, tile: { icon: 'list', order: 75 } },
  { name: 'capability', path: '/capabilities/:slug', component: () => import('./CapabilityPage.vue'), needs },
]
