// A document of a site: what a person adds to what is on record, what is asked of the server, how an issued one stands.
import type { DocumentKind, Issued, PaperAsked, PaperDraft, PaperField, PaperKind, PaperOffer, Site } from '../api/kinds.ts'

export interface Signed { party: string; name: string; picture: string | null }
/** What a person says beside the record; who signed is as the record has it, typed here, or refused. */
export interface Told {
  fields: Record<string, string>
  rows: Record<string, string[][]>
  signing: 'record' | 'typed' | 'refused'
  signatures: Signed[]
  witness: string
}

export function blankTold(): Told {
  return { fields: {}, rows: {}, signing: 'record', signatures: [{ party: '', name: '', picture: null }], witness: '' }
}

/** Whether there is anything that would be lost. */
export function saidAnything(told: Told): boolean {
  return JSON.stringify(told) !== JSON.stringify(blankTold())
}

const written = (row: string[]): boolean => row.some((cell) => cell.trim() !== '')

/** The question as the API takes it: what was left empty says nothing, so the record counts there. */
export function askedOf(kind: DocumentKind, about: string | null, told: Told): PaperAsked {
  const fields = Object.fromEntries(Object.entries(told.fields).filter(([, text]) => text.trim() !== ''))
  const rows = Object.fromEntries(
    Object.entries(told.rows).map(([key, all]) => [key, all.filter(written)] as const).filter(([, all]) => all.length > 0),
  )
  const typed = told.signing === 'typed' ? told.signatures.filter((one) => one.name.trim() !== '') : []
  const refused = told.signing === 'refused'
  return { kind, about, fields, rows, signatures: typed, refused, witness: refused ? told.witness : '' }
}

/** What is missing first, then what would be a line, then the rest as the paper has it. */
export type Standing = 'missing' | 'blank' | 'said' | 'optional'

export function standingOf(field: Pick<PaperField, 'key' | 'text' | 'rows'>, draft: Pick<PaperDraft, 'missing' | 'blank'>): Standing {
  if (draft.missing.includes(field.key)) return 'missing'
  if (draft.blank.includes(field.key)) return 'blank'
  return field.text !== null || field.rows.length > 0 ? 'said' : 'optional'
}

/** Who issues it and for whom is the house's own to say. */
const OWN = new Set(['issuer', 'by'])
const RANK: Record<Standing, number> = { missing: 0, blank: 1, optional: 2, said: 3 }

export function fieldsOf(draft: PaperDraft): PaperField[] {
  return draft.fields.filter((one) => !OWN.has(one.key))
}

/** The order in which they are drawn; it is taken once, so that nothing moves under whoever types. */
export function orderOf(draft: PaperDraft): string[] {
  const ranked = fieldsOf(draft).map((one, place) => ({ key: one.key, rank: RANK[standingOf(one, draft)], place }))
  return ranked.sort((a, b) => a.rank - b.rank || a.place - b.place).map((one) => one.key)
}

/** Which part of the form a refusal is about; null where it is about none. */
export function partOf(named: string | undefined): string | null {
  const [group, key] = (named ?? '').split('.')
  if (group === 'fields' || group === 'rows') return key ?? null
  if (group === 'signatures' || group === 'refused' || group === 'witness') return 'signing'
  return group === 'replaces' ? 'reason' : null
}

/** Who signs, as the template in force names them. */
export function partiesOf(kind: Pick<PaperKind, 'template'> | undefined): string[] {
  return [...new Set(kind?.template.blocks.flatMap((one) => one.parties ?? []) ?? [])]
}

export function standsAs(paper: Pick<Issued, 'voided_at' | 'replaced_by'>): 'counts' | 'void' | 'replaced' {
  if (paper.voided_at === null) return 'counts'
  return paper.replaced_by === null ? 'void' : 'replaced'
}

/** The kinds that a person may issue at a site, whether offered or not. */
export function kindsFor(kinds: PaperKind[], may: { may_work: boolean; may_decide: boolean }): PaperKind[] {
  return kinds.filter((one) => may.may_decide || (may.may_work && !one.decides))
}

/** What a document speaks of, in the site's own words; null for a step. */
export function aboutOf(site: Pick<Site, 'violations' | 'stops' | 'reports'>, about: PaperOffer['about']): string | null {
  if (about === null) return null
  const violation = site.violations.find((one) => one.id === about)
  if (violation) return violation.code
  const stop = site.stops.find((one) => one.id === about)
  if (stop) return stop.reason
  return site.reports.find((one) => one.id === about)?.to ?? null
}

/** Where an issued document lies; its number is Chinese. */
export function fileOf(siteId: string, number: string, as: 'pdf' | 'docx'): string {
  return `/v1/sites/${siteId}/documents/${encodeURIComponent(number)}.${as}`
}
