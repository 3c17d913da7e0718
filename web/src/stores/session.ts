// Who is at the desk. The session itself is an HttpOnly cookie; here stand its CSRF token and what it permits.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ask, onLost, rememberCsrf, Wrong } from '@/api/client'
import type { Me, SessionNow, SessionOpened } from '@/api/kinds'

/** Whether somebody signed in here: without it a visitor's first page would ask for a session that never was. */
const SIGNED_IN = 'pipewarden.signed-in'

export const useSession = defineStore('session', () => {
  const state = ref<'unknown' | 'out' | 'in'>('unknown')
  const me = ref<Me | null>(null)
  const tenant = ref<string | null>(null)
  const mustChange = ref(false)
  const ended = ref(false)
  const role = computed(() => me.value?.memberships[0]?.role ?? null)
  const areaId = computed(() => me.value?.memberships.find((one) => one.area_id)?.area_id ?? null)

  function may(permission: string): boolean {
    return me.value?.permissions.includes(permission) ?? false
  }

  function leave(wasEnded: boolean): void {
    rememberCsrf('')
    localStorage.removeItem(SIGNED_IN)
    me.value = tenant.value = null
    mustChange.value = false
    ended.value = wasEnded
    state.value = 'out'
  }

  async function open(): Promise<void> {
    const now = await ask<SessionNow>(api.GET('/v1/session'))
    rememberCsrf(now.csrf)
    tenant.value = now.tenant_name
    me.value = await ask<Me>(api.GET('/v1/me'))
    mustChange.value = now.must_change
    ended.value = false
    localStorage.setItem(SIGNED_IN, 'yes')
    state.value = 'in'
  }

  async function restore(): Promise<void> {
    if (localStorage.getItem(SIGNED_IN) === null) return leave(false)
    try {
      await open()
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      leave(error.status === 401)
    }
  }

  async function signIn(login: string, password: string): Promise<void> {
    const made = await ask<SessionOpened>(api.POST('/v1/session', { body: { login, password } }))
    rememberCsrf(made.csrf)
    await open()
  }

  async function changePassword(old: string, fresh: string): Promise<void> {
    const made = await ask<SessionOpened>(api.POST('/v1/session/password', { body: { old, new: fresh } }))
    rememberCsrf(made.csrf)
    await open()
  }

  async function signOut(): Promise<void> {
    await ask<undefined>(api.DELETE('/v1/session'))
    leave(false)
  }

  onLost(() => {
    if (state.value === 'in') leave(true)
  })

  return { state, me, tenant, mustChange, ended, role, areaId, may, restore, open, signIn, changePassword, signOut, leave }
})
