// The reviewer's queue: pages from the server, asked again by the clock; what was decided here stays in its place.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, ask, serverNow, Wrong } from '@/api/client'
import type { Questions, Review, ReviewCode, ReviewPage } from '@/api/kinds'
import { inOrder, placeOf, type Place } from '@/rules/review'
import { useLatest } from '@/stores/latest'
import { useSession } from '@/stores/session'

const PAGE = 50
const MOST = 200

interface Known {
  review: Review
  place: Place
}

export const useReviews = defineStore('reviews', () => {
  const session = useSession()
  const known = shallowRef(new Map<string, Known>())
  const next = ref<string | null>(null)
  const loadedAt = ref<number | null>(null)
  const { loading, wrong, latest, overtake } = useLatest()
  const atHand = ref<string | null>(null)
  const questions = shallowRef<Questions | null>(null)

  const queue = computed(() =>
    [...known.value].map(([id, one]) => ({ id, ...one.place, review: one.review })).sort(inOrder).map((one) => one.review),
  )
  const waiting = computed(() => queue.value.filter((one) => one.waits).length)
  const me = computed(() => session.me?.id ?? null)

  function add(to: Map<string, Known>, review: Review): void {
    to.set(review.id, { review, place: to.get(review.id)?.place ?? placeOf(review) })
  }

  async function page(cursor: string | null): Promise<void> {
    const limit = cursor === null ? Math.min(MOST, Math.max(PAGE, known.value.size)) : PAGE
    const query = cursor === null ? { limit } : { limit, cursor }
    await latest(() => ask<ReviewPage>(api.GET('/v1/reviews', { params: { query } })), (got) => {
      const here = [...known.value]
      // beyond what was asked for, and what was decided here or is open on the right, nothing is known to be gone
      const last = got.next === null ? null : got.items.at(-1)
      const beyond = (one: Known): boolean =>
        last !== undefined && last !== null && inOrder({ id: one.review.id, ...one.place }, { id: last.id, ...placeOf(last) }) > 0
      const kept = here.filter(([id, one]) => cursor !== null || !one.review.waits || id === atHand.value || beyond(one))
      const now = new Map(kept)
      for (const one of got.items) add(now, one)
      known.value = now
      if (cursor !== null || here.length <= limit) next.value = got.next
      loadedAt.value = serverNow()
    })
  }

  const load = (): Promise<void> => page(null)
  const more = (): Promise<void> => (next.value === null ? Promise.resolve() : page(next.value))

  /** Takes a review as it is now; one that never stood in the queue does not enter it. */
  function put(review: Review): void {
    if (!known.value.has(review.id) && !review.waits) return
    const now = new Map(known.value)
    add(now, review)
    known.value = now
  }

  function drop(id: string): void {
    const now = new Map(known.value)
    now.delete(id)
    known.value = now
  }

  async function kept(asked: Promise<Review>): Promise<Review> {
    const review = await asked
    overtake() // a list that is still on its way was asked for before this
    put(review)
    return review
  }

  const path = (id: string) => ({ params: { path: { alarm_id: id } } })
  const read = (id: string): Promise<Review> => ask<Review>(api.GET('/v1/reviews/{alarm_id}', path(id)))
  const take = (id: string): Promise<Review> => kept(ask<Review>(api.POST('/v1/reviews/{alarm_id}/take', path(id))))
  const giveBack = (id: string): Promise<Review> => kept(ask<Review>(api.POST('/v1/reviews/{alarm_id}/release', path(id))))

  function decide(id: string, said: { code: ReviewCode; words: string; silence_h: number | null }): Promise<Review> {
    return kept(ask<Review>(api.POST('/v1/reviews/{alarm_id}/decide', { ...path(id), body: said })))
  }

  /** The questions in force, to say what was answered; a failure leaves the answers with their ids. */
  async function loadQuestions(): Promise<void> {
    if (questions.value !== null || !session.may('policy:read')) return
    try {
      questions.value = await ask<Questions>(api.GET('/v1/questions'))
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
    }
  }

  function forget(): void {
    overtake()
    known.value = new Map()
    next.value = loadedAt.value = atHand.value = wrong.value = questions.value = null
  }

  return { queue, waiting, me, next, loadedAt, loading, wrong, atHand, questions, load, more, put, drop, read, take, giveBack, decide,
    loadQuestions, forget }
})
