// Please-check tasks of grid workers, patrollers and property managers, and what they brought.
import type { PhonePage } from '../pages'

export const PAGES: PhonePage[] = [
  { name: 'tasks', path: '/tasks', component: () => import('./TasksPage.vue'), needs: ['task:answer'], tile: { icon: 'check', order: 14 } },
  { name: 'task', path: '/tasks/:id', component: () => import('./TaskPage.vue'), needs: ['task:answer'] },
  { name: 'points', path: '/points', component: () => import('./PointsPage.vue') },
]
