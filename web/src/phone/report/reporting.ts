// The doors of reports as the pages need them: kinds that open without a line, what is near, a nonce for a picture of now.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { readOpen, Wrong } from '@/api/client'
import { freshKey } from '@/api/key'
import type { Spot } from '@/rules/spot'
import type { CaptureNonce, NearPage, ReportKind, ReportKinds } from './kinds'

const KINDS = 'pipewarden.report-kinds'
const DEVICE = 'pipewarden.device'
const NONCE_LEFT_MS = 60_000
/** The fire brigade's number anywhere in China, where the operator's own is not known yet (消防法 第四十四条). */
export const ANYWHERE = '119'

function kept(): ReportKind[] {
  try {
    return JSON.parse(localStorage.getItem(KINDS) ?? '[]') as ReportKind[]
  } catch {
    return []
  }
}

/** A random id of this browser: its reports are one voice. It says nothing of whose it is. */
export function deviceId(): string {
  const known = localStorage.getItem(DEVICE)
  if (known !== null) return known
  const made = freshKey()
  localStorage.setItem(DEVICE, made)
  return made
}

export function nearOf(place: Spot, kind: string): Promise<NearPage> {
  const { lon, lat, crs, accuracy_m } = place
  const asked = new URLSearchParams({ lon: String(lon), lat: String(lat), crs, accuracy_m: String(accuracy_m), kind })
  return readOpen<NearPage>(`/v1/public/near?${asked.toString()}`)
}

export const useReporting = defineStore('reporting', () => {
  const kinds = ref<ReportKind[]>(kept())
  let nonce: CaptureNonce | null = null

  async function load(): Promise<void> {
    try {
      kinds.value = (await readOpen<ReportKinds>('/v1/public/report-kinds')).items
      localStorage.setItem(KINDS, JSON.stringify(kinds.value))
    } catch (error) {
      if (!(error instanceof Wrong)) throw error // without a line those of last time serve
    }
  }

  /** Fetched when somebody opens the camera: it proves within ten minutes that the picture is of now. */
  async function begin(): Promise<void> {
    if (nonce !== null && Date.parse(nonce.expires_at) - Date.now() > NONCE_LEFT_MS) return
    nonce = await readOpen<CaptureNonce>('/v1/public/captures', 'POST').catch(() => null)
  }

  function takeNonce(): string | null {
    const used = nonce?.nonce ?? null
    nonce = null
    return used
  }

  /** What is held for the picture that was taken, to keep it beside a report half written. */
  const heldNonce = (): CaptureNonce | null => nonce
  function nonceAgain(kept: CaptureNonce | null): void {
    nonce = kept
  }

  return { kinds, load, begin, takeNonce, heldNonce, nonceAgain }
})
