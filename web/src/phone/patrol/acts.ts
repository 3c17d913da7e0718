// Acts on a site through the queue: the pictures first, then the act that names them.
import { computed, type ComputedRef } from 'vue'
import type { Site } from '@/api/kinds'
import { nameOfDraft } from '@/rules/refs'
import type { QueuedAct } from '@/rules/walk'
import type { Draft, DraftPicture } from '../queue/db'
import { useQueue } from '../queue/queue'

const doorOf = (site: string): string => `/v1/sites/${site}/events`

/** Lays pictures into the queue and returns what stands for them until the server has named them. */
export async function bring(site: string, pictures: DraftPicture[]): Promise<string[]> {
  const queue = useQueue()
  const names: string[] = []
  for (const one of pictures) {
    const draft = await queue.put({ kind: 'site_picture', door: `/v1/sites/${site}/pictures`, shape: 'fields', body: {}, pictures: [one], draft: false })
    names.push(nameOfDraft(draft))
  }
  return names
}

/** Without a version: what was seen on the spot is judged against the site as it stands when it comes; this phone's time is evidence. */
export function act(site: string, what: Record<string, unknown>, half: number | null = null): Promise<string> {
  return useQueue().put({ kind: `act_${String(what.kind)}`, door: doorOf(site), body: { act: what, made_at: new Date().toISOString() }, draft: false, half })
}

const waits = (site: string) => (one: Draft): boolean => one.state === 'waits' && one.door === doorOf(site)

/** What waits for a site in the queue, in order; it changes as drafts go. */
export function useWaiting(site: () => string): ComputedRef<QueuedAct[]> {
  const queue = useQueue()
  return computed(() => queue.drafts.filter(waits(site())).map((one) => one.body.act as QueuedAct))
}

/** What the server answered to acts on sites, kept by the queue: newer than what was read before them, and there without a line. */
export function useAnswers(): ComputedRef<Partial<Site>[]> {
  const queue = useQueue()
  return computed(() => queue.sent.filter((one) => one.kind.startsWith('act_')).map((one) => one.answer as Partial<Site>))
}
