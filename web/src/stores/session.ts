// Who is at the desk. The session itself is an HttpOnly cookie; here stand its CSRF token and what it permits.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ask, onLost, rememberCsrf, Wrong } from '@/api/client'
import type { FactorSet, Lack, Me, SessionNow, SessionOpened } from '@/api/kinds'

/** Whether somebody signed in here: without it a visitor's first page would ask for a session that never was. */
const SIGNED_IN = 'pipewarden.signed-in'
/** Who that was, kept by the phone alone: it must open without a line. Name, role and rights; no secret. */
const KEPT_ME = 'pipewarden.me'
let keepsMe = false

/** Called by the phone: whoever was signed in here is known again before the server has answered. */
export function keepMe(): void {
  keepsMe = true
}

function keptMe(): Me | null {
  try {
    return keepsMe ? (JSON.parse(localStorage.getItem(KEPT_ME) ?? 'null') as Me | null) : null
  } catch {
    return null
  }
}

export const useSession = defineStore('session', () => {
  const state = ref<'unknown' | 'out' | 'in'>('unknown')
  const me = ref<Me | null>(null)
  const tenant = ref<string | null>(null)
  const mustChange = ref(false)
  const lacks = ref<Lack | null>(null)
  const enrolBy = ref<string | null>(null)
  const ended = ref(false)
  /** Known from before and not yet from the server: what is written now waits in the phone's queue. */
  const away = ref(false)
  const role = computed(() => me.value?.memberships[0]?.role ?? null)
  const areaId = computed(() => me.value?.memberships.find((one) => one.area_id)?.area_id ?? null)

  function may(permission: string): boolean {
    return me.value?.permissions.includes(permission) ?? false
  }

  function leave(wasEnded: boolean): void {
    rememberCsrf('')
    localStorage.removeItem(SIGNED_IN)
    localStorage.removeItem(KEPT_ME)
    away.value = false
    me.value = tenant.value = lacks.value = enrolBy.value = null
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
    lacks.value = now.lacks
    enrolBy.value = now.enrol_by
    ended.value = false
    localStorage.setItem(SIGNED_IN, 'yes')
    if (keepsMe) localStorage.setItem(KEPT_ME, JSON.stringify(me.value))
    away.value = false
    state.value = 'in'
  }

  async function restore(): Promise<void> {
    if (localStorage.getItem(SIGNED_IN) === null) return leave(false)
    const kept = keptMe()
    if (kept !== null) {
      me.value = kept
      away.value = true
      state.value = 'in'
      void back()
      return
    }
    try {
      await open()
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      leave(error.status === 401)
    }
  }

  let coming: Promise<boolean> | null = null

  /** Asks the server who this is, once at a time; false as long as it cannot be asked. Whoever has no session is led out. */
  function back(): Promise<boolean> {
    if (state.value !== 'in' || !away.value) return Promise.resolve(state.value === 'in')
    coming ??= open().then(() => true, (error: unknown) => {
      if (!(error instanceof Wrong)) throw error
      if (error.status === 401) leave(true)
      return false
    }).finally(() => {
      coming = null
    })
    return coming
  }

  /** Asks whether the session of the cookie goes on; whoever has none any more is led out. */
  async function holds(): Promise<boolean> {
    try {
      await open()
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      leave(true)
      return false
    }
    return true
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

  async function giveFactor(code: string): Promise<void> {
    const made = await ask<SessionOpened>(api.POST('/v1/session/factor', { body: { code } }))
    rememberCsrf(made.csrf)
    await open()
  }

  async function provePassword(password: string): Promise<void> {
    const made = await ask<SessionOpened>(api.POST('/v1/session/proof', { body: { password } }))
    rememberCsrf(made.csrf)
  }

  /** Confirms a new second factor and returns the recovery codes, which are shown this once. */
  async function confirmFactor(code: string): Promise<string[]> {
    const made = await ask<FactorSet>(api.POST('/v1/factor/confirmation', { body: { code } }))
    rememberCsrf(made.csrf)
    await open()
    return made.codes
  }

  async function signOut(): Promise<void> {
    await ask<undefined>(api.DELETE('/v1/session'))
    leave(false)
  }

  onLost(() => {
    if (state.value === 'in') leave(true)
  })

  return {
    state, me, tenant, mustChange, lacks, enrolBy, ended, away, role, areaId, may, restore, back, open, holds, signIn, changePassword, giveFactor,
    provePassword, confirmFactor, signOut, leave,
  }
})
