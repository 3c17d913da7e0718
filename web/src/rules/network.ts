// A pipe map on its way in: which reference system is likeliest and why, what to warn of, how a change is drawn.
import type { NetworkCandidate, NetworkDraft } from '../api/kinds.ts'

export const STEPS = ['file', 'crs', 'columns', 'diff', 'active'] as const
export type Step = (typeof STEPS)[number]
export const KINDS = ['removed', 'moved', 'changed', 'added'] as const
export type Kind = (typeof KINDS)[number]
export const FIELDS = ['id', 'kind', 'pressure', 'diameter', 'material', 'depth', 'year', 'sigma'] as const
export type Field = (typeof FIELDS)[number]
export const GUARDS = ['shift', 'shrink', 'rejected', 'downgrade'] as const
export type Guard = (typeof GUARDS)[number]

/** A change has a hue of its own and a dash of its own: who sees no hue still tells them apart. */
export const LOOKS: Record<Kind | 'was', { token: string; width: number; dash: number[] | null }> = {
  added: { token: 'proved', width: 4, dash: null },
  removed: { token: 'level-1', width: 4, dash: [2, 1.2] },
  moved: { token: 'level-2', width: 3, dash: [5, 1] },
  was: { token: 'level-2', width: 2, dash: [0.6, 1.4] },
  changed: { token: 'level-4', width: 4, dash: [4, 1, 1, 1] },
}

export const UNITS: Partial<Record<Field, string[]>> = {
  pressure: ['label', 'MPa', 'kPa', 'bar', 'mbar', 'Pa'],
  diameter: ['mm', 'cm', 'm', 'inch'],
  depth: ['m', 'cm', 'mm'],
  sigma: ['m', 'cm', 'mm'],
}
/** What a word of these fields may mean. */
export const MEANINGS: Partial<Record<Field, string[]>> = {
  pressure: ['low', 'medium', 'sub_high', 'high', 'unknown'],
  kind: ['pipe', 'station', 'valve'],
}

export interface FieldSaid {
  column: string | null
  unit: string | null
  labels: Record<string, string>
}

/** What a person has said so far of how a file is to be read. */
export interface Said {
  crs: string | null
  jurisdiction: string
  mapping: string | null
  fields: Partial<Record<Field, FieldSaid>>
}

export const NOTHING_SAID: Said = { crs: null, jurisdiction: '', mapping: null, fields: {} }

const WAITING = new Set(['reading', 'comparing', 'activating'])
export const waits = (draft: Pick<NetworkDraft, 'state'>): boolean => WAITING.has(draft.state)

/** On the network that is there, as near as maps of two years lie to each other. */
const ON_M = 20
/** Beyond it no two maps of one network lie apart, in the same system. */
const FAR_M = 300
const SHIFTED = new Set(['GCJ-02', 'BD-09'])

/** A system whose places are shifted on purpose, and back again only about. */
export const isShifted = (crs: string): boolean => SHIFTED.has(crs.trim().toUpperCase())

/** The system that everything known speaks for; null where nothing does. */
export function likeliest(all: NetworkCandidate[]): NetworkCandidate | null {
  const [first] = all.filter((one) => one.fits)
  if (!first) return null
  if (first.off_m === null) return all.find((one) => one.fits && one.detected) ?? null
  return first.off_m <= FAR_M ? first : null
}

export interface Reason {
  key: 'detected' | 'unfit' | 'on' | 'off' | 'far' | 'no_home'
  m: number | null
}

/** Why a system may be the right one, and why not. */
export function reasons(one: NetworkCandidate): Reason[] {
  const found: Reason[] = []
  if (one.detected) found.push({ key: 'detected', m: null })
  if (!one.fits) found.push({ key: 'unfit', m: null })
  else if (one.off_m === null) found.push({ key: 'no_home', m: null })
  else found.push({ key: one.off_m <= ON_M ? 'on' : one.off_m <= FAR_M ? 'off' : 'far', m: one.off_m })
  return found
}

export type Warning = 'no_places' | 'city_grid' | 'disagrees' | 'shifted'

/** What to be warned of before a system is chosen, and of the one that was. */
export function warnings(all: NetworkCandidate[], chosen: string | null): Warning[] {
  const found: Warning[] = []
  const best = likeliest(all)
  const own = all.find((one) => one.detected)
  if (all.length === 0) found.push('no_places')
  else if (best === null && all.every((one) => !one.fits || one.off_m !== null)) found.push('city_grid')
  if (best && own && best !== own && (own.off_m ?? 0) > ON_M) found.push('disagrees')
  if (chosen !== null && isShifted(chosen)) found.push('shifted')
  return found
}

/** Where a draft stands: the furthest step it has come to. */
export function stepOf(draft: Pick<NetworkDraft, 'state' | 'kind'>): Step {
  if (draft.state === 'active') return 'active'
  if (draft.kind === 'versions' || ['compared', 'activating'].includes(draft.state)) return 'diff'
  if (['read', 'comparing'].includes(draft.state)) return 'crs'
  return 'file'
}

/** What was said before a draft was left: what the server compared it by, else what this browser kept. */
export function saidOf(draft: Pick<NetworkDraft, 'choice'>, kept: string | null): Said {
  const told = draft.choice as Partial<Said> | null
  if (told) return { ...NOTHING_SAID, crs: told.crs ?? null, jurisdiction: told.jurisdiction ?? '', mapping: told.mapping ?? null, fields: told.fields ?? {} }
  try {
    const found = JSON.parse(kept ?? '') as Said
    return typeof found === 'object' && found !== null && 'fields' in found ? { ...NOTHING_SAID, ...found } : NOTHING_SAID
  } catch {
    return NOTHING_SAID
  }
}

/** The same with another column, unit or word of one field. */
export function saying(said: Said, field: Field, more: Partial<FieldSaid>): Said {
  const before = said.fields[field] ?? { column: null, unit: null, labels: {} }
  const other = more.column !== undefined && more.column !== before.column
  return { ...said, fields: { ...said.fields, [field]: { ...before, ...(other ? { unit: null, labels: {} } : {}), ...more } } }
}

export interface Guarded {
  guard: Guard
  problem: string
}

export interface ClassRow {
  pressure_class: string
  added: number
  added_km: number
  changed: number
  changed_km: number
  removed: number
  removed_km: number
}

export interface RowSaid {
  row: number
  said: string
}

/** The dry run, as far as a page shows it. */
export interface Compared {
  counts: Record<Kind, number>
  base: number | null
  accepted: number | null
  rejected: number
  warned: number
  rejectedRows: RowSaid[]
  warningRows: RowSaid[]
  lengthKm: number | null
  activeKm: number | null
  shiftM: number | null
  downgrades: number
  summary: ClassRow[]
  box: [number, number, number, number] | null
  guards: Guarded[]
}

type Rows = Record<string, unknown>[]
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const rowsOf = (value: unknown, word: string): RowSaid[] => ((value ?? []) as Rows).map((one) => ({ row: Number(one.row), said: String(one[word]) }))

export function comparedOf(report: Record<string, unknown> | null): Compared | null {
  if (report === null) return null
  const shift = report.shift as { median_m: number } | null | undefined
  return {
    counts: { removed: number(report.removed) ?? 0, moved: number(report.moved) ?? 0, changed: number(report.changed) ?? 0, added: number(report.added) ?? 0 },
    base: number(report.base), accepted: number(report.accepted), rejected: number(report.rejected) ?? 0, warned: number(report.warnings) ?? 0,
    rejectedRows: rowsOf(report.rejected_rows, 'reason'), warningRows: rowsOf(report.warning_rows, 'warning'),
    lengthKm: number(report.length_km), activeKm: number(report.active_length_km), shiftM: shift?.median_m ?? null,
    downgrades: number(report.downgrades) ?? 0, summary: (report.summary ?? []) as ClassRow[],
    box: (report.box ?? null) as Compared['box'], guards: (report.guards ?? []) as Guarded[],
  }
}

/** Whether a compared map may be let act: a reason, and everything odd confirmed by itself. */
export const mayActivate = (guards: Guarded[], confirmed: string[], why: string): boolean =>
  why.trim() !== '' && guards.every((one) => confirmed.includes(one.guard))

export const km = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)}\u00a0km`
