// What the shop and the foundry ask of the server, on either face.
import { api, ask, sendForm } from '@/api/client'
import { pageAt } from '@/stores/paged'
import type {
  Aisle, CapabilityBoughtPage, CapabilityCall, CapabilityContract, CapabilityContracts, CapabilityEvaluated, CapabilityExample, CapabilityExamplePage, CapabilityKind, CapabilityPage, CapabilityVersion,
  CapabilityVersionWhole, CapabilityWhole,
} from './kinds'

export type Content = Record<string, unknown>
const PAGE = 20
const path = (slug: string): { path: { slug: string } } => ({ path: { slug } })
const at = (slug: string, number: number): { path: { slug: string; number: number } } => ({ path: { slug, number } })

export const shopOf = (aisle: Aisle, kind: CapabilityKind | null, cursor: string | null): Promise<CapabilityPage> =>
  ask<CapabilityPage>(api.GET('/v1/capabilities', { params: { query: { aisle, ...(kind === null ? {} : { kind }), ...pageAt(PAGE, cursor) } } }))

export const readLine = (slug: string): Promise<CapabilityWhole> => ask<CapabilityWhole>(api.GET('/v1/capabilities/{slug}', { params: path(slug) }))

export const readVersion = (slug: string, number: number): Promise<CapabilityVersionWhole> =>
  ask<CapabilityVersionWhole>(api.GET('/v1/capabilities/{slug}/versions/{number}', { params: at(slug, number) }))

export const buildLine = (body: { slug: string; kind: CapabilityKind; title: string; content: Content }): Promise<CapabilityWhole> => ask<CapabilityWhole>(api.POST('/v1/capabilities', { body }))

export const makeVersion = (slug: string, content: Content): Promise<CapabilityVersion> =>
  ask<CapabilityVersion>(api.POST('/v1/capabilities/{slug}/versions', { params: path(slug), body: { content } }))

export const evaluate = (slug: string, number: number, again: boolean): Promise<CapabilityEvaluated> =>
  ask<CapabilityEvaluated>(api.POST('/v1/capabilities/{slug}/versions/{number}/evaluate', { params: at(slug, number), body: { again } }))

export const askForReview = (slug: string, number: number): Promise<CapabilityVersion> =>
  ask<CapabilityVersion>(api.POST('/v1/capabilities/{slug}/versions/{number}/ask', { params: at(slug, number) }))

export const review = (slug: string, number: number, accept: boolean, words: string): Promise<CapabilityVersion> =>
  ask<CapabilityVersion>(api.POST('/v1/capabilities/{slug}/versions/{number}/review', { params: at(slug, number), body: { accept, words } }))

export const setPrice = (slug: string, number: number, price: string): Promise<CapabilityVersion> =>
  ask<CapabilityVersion>(api.POST('/v1/capabilities/{slug}/versions/{number}/price', { params: at(slug, number), body: { price } }))

export const setCanary = (slug: string, number: number, percent: number): Promise<CapabilityVersion> =>
  ask<CapabilityVersion>(api.POST('/v1/capabilities/{slug}/versions/{number}/canary', { params: at(slug, number), body: { percent } }))

export const goLive = (slug: string, number: number): Promise<CapabilityVersion> => ask<CapabilityVersion>(api.POST('/v1/capabilities/{slug}/versions/{number}/live', { params: at(slug, number) }))

export const rollBack = (slug: string, number: number, reason: string): Promise<CapabilityVersion> =>
  ask<CapabilityVersion>(api.POST('/v1/capabilities/{slug}/versions/{number}/rollback', { params: at(slug, number), body: { reason } }))

export const contractsOf = (slug: string): Promise<CapabilityContracts> => ask<CapabilityContracts>(api.GET('/v1/capabilities/{slug}/contracts', { params: path(slug) }))

export const makeContract = (slug: string, body: { expert: number; house: number; reviewers: number; since: string }): Promise<CapabilityContract> =>
  ask<CapabilityContract>(api.POST('/v1/capabilities/{slug}/contracts', { params: path(slug), body }))

export const boughtOf = (slug: string): Promise<CapabilityBoughtPage> => ask<CapabilityBoughtPage>(api.GET('/v1/capabilities/{slug}/demands', { params: path(slug) }))

export const buy = (slug: string, body: { title: string; wanted: number; budget: string }): Promise<unknown> =>
  ask(api.POST('/v1/capabilities/{slug}/demands', { params: path(slug), body }) as Parameters<typeof ask<unknown>>[0])

export const examplesOf = (slug: string, cursor: string | null): Promise<CapabilityExamplePage> =>
  ask<CapabilityExamplePage>(api.GET('/v1/capabilities/{slug}/examples', { params: { ...path(slug), query: pageAt(24, cursor) } }))

export const dropExample = (slug: string, id: string): Promise<undefined> =>
  ask<undefined>(api.DELETE('/v1/capabilities/{slug}/examples/{example_id}', { params: { path: { slug, example_id: id } } }))

export const exampleUrl = (slug: string, id: string): string => `/v1/capabilities/${slug}/examples/${id}/picture`

export interface Shown {
  file: File
  label: string
  purpose: 'train' | 'frozen'
}

export function addExample(slug: string, one: Shown): Promise<CapabilityExample> {
  const form = new FormData()
  form.set('picture', one.file, one.file.name)
  form.set('label', one.label)
  form.set('purpose', one.purpose)
  return sendForm<CapabilityExample>(`/v1/capabilities/${slug}/examples`, form)
}

export interface Asked {
  picture: File | null
  given: Content | null
}

function formOf(asked: Asked): FormData {
  const form = new FormData()
  if (asked.picture !== null) form.set('picture', asked.picture, asked.picture.name)
  if (asked.given !== null) form.set('given', JSON.stringify(asked.given))
  return form
}

/** Unpaid, a few times a day. */
export const tryOut = (slug: string, number: number, asked: Asked): Promise<CapabilityCall> => sendForm<CapabilityCall>(`/v1/capabilities/${slug}/versions/${number}/try`, formOf(asked))

/** Paid, once for each request id: the same id again is the same call. */
export function invoke(slug: string, requestId: string, asked: Asked): Promise<CapabilityCall> {
  const form = formOf(asked)
  form.set('request_id', requestId)
  return sendForm<CapabilityCall>(`/v1/capabilities/${slug}/invoke`, form)
}

export const readCall = (slug: string, id: string): Promise<CapabilityCall> =>
  ask<CapabilityCall>(api.GET('/v1/capabilities/{slug}/calls/{call_id}', { params: { path: { slug, call_id: id } } }))
