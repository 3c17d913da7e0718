// Acts on a site through the queue: the pictures first, each by its own name, then the act that names them.
import { computed, type ComputedRef } from 'vue'
import type { Site } from '@/api/kinds'
import type { QueuedAct } from '@/rules/walk'
import type { Draft, DraftPicture } from '../queue/db'
import { useQueue } from '../queue/queue'

const doorOf = (site: string): string => `/v1/sites/${site}/events`

/** The name under which the server keeps a picture: so an act can name it before it was sent. */
export async function nameOf(picture: DraftPicture): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await picture.blob.arrayBuffer())
  return [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, '0')).join('')
}

/** Lays pictures into the queue and returns their names. */
export async function bring(site: string, pictures: DraftPicture[]): Promise<string[]> {
  const queue = useQueue()
  const names: string[] = []
  for (const one of pictures) {
    names.push(await nameOf(one))
    await queue.put({ kind: 'site_picture', door: `/v1/sites/${site}/pictures`, shape: 'fields', body: {}, pictures: [one], draft: false })
  }
  return names
}

/** Without a version: what was seen on the spot is judged against the site as it stands when it comes. */
export function act(site: string, what: Record<string, unknown>): Promise<string> {
  return useQueue().put({ kind: `act_${String(what.kind)}`, door: doorOf(site), body: { act: what }, draft: false })
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
