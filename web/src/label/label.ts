// What the pages of labelling ask of the server, on either face. An expert's acts are answered at once and never queued: a
// turn is one's own for minutes only, and an answer that waits for a line would come too late.
import { api, ask, sendForm } from '@/api/client'
import type { Hazards } from '@/api/kinds'
import type { Said } from '@/rules/answer'
import { pageAt } from '@/stores/paged'
import type { Agreement, ClientItem, ClientItemPage, ExportFormat, ImportFormat, Imported, ItemSeen, ItemState, LabelAnswer, LabelPart, Labelling, Looked, NextTurn, TurnPage } from './kinds'

const PAGE = 20

export const readHazards = (): Promise<Hazards> => ask<Hazards>(api.GET('/v1/indoor/hazards'))

export const partOf = (id: string): Promise<LabelPart> => ask<LabelPart>(api.GET('/v1/engagements/{engagement_id}/labelling', { params: { path: { engagement_id: id } } }))

export const drawNext = (id: string): Promise<NextTurn> => ask<NextTurn>(api.POST('/v1/engagements/{engagement_id}/next', { params: { path: { engagement_id: id } } }))

export const answerTurn = (id: string, body: Said): Promise<LabelAnswer> =>
  ask<LabelAnswer>(api.POST('/v1/labelling/turns/{answer_id}/answer', { params: { path: { answer_id: id } }, body }))

export const handBack = async (id: string): Promise<void> => {
  await ask<undefined>(api.POST('/v1/labelling/turns/{answer_id}/hand-back', { params: { path: { answer_id: id } } }) as Parameters<typeof ask<undefined>>[0])
}

export const turnPicture = (id: string): string => `/v1/labelling/turns/${id}/picture`

export const turnsOf = (engagement: string, cursor: string | null): Promise<TurnPage> =>
  ask<TurnPage>(api.GET('/v1/me/labelling', { params: { query: { engagement_id: engagement, ...pageAt(PAGE, cursor) } } }))

export const labellingOf = (commission: string): Promise<Labelling> => ask<Labelling>(api.GET('/v1/commissions/{commission_id}/labelling', { params: { path: { commission_id: commission } } }))

export const itemsOf = (commission: string, state: ItemState | null, gold: boolean | null, cursor: string | null): Promise<ClientItemPage> => {
  const query = { ...pageAt(PAGE, cursor), ...(state === null ? {} : { state }), ...(gold === null ? {} : { gold }) }
  return ask<ClientItemPage>(api.GET('/v1/commissions/{commission_id}/items', { params: { path: { commission_id: commission }, query } }))
}

export const itemSeen = (id: string): Promise<ItemSeen> => ask<ItemSeen>(api.GET('/v1/labelling/items/{item_id}', { params: { path: { item_id: id } } }))

export const itemPicture = (id: string): string => `/v1/labelling/items/${id}/picture`

export type Decision = { verdict: 'accept'; answer_id: string; reason: '' } | { verdict: 'reject'; answer_id: string; reason: string } | { verdict: 'fix'; said: Said; reason: '' }

export const review = (id: string, body: Decision): Promise<ClientItem> =>
  ask<ClientItem>(api.POST('/v1/labelling/items/{item_id}/review', { params: { path: { item_id: id } }, body }))

export const agreementOf = (commission: string): Promise<Agreement> => ask<Agreement>(api.GET('/v1/commissions/{commission_id}/agreement', { params: { path: { commission_id: commission } } }))

/** Somebody looked at the answers of who was stopped: they are on trial again. */
export const lookAt = (person: string, reason: string): Promise<Looked> =>
  ask<Looked>(api.POST('/v1/experts/{person_id}/look', { params: { path: { person_id: person } }, body: { reason } }))

export interface Truth {
  said: Said
  reason: string
}

export const addPicture = (commission: string, file: File, source: string, truth: Truth | null = null): Promise<ClientItem> => {
  const form = new FormData()
  form.append('picture', file)
  form.append('source', source)
  if (truth !== null) {
    form.append('gold', JSON.stringify(truth.said))
    form.append('reason', truth.reason)
  }
  return sendForm<ClientItem>(`/v1/commissions/${commission}/pictures`, form)
}

export const addDispute = (commission: string, source: string, words: string, truth: Truth | null): Promise<ClientItem> => {
  const body = { source, words, gold: truth?.said ?? null, reason: truth?.reason ?? '' }
  return ask<ClientItem>(api.POST('/v1/commissions/{commission_id}/items', { params: { path: { commission_id: commission } }, body }))
}

export const addCheck = (commission: string, checkId: string): Promise<ClientItem> => {
  const body = { check_id: checkId, source: '', words: '', gold: null, reason: '' }
  return ask<ClientItem>(api.POST('/v1/commissions/{commission_id}/items', { params: { path: { commission_id: commission } }, body }))
}

export interface Import {
  format: ImportFormat
  use: 'guess' | 'gold'
  model: string
  reason: string
}

export const importLabels = (commission: string, file: File, { format, use, model, reason }: Import): Promise<Imported> => {
  const form = new FormData()
  for (const [name, value] of Object.entries({ file, format, use, model, reason })) form.append(name, value)
  return sendForm<Imported>(`/v1/commissions/${commission}/imports`, form)
}

/** A settled item measures people from now on, by what was settled. */
export const makeGold = (id: string, reason: string): Promise<ClientItem> =>
  ask<ClientItem>(api.POST('/v1/labelling/items/{item_id}/gold', { params: { path: { item_id: id } }, body: { said: null, reason } }))

/** Where the ZIP is: a link, so that the browser writes 15,000 pictures to the disk and not into its memory. */
export const exportOf = (commission: string, format: ExportFormat, pictures: boolean): string => `/v1/commissions/${commission}/labels?format=${format}&pictures=${pictures}`
