// A nonce for the picture that is about to be taken: fetched when the camera opens, with a line; without one there is none, and the server marks it.
import { api, ask } from '@/api/client'

export interface Nonce {
  nonce: string
  expires_at: string
}
const LEFT_MS = 60_000

export interface Capture {
  begin: () => Promise<void>
  take: () => string | null
  /** What is held for the picture that was taken, to keep it beside the form; it is good for ten minutes, page or no page. */
  held: () => Nonce | null
  again: (kept: Nonce | null) => void
}

export function useNonce(): Capture {
  let held: Nonce | null = null

  async function begin(): Promise<void> {
    if (held !== null && Date.parse(held.expires_at) - Date.now() > LEFT_MS) return
    held = await ask<Nonce>(api.POST('/v1/captures')).catch(() => null)
  }

  function take(): string | null {
    const used = held?.nonce ?? null
    held = null
    return used
  }

  return {
    begin,
    take,
    held: () => held,
    again: (kept) => {
      held = kept
    },
  }
}
