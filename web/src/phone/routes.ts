// The pages of the phone, under /m/. How to add a role's pages (web/src/phone/<role>/):
// - `<role>/pages.ts` exports `PAGES: PhonePage[]` (pages.ts here), each with a lazy component; add it to ALL below. The server
//   needs no list: /m/<anything> is this page. Title = word `phone.page.<name>`, all other words under `phone.<role>.…`.
// - `needs` are permissions (any opens it), never roles; `tile` puts it on the home page of whoever may open it.
// - A page's root is `<main class="screen" data-page="…" :data-state="idle|loading">`; its one main action is `<div class="foot">`
//   as last child with a `.main` button; `.card`, `.quiet`, `.chip`, `.lab`, `.text`, `.row` are in look/phone.css. rem, no px type.
// - Words, times, errors by `useSay()`, reads by `ask(api.GET(…))` in `useSending()`, both from '@/phone/say'; icons by shell/PhoneIcon,
//   levels by '@/desk/shell/LevelShape.vue', errors by '@/desk/shell/ProblemNote.vue', times by '@/desk/shell/AgoTime.vue'.
//   Import nothing else of desk/, no element-plus, no maplibre: tests/browser/test_phone_shell.py holds the precache list.
// - Vant: `import { Button as VanButton } from 'vant'`; its css is listed in look/vant.ts (no icon font: the policy forbids it).
// - EVERY write goes through the queue: `useQueue().put({ kind, door, body, part?, pictures?, open? })` (queue/queue.ts); it gives
//   body.draft and the Idempotency-Key. Never POST by hand: without a line it would be lost. Acts on money alone are not
//   queued (stores/act.ts says why). Acts of experts (experts/) are agreed at that moment and answered at once: not queued either.
// - Pictures by shell/PictureField.vue, places by shell/PlaceField.vue: they know downscaling, accuracy and `crs`.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useSession } from '@/stores/session'
import type { PhonePage } from './pages'
import { PAGES as COMMISSIONS } from './commissions/pages'
import { PAGES as EXPERTS } from './experts/pages'
import { PAGES as CAPABILITIES } from './capabilities/pages'
import { PAGES as LABEL } from './label/pages'
import { PAGES as NEIGHBOUR } from './neighbour/pages'
import { PAGES as OWNER } from './owner/pages'
import { PAGES as PATROL } from './patrol/pages'
import { PAGES as PLAN } from './plan/pages'
import { PAGES as REGULATOR } from './regulator/pages'
import { PAGES as STANDBY } from './standby/pages'
import { PAGES as TASKS } from './tasks/pages'
import { PAGES as TRACK } from './track/pages'
import { PAGES as WALLET } from './wallet/pages'

const OWN: PhonePage[] = [
  { name: 'home', path: '/', component: () => import('./home/HomePage.vue'), open: true, tab: true },
  { name: 'report', path: '/report', component: () => import('./report/ReportPage.vue'), open: true, tab: true },
  { name: 'messages', path: '/messages', component: () => import('./messages/MessagesPage.vue'), tab: true },
  { name: 'mine', path: '/mine', component: () => import('./mine/MinePage.vue'), open: true, tab: true },
  { name: 'drafts', path: '/drafts', component: () => import('./queue/DraftsPage.vue'), open: true },
  { name: 'status', path: '/r/:token', component: () => import('./report/StatusPage.vue'), open: true },
  {
    name: 'indoor', path: '/indoor', component: () => import('./indoor/IndoorPage.vue'), needs: ['indoor:check', 'indoor:review'],
    tile: { icon: 'home', order: 80 },
  },
  { name: 'sign_in', path: '/sign-in', component: () => import('./sign/SignInPage.vue'), open: true },
  { name: 'factor', path: '/second-factor', component: () => import('./sign/FactorPage.vue') },
  { name: 'password', path: '/password', component: () => import('./sign/PasswordPage.vue') },
]

export const ALL: PhonePage[] = [
  ...OWN, ...PATROL, ...TRACK, ...STANDBY, ...TASKS, ...PLAN, ...OWNER, ...REGULATOR, ...NEIGHBOUR,
  ...WALLET, ...COMMISSIONS, ...EXPERTS, ...CAPABILITIES, ...LABEL,
]

const routes: RouteRecordRaw[] = [
  ...ALL.map((page): RouteRecordRaw => ({
    path: page.path, name: page.name, component: page.component, meta: { open: page.open, needs: page.needs, tab: page.tab },
  })),
  { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./shell/NowherePage.vue'), meta: { open: true } },
]

export const router = createRouter({ history: createWebHistory('/m/'), routes })

router.beforeEach(async (to) => {
  const session = useSession()
  if (session.state === 'unknown') await session.restore()
  const next = to.fullPath === '/' ? {} : { next: to.fullPath }
  if (to.name === 'sign_in') return session.state === 'in' && session.lacks === null && to.query.outside === undefined ? '/' : true
  if (session.state === 'in' && session.lacks === 'factor' && !to.meta.open) return to.name === 'factor' ? true : { name: 'factor', query: next }
  if (session.state === 'in' && session.mustChange && !to.meta.open) return to.name === 'password' ? true : { name: 'password' }
  if (to.meta.open) return true
  if (session.state === 'out') return { name: 'sign_in', query: next }
  const needs = to.meta.needs as string[] | undefined
  if (!needs || needs.some((need) => session.may(need))) return true
  return { name: 'nowhere', params: { rest: to.path.slice(1).split('/') } }
})
