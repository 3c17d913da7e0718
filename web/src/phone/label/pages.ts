// 标注: an expert's turns, one after the other. Opened from one's parts (phone/experts); it has no tile of its own.
import type { PhonePage } from '../pages'

export const PAGES: PhonePage[] = [
  { name: 'label', path: '/label/:engagementId', component: () => import('./LabelPage.vue'), needs: ['commission:work'] },
]
