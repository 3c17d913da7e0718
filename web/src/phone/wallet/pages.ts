// 钱包: what one has earned, taking it out, and the months; for everybody who can earn.
import type { PhonePage } from '../pages'

const needs = ['wallet:use']

export const PAGES: PhonePage[] = [
  { name: 'wallet', path: '/wallet', component: () => import('./WalletPage.vue'), needs, tile: { icon: 'wallet', order: 70 } },
  { name: 'exchange', path: '/wallet/exchange', component: () => import('./ExchangePage.vue'), needs },
  { name: 'withdraw', path: '/wallet/withdraw', component: () => import('./WithdrawPage.vue'), needs },
  { name: 'payee', path: '/wallet/payee', component: () => import('./PayeePage.vue'), needs },
  { name: 'rewards', path: '/wallet/rewards', component: () => import('./RewardsPage.vue'), needs },
  { name: 'statement', path: '/wallet/statement', component: () => import('./StatementPage.vue'), needs },
]
