// What a page of the phone is; see routes.ts for the conventions.
import type { RouteComponent } from 'vue-router'
import type { IconName } from './shell/PhoneIcon.vue'

export interface PhonePage {
  /** Its name; the title is `phone.page.<name>` in the words. */
  name: string
  /** Below /m; the server answers every path there with the same file. */
  path: string
  component: () => Promise<RouteComponent | { default: RouteComponent }>
  /** Opens without an account. */
  open?: boolean
  /** Any of these permissions opens it; no list: everybody who is signed in. */
  needs?: string[]
  /** Stands on the home page as a tile, in this order; the one `main` is what the role does first. */
  tile?: { icon: IconName; order: number; main?: boolean }
  /** One of the four of the bottom bar. */
  tab?: boolean
}
