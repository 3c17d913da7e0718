// What the client's pages of commissions ask of the server, on either face.
import { api, ask, fetchFile } from '@/api/client'
import { saveAs } from '@/api/file'
import type { State } from '@/rules/commission'
import { pageAt } from '@/stores/paged'
import type {
  Cards, Commission, CommissionFull, CommissionIn, CommissionPage, Deliveries, Delivery, Engagement, JudgeIn, OfferIn, RatingIn, Said, Talk, Talkers,
} from './kinds'

/** Sent twice under one key it is one act. */
export type Keyed = { 'Idempotency-Key': string }
const PAGE = 30
const TALK_PAGE = 30

const one = (id: string): { path: { commission_id: string } } => ({ path: { commission_id: id } })
const part = (id: string): { path: { engagement_id: string } } => ({ path: { engagement_id: id } })

export const commissionsOf = (state: State | null, cursor: string | null): Promise<CommissionPage> =>
  ask<CommissionPage>(api.GET('/v1/commissions', { params: { query: { ...pageAt(PAGE, cursor), ...(state === null ? {} : { state }) } } }))

export const readCommission = (id: string): Promise<CommissionFull> => ask<CommissionFull>(api.GET('/v1/commissions/{commission_id}', { params: one(id) }))

export const draft = (body: CommissionIn, headers: Keyed): Promise<Commission> => ask<Commission>(api.POST('/v1/commissions', { body, headers }))

export const edit = (id: string, body: CommissionIn): Promise<Commission> => ask<Commission>(api.PUT('/v1/commissions/{commission_id}', { params: one(id), body }))

export const publish = (id: string, headers: Keyed): Promise<Commission> =>
  ask<Commission>(api.POST('/v1/commissions/{commission_id}/publish', { params: one(id), headers }))

export const cancel = (id: string, reason: string, headers: Keyed): Promise<Commission> =>
  ask<Commission>(api.POST('/v1/commissions/{commission_id}/cancel', { params: one(id), body: { reason }, headers }))

export const accept = (id: string, words: string, headers: Keyed): Promise<Commission> =>
  ask<Commission>(api.POST('/v1/commissions/{commission_id}/accept', { params: one(id), body: { words }, headers }))

export const rate = (id: string, body: RatingIn, headers: Keyed): Promise<Commission> =>
  ask<Commission>(api.POST('/v1/commissions/{commission_id}/rating', { params: one(id), body, headers }))

export const matchesOf = (id: string, limit: number): Promise<Cards> =>
  ask<Cards>(api.GET('/v1/commissions/{commission_id}/matches', { params: { ...one(id), query: { limit } } }))

export const offer = (id: string, body: OfferIn, headers: Keyed): Promise<Engagement> =>
  ask<Engagement>(api.POST('/v1/commissions/{commission_id}/offers', { params: one(id), body, headers }))

export const agree = (id: string, headers: Keyed): Promise<Engagement> => ask<Engagement>(api.POST('/v1/engagements/{engagement_id}/agree', { params: part(id), headers }))

export const refuse = (id: string, reason: string, headers: Keyed): Promise<Engagement> =>
  ask<Engagement>(api.POST('/v1/engagements/{engagement_id}/refuse', { params: part(id), body: { reason }, headers }))

export const finish = (id: string, reason: string, headers: Keyed): Promise<Engagement> =>
  ask<Engagement>(api.POST('/v1/engagements/{engagement_id}/finish', { params: part(id), body: { reason }, headers }))

export const ratePart = (id: string, body: RatingIn, headers: Keyed): Promise<Engagement> =>
  ask<Engagement>(api.POST('/v1/engagements/{engagement_id}/rating', { params: part(id), body, headers }))

export const deliveriesOf = (id: string): Promise<Deliveries> => ask<Deliveries>(api.GET('/v1/engagements/{engagement_id}/deliveries', { params: part(id) }))

export const judge = (id: string, delivery: string, body: JudgeIn, headers: Keyed): Promise<Delivery> =>
  ask<Delivery>(api.POST('/v1/engagements/{engagement_id}/deliveries/{delivery_id}/judgement', {
    params: { path: { engagement_id: id, delivery_id: delivery } }, body, headers,
  }))

/** Hands the ZIP to the browser; only the two sides may have it. */
export async function saveDelivery(one: Delivery): Promise<void> {
  saveAs(await fetchFile(`/v1/engagements/${one.engagement_id}/deliveries/${one.id}/file`), `delivery-${one.id}.zip`)
}

export const talkersOf = (id: string): Promise<Talkers> => ask<Talkers>(api.GET('/v1/commissions/{commission_id}/talks', { params: one(id) }))

const talk = (id: string, person: string): { commission_id: string; person_id: string } => ({ commission_id: id, person_id: person })

export const talkOf = (id: string, person: string, cursor: string | null): Promise<Talk> =>
  ask<Talk>(api.GET('/v1/commissions/{commission_id}/talks/{person_id}', { params: { path: talk(id, person), query: pageAt(TALK_PAGE, cursor) } }))

export const tell = (id: string, person: string, words: string, headers: Keyed): Promise<Said> =>
  ask<Said>(api.POST('/v1/commissions/{commission_id}/talks/{person_id}', { params: { path: talk(id, person) }, body: { words }, headers }))
