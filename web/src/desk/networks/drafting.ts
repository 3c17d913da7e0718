// One pipe map on its way in, while a person looks at it: read again as long as a worker has it in hand.
import { computed, onUnmounted, shallowRef, type ComputedRef, type ShallowRef } from 'vue'
import { api, ask } from '@/api/client'
import type { NetworkDraft } from '@/api/kinds'
import { comparedOf, waits, type Compared } from '@/rules/network'
import { useSending, type Sending } from '../sending'

const AGAIN_MS = 1000

export interface Drafting extends Sending {
  draft: ShallowRef<NetworkDraft | null>
  compared: ComputedRef<Compared | null>
  waiting: ComputedRef<boolean>
  load: () => Promise<void>
  /** Does something that answers with the draft as it is then. */
  act: (sent: () => Promise<NetworkDraft>) => Promise<void>
}

export function useDrafting(draftId: string): Drafting {
  const draft = shallowRef<NetworkDraft | null>(null)
  const sending = useSending()
  let timer: ReturnType<typeof setTimeout> | undefined

  function take(got: NetworkDraft): void {
    draft.value = got
    clearTimeout(timer)
    if (waits(got)) timer = setTimeout(() => void again(), AGAIN_MS)
  }

  const read = (): Promise<NetworkDraft> => ask<NetworkDraft>(api.GET('/v1/networks/drafts/{draft_id}', { params: { path: { draft_id: draftId } } }))

  /** What does not come once is asked again: the worker goes on meanwhile. */
  async function again(): Promise<void> {
    try {
      take(await read())
    } catch {
      timer = setTimeout(() => void again(), AGAIN_MS * 5)
    }
  }

  onUnmounted(() => clearTimeout(timer))
  return {
    ...sending,
    draft,
    compared: computed(() => comparedOf(draft.value?.report ?? null)),
    waiting: computed(() => draft.value !== null && waits(draft.value)),
    load: () => sending.send(async () => take(await read())),
    act: (sent) => sending.send(async () => take(await sent())),
  }
}
