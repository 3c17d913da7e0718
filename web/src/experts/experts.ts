// What an expert's pages ask of the server, on either face.
import { api, ask, readOpen, sendForm } from '@/api/client'
import type { Delivery, Engagement, EngagementState, Said, Talk } from '@/market/kinds'
import { pageAt } from '@/stores/paged'
import type {
  Expert, Hall, HallPage, Home, Invitation, NewExpert, OwnPage, PoolAnswer, PoolAnswered, PoolPage, ProfileIn, Registered, Terms,
} from './kinds'

type Keyed = { 'Idempotency-Key': string }
const PAGE = 20

export const openInvitation = (token: string): Promise<Invitation> => readOpen<Invitation>(`/v1/experts/invitations/${encodeURIComponent(token)}`)

export const registerNew = (token: string, body: NewExpert): Promise<Registered> =>
  ask<Registered>(api.POST('/v1/experts/invitations/{token}', { params: { path: { token } }, body }))

export const registerMe = (token: string | null, body: ProfileIn): Promise<Expert> => ask<Expert>(api.POST('/v1/me/expert', { body: { ...body, token } }))

export const readHome = (): Promise<Home> => ask<Home>(api.GET('/v1/me/expert'))

export const changeMe = (body: ProfileIn): Promise<Expert> => ask<Expert>(api.PUT('/v1/me/expert', { body }))

export const hallOf = (tag: string | null, cursor: string | null): Promise<HallPage> =>
  ask<HallPage>(api.GET('/v1/hall', { params: { query: { ...pageAt(PAGE, cursor), ...(tag === null ? {} : { tag }) } } }))

export const hallOne = (id: string): Promise<Hall> => ask<Hall>(api.GET('/v1/hall/{commission_id}', { params: { path: { commission_id: id } } }))

export const ownOf = (state: EngagementState | null, cursor: string | null): Promise<OwnPage> =>
  ask<OwnPage>(api.GET('/v1/me/engagements', { params: { query: { ...pageAt(PAGE, cursor), ...(state === null ? {} : { state }) } } }))

export const applyFor = (id: string, body: Terms, headers: Keyed): Promise<Engagement> =>
  ask<Engagement>(api.POST('/v1/hall/{commission_id}/applications', { params: { path: { commission_id: id } }, headers, body }))

const of = (id: string): { path: { engagement_id: string } } => ({ path: { engagement_id: id } })

export const agree = (id: string): Promise<Engagement> => ask<Engagement>(api.POST('/v1/engagements/{engagement_id}/agree', { params: of(id) }))

export const refuse = (id: string, reason: string): Promise<Engagement> =>
  ask<Engagement>(api.POST('/v1/engagements/{engagement_id}/refuse', { params: of(id), body: { reason } }))

export const finish = (id: string, reason: string): Promise<Engagement> =>
  ask<Engagement>(api.POST('/v1/engagements/{engagement_id}/finish', { params: of(id), body: { reason } }))

export function deliver(id: string, file: File, early: boolean, words: string): Promise<Delivery> {
  const form = new FormData()
  form.append('file', file, file.name)
  form.append('early', String(early))
  form.append('words', words)
  return sendForm<Delivery>(`/v1/engagements/${encodeURIComponent(id)}/deliveries`, form)
}

export const talkOf = (id: string, cursor: string | null): Promise<Talk> =>
  ask<Talk>(api.GET('/v1/hall/{commission_id}/talk', { params: { path: { commission_id: id }, query: pageAt(PAGE, cursor) } }))

export const tellClient = (id: string, words: string, headers: Keyed): Promise<Said> =>
  ask<Said>(api.POST('/v1/hall/{commission_id}/talk', { params: { path: { commission_id: id } }, headers, body: { words } }))

export const poolOf = (cursor: string | null): Promise<PoolPage> => ask<PoolPage>(api.GET('/v1/me/pool', { params: { query: pageAt(PAGE, cursor) } }))

export const answerPooled = (id: string, body: PoolAnswer): Promise<PoolAnswered> =>
  ask<PoolAnswered>(api.POST('/v1/me/pool/{pool_id}/answer', { params: { path: { pool_id: id } }, body }))

export const putAside = (id: string): Promise<undefined> => ask<undefined>(api.POST('/v1/me/pool/{pool_id}/aside', { params: { path: { pool_id: id } } }))
