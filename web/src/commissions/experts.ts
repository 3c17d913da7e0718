// What the page of experts asks of the server: who they are, that somebody saw them, and invitations.
import { api, ask } from '@/api/client'
import { pageAt } from '@/stores/paged'
import type { ExpertPage, ExpertSeen, Grade, Link, LinkIn, LinkMade, LinkPage } from './kinds'
import type { Keyed } from './commissions'

export const GRADES: readonly Grade[] = ['A', 'B', 'C']
const PAGE = 50

export const expertsOf = (grade: Grade | null, cursor: string | null): Promise<ExpertPage> =>
  ask<ExpertPage>(api.GET('/v1/experts', { params: { query: { ...pageAt(PAGE, cursor), ...(grade === null ? {} : { grade }) } } }))

export const readExpert = (id: string): Promise<ExpertSeen> => ask<ExpertSeen>(api.GET('/v1/experts/{person_id}', { params: { path: { person_id: id } } }))

export const verify = (id: string, how: string, headers: Keyed): Promise<ExpertSeen> =>
  ask<ExpertSeen>(api.POST('/v1/experts/{person_id}/verify', { params: { path: { person_id: id } }, body: { how }, headers }))

export const linksOf = (cursor: string | null): Promise<LinkPage> => ask<LinkPage>(api.GET('/v1/experts/links', { params: { query: pageAt(PAGE, cursor) } }))

/** Its word is shown this once: no key, so that no answer with it is kept for a second question. */
export const makeLink = (body: LinkIn): Promise<LinkMade> => ask<LinkMade>(api.POST('/v1/experts/links', { body }))

export const endLink = (id: string, headers: Keyed): Promise<Link> =>
  ask<Link>(api.POST('/v1/experts/links/{link_id}/end', { params: { path: { link_id: id } }, headers }))
