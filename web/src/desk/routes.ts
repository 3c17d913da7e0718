// The pages of the desk and what each needs. Each path stands in main/web/console.py too: the server answers it with
// the same file.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { phoneDoor, phoneReturn } from '@/rules/face'
import { useSession } from '@/stores/session'

export interface DeskPage {
  name:
    | 'alarms' | 'sites' | 'strikes' | 'reviews' | 'report' | 'waiting' | 'patrols' | 'filings' | 'cameras' | 'figures' | 'rulebook' | 'questions' | 'indoor' | 'people' | 'roster'
    | 'networks' | 'government' | 'templates' | 'audit' | 'operation' | 'finance' | 'wallet'
    | 'commissions' | 'experts'
    | 'expert' | 'hall' | 'insight'
    | 'commissions' | 'experts' | 'policies'
    | 'expert' | 'hall'
    | 'networks' | 'government' | 'templates' | 'audit' | 'operation' | 'finance' | 'wallet' | 'capabilities'
    | 'models'
    | 'admin'
  path: string
  /** Any of these permissions opens it. */
  needs: string[]
  menu: boolean
}

export const PAGES: DeskPage[] = [
  { name: 'alarms', path: '/', needs: ['alarm:read'], menu: true },
  { name: 'expert', path: '/expert', needs: ['commission:work'], menu: true },
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
  { name: 'insight', path: '/insight', needs: ['insight:read'], menu: true },
  { name: 'rulebook', path: '/rules', needs: ['policy:read'], menu: true },
  { name: 'questions', path: '/questions', needs: ['policy:read'], menu: true },
  { name: 'policies', path: '/policies', needs: ['policy:read'], menu: true },
  { name: 'templates', path: '/templates', needs: ['policy:edit'], menu: false },
  { name: 'indoor', path: '/indoor', needs: ['indoor:read'], menu: true },
  { name: 'hall', path: '/hall', needs: ['commission:work'], menu: true },
  { name: 'commissions', path: '/commissions', needs: ['commission:read'], menu: true },
  { name: 'capabilities', path: '/capabilities', needs: ['capability:read'], menu: true },
  { name: 'experts', path: '/experts', needs: ['expert:read'], menu: true },
  { name: 'networks', path: '/networks', needs: ['network:read'], menu: true },
  { name: 'people', path: '/people', needs: ['person:read'], menu: true },
  { name: 'audit', path: '/audit', needs: ['audit:read'], menu: true },
  { name: 'roster', path: '/roster', needs: ['roster:read'], menu: false },
  { name: 'finance', path: '/finance', needs: ['finance:read'], menu: true },
  { name: 'operation', path: '/operation', needs: ['system:read'], menu: false },
  { name: 'wallet', path: '/wallet', needs: ['wallet:use'], menu: false },
  { name: 'models', path: '/models', needs: ['policy:read'], menu: false },
  { name: 'admin', path: '/admin', needs: ['role:read', 'switch:read', 'api_key:read'], menu: true },
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
  insight: () => import('./insight/InsightPage.vue'),
  rulebook: () => import('./rulebook/RulebookPage.vue'),
  questions: () => import('./questions/QuestionsPage.vue'),
  policies: () => import('./policies/PoliciesPage.vue'),
  templates: () => import('./templates/TemplatesPage.vue'),
  indoor: () => import('./indoor/IndoorPage.vue'),
  commissions: () => import('./commissions/CommissionsPage.vue'),
  experts: () => import('./commissions/ExpertsPage.vue'),
  networks: () => import('./networks/NetworksPage.vue'),
  people: () => import('./people/PeoplePage.vue'),
  roster: () => import('./roster/RosterPage.vue'),
  audit: () => import('./audit/AuditPage.vue'),
  finance: () => import('./finance/FinancePage.vue'),
  operation: () => import('./operation/OperationPage.vue'),
  wallet: () => import('./wallet/WalletPage.vue'),
  expert: () => import('./experts/ExpertPage.vue'),
  hall: () => import('./experts/HallPage.vue'),
  capabilities: () => import('./capabilities/CapabilitiesPage.vue'),
  models: () => import('./models/ModelsPage.vue'),
  admin: () => import('./admin/AdminPage.vue'),
}

/** A phone: touched, and no wider than one. */
const SMALL = '(pointer: coarse) and (max-width: 860px)'

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
  { path: '/label/:engagementId', name: 'label', component: () => import('./label/LabelPage.vue'), meta: { needs: ['commission:work'] } },
  {
    path: '/commissions/:commissionId/items', name: 'commission-items', component: () => import('./label/ItemsPage.vue'), props: true,
    meta: { needs: ['commission:manage'], page: 'commissions' },
  },
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
  { path: '/policies/:kind', name: 'policy', component: COMPONENTS.policies, meta: { needs: ['policy:read'], page: 'policies' } },
  {
    path: '/networks/import', name: 'network-import', component: () => import('./networks/ImportPage.vue'),
    meta: { needs: ['network:import'], page: 'networks' },
  },
  {
    path: '/networks/import/:draftId', name: 'network-draft', component: () => import('./networks/DraftPage.vue'),
    meta: { needs: ['network:import'], page: 'networks' },
  },
  {
    path: '/commissions/new', name: 'commission-new', component: () => import('./commissions/DraftPage.vue'),
    meta: { needs: ['commission:manage'], page: 'commissions' },
  },
  {
    path: '/commissions/:commissionId/edit', name: 'commission-edit', component: () => import('./commissions/DraftPage.vue'),
    meta: { needs: ['commission:manage'], page: 'commissions' },
  },
  {
    path: '/commissions/:commissionId', name: 'commission', component: () => import('./commissions/CommissionPage.vue'),
    meta: { needs: ['commission:read'], page: 'commissions' },
  },
  {
    path: '/hall/:commissionId', name: 'hall-one', component: () => import('./experts/HallOnePage.vue'), props: true,
    meta: { needs: ['commission:work'], page: 'hall' },
  },
  { path: '/experts/join', name: 'join-own', component: () => import('./experts/JoinPage.vue'), meta: { open: true, stays: true } },
  { path: '/experts/:token', name: 'join', component: () => import('./experts/JoinPage.vue'), props: true, meta: { open: true, stays: true } },
  {
    path: '/capabilities/new', name: 'capability-new', component: () => import('./capabilities/NewCapabilityPage.vue'),
    meta: { needs: ['capability:build'], page: 'capabilities' },
  },
  {
    path: '/capabilities/:slug', name: 'capability', component: () => import('./capabilities/CapabilityPage.vue'), props: true,
    meta: { needs: ['capability:read'], page: 'capabilities' },
  },
  {
    path: '/admin/:part', name: 'admin-part', component: COMPONENTS.admin,
    meta: { needs: ['role:read', 'switch:read', 'api_key:read', 'channel:read', 'tenant:read'], page: 'admin' },
  },
  {
    path: '/insight/:figure', name: 'insight-cases', component: () => import('./insight/CasesPage.vue'), props: true,
    meta: { needs: ['insight:read'], page: 'insight' },
  },
  { path: '/wall', name: 'wall', component: () => import('./insight/WallPage.vue'), meta: { needs: ['insight:read'], page: 'insight', bare: true } },
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
  const phone = to.name === 'join' ? phoneDoor(to.path, window.matchMedia(SMALL).matches) : to.name === 'sign-in' ? phoneReturn(to.fullPath, to.query.outside) : null
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
