// The pages of the desk and what each needs. Each path stands in main/web/console.py too: the server answers it with
// the same file.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { phoneReturn } from '@/rules/face'
import { useSession } from '@/stores/session'

export interface DeskPage {
  name:
    | 'alarms' | 'sites' | 'strikes' | 'reviews' | 'report' | 'waiting' | 'patrols' | 'filings' | 'cameras' | 'figures' | 'rulebook' | 'questions' | 'indoor' | 'people' | 'roster'
    | 'networks' | 'government' | 'templates' | 'audit' | 'operation' | 'finance' | 'wallet'
  path: string
  /** Any of these permissions opens it. */
  needs: string[]
  menu: boolean
}

export const PAGES: DeskPage[] = [
  { name: 'alarms', path: '/', needs: ['alarm:read'], menu: true },
  { name: 'sites', path: '/sites', needs: ['site:read'], menu: true },
  { name: 'reviews', path: '/reviews', needs: ['review:read'], menu: true },
  { name: 'report', path: '/report', needs: ['report:create'], menu: true },
  { name: 'waiting', path: '/waiting', needs: ['intake:place'], menu: true },
  { name: 'filings', path: '/filings', needs: ['filing:read'], menu: true },
  { name: 'strikes', path: '/strikes', needs: ['strike:read'], menu: true },
  { name: 'government', path: '/government', needs: ['government:answer', 'site:decide', 'audit:read'], menu: true },
  { name: 'cameras', path: '/cameras', needs: ['camera:read'], menu: true },
  { name: 'patrols', path: '/patrols', needs: ['patrol:read', 'coverage:read', 'task:create'], menu: true },
  { name: 'figures', path: '/figures', needs: ['review:read'], menu: true },
  { name: 'rulebook', path: '/rules', needs: ['policy:read'], menu: true },
  { name: 'questions', path: '/questions', needs: ['policy:read'], menu: true },
  { name: 'templates', path: '/templates', needs: ['policy:edit'], menu: false },
  { name: 'indoor', path: '/indoor', needs: ['indoor:read'], menu: true },
  { name: 'networks', path: '/networks', needs: ['network:read'], menu: true },
  { name: 'people', path: '/people', needs: ['person:read'], menu: true },
  { name: 'audit', path: '/audit', needs: ['audit:read'], menu: true },
  { name: 'roster', path: '/roster', needs: ['roster:read'], menu: false },
  { name: 'finance', path: '/finance', needs: ['finance:read'], menu: true },
  { name: 'operation', path: '/operation', needs: ['system:read'], menu: false },
  { name: 'wallet', path: '/wallet', needs: ['wallet:use'], menu: false },
]

const COMPONENTS = {
  alarms: () => import('./alarms/AlarmsPage.vue'),
  sites: () => import('./sites/SitesPage.vue'),
  strikes: () => import('./strikes/StrikesPage.vue'),
  reviews: () => import('./reviews/ReviewsPage.vue'),
  report: () => import('./report/ReportPage.vue'),
  waiting: () => import('./waiting/WaitingPage.vue'),
  filings: () => import('./filings/FilingsPage.vue'),
  government: () => import('./government/GovernmentPage.vue'),
  cameras: () => import('./cameras/CamerasPage.vue'),
  patrols: () => import('./patrols/PatrolsPage.vue'),
  figures: () => import('./figures/FiguresPage.vue'),
  rulebook: () => import('./rulebook/RulebookPage.vue'),
  questions: () => import('./questions/QuestionsPage.vue'),
  templates: () => import('./templates/TemplatesPage.vue'),
  indoor: () => import('./indoor/IndoorPage.vue'),
  networks: () => import('./networks/NetworksPage.vue'),
  people: () => import('./people/PeoplePage.vue'),
  roster: () => import('./roster/RosterPage.vue'),
  audit: () => import('./audit/AuditPage.vue'),
  finance: () => import('./finance/FinancePage.vue'),
  operation: () => import('./operation/OperationPage.vue'),
  wallet: () => import('./wallet/WalletPage.vue'),
}

const routes: RouteRecordRaw[] = [
  ...PAGES.map((page): RouteRecordRaw => ({
    path: page.path,
    name: page.name,
    component: COMPONENTS[page.name],
    meta: { needs: page.needs, page: page.name },
  })),
  { path: '/alarms/:alarmId', name: 'alarm', component: COMPONENTS.alarms, meta: { needs: ['alarm:read'], page: 'alarms' } },
  { path: '/sites/:siteId', name: 'site', component: COMPONENTS.sites, meta: { needs: ['site:read'], page: 'sites' } },
  { path: '/strikes/:strikeId', name: 'strike', component: COMPONENTS.strikes, meta: { needs: ['strike:read'], page: 'strikes' } },
  { path: '/reviews/:alarmId', name: 'review', component: COMPONENTS.reviews, meta: { needs: ['review:read'], page: 'reviews' } },
  {
    path: '/cameras/:cameraId', name: 'camera', component: () => import('./cameras/CameraPage.vue'),
    meta: { needs: ['camera:read'], page: 'cameras' },
  },
  {
    path: '/cameras/:cameraId/wizard', name: 'camera-wizard', component: () => import('./cameras/wizard/CameraWizard.vue'),
    meta: { needs: ['camera:manage'], page: 'cameras' },
  },
  {
    path: '/filings/new', name: 'filing-new', component: () => import('./filings/NewFilingPage.vue'),
    meta: { needs: ['filing:create'], page: 'filings' },
  },
  {
    path: '/filings/:filingId', name: 'filing', component: () => import('./filings/FilingPage.vue'), props: true,
    meta: { needs: ['filing:read'], page: 'filings' },
  },
  { path: '/sign-in', name: 'sign-in', component: () => import('./sign/SignInPage.vue'), meta: { open: true } },
  { path: '/messages', name: 'messages', component: () => import('./messages/MessagesPage.vue') },
  { path: '/channels', name: 'channels', component: () => import('./messages/ChannelsPage.vue') },
  { path: '/privacy', name: 'privacy', component: () => import('./privacy/PrivacyPage.vue') },
  { path: '/second-factor', name: 'second-factor', component: () => import('./sign/FactorPage.vue') },
  { path: '/sign-ins', name: 'sign-ins', component: () => import('./sign/SignInsPage.vue') },
  { path: '/password', name: 'password', component: () => import('./sign/PasswordPage.vue') },
  { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./shell/NowherePage.vue'), meta: { open: true } },
]

export const router = createRouter({ history: createWebHistory(), routes })

router.beforeEach(async (to) => {
  const session = useSession()
  const phone = to.name === 'sign-in' ? phoneReturn(to.fullPath, to.query.outside) : null
  if (phone !== null) {
    window.location.replace(phone)
    return false
  }
  if (session.state === 'unknown') await session.restore()
  if (to.meta.open) return session.state === 'in' && to.name === 'sign-in' ? '/' : true
  if (session.state === 'out') return { path: '/sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  if (session.lacks === 'factor') return to.name === 'second-factor' ? true : { path: '/second-factor', query: to.path === '/' ? {} : { next: to.fullPath } }
  if (session.mustChange) return to.name === 'password' ? true : '/password'
  if (session.lacks === 'enrolment') return to.name === 'sign-ins' ? true : '/sign-ins'
  const needs = to.meta.needs as string[] | undefined
  if (!needs || needs.some((need) => session.may(need))) return true
  const home = PAGES.find((page) => page.needs.some((need) => session.may(need)))
  return home && to.path === '/' ? home.path : { name: 'nowhere', params: { rest: to.path.slice(1).split('/') } }
})
