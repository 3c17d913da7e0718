// The record of a step: which fields are drawn, blank at first, and what is sent; no step is known here by name.
import type { StepEvidence, StepField } from '../api/kinds.ts'
import { typedNumber as number } from './measure.ts'

export interface PersonRow { name: string; party: string; role: string; machine: string }
export interface PointRow { lon: string; lat: string; sigma_m: string; depth_m: string; pipe_id: string }
export interface Draft {
  plain: Record<string, string>
  attendees: PersonRow[]
  signatures: PersonRow[]
  points: PointRow[]
  /** Corners, one a line: longitude and latitude. */
  course: string
  sigma_m: string
  pipe_id: string
}

/** One field as it is drawn: lines that ask for the same are one, and required as soon as one of them requires it. */
export interface Drawn extends StepField { asks: StepField[] }

export function drawnOf(asked: StepEvidence): Drawn[] {
  const found = new Map<string, Drawn>()
  for (const one of asked.fields) {
    const before = found.get(one.name)
    if (before === undefined) found.set(one.name, { ...one, asks: [one] })
    else Object.assign(before, { required: before.required || one.required, asks: [...before.asks, one] })
  }
  return [...found.values()]
}

/** A blank record: a row for each party or role that has to be there or to sign, one for each machine operator that is known. */
export function blankOf(asked: StepEvidence, machines: readonly string[]): Draft {
  const rows: Record<'attendees' | 'signatures', PersonRow[]> = { attendees: [], signatures: [] }
  let points = 0
  for (const one of asked.fields) {
    if (one.type === 'points') points = Math.max(points, one.at_least)
    if (one.type !== 'people' && one.type !== 'signatures') continue
    const into = one.type === 'people' ? rows.attendees : rows.signatures
    const role = one.role ?? (one.type === 'people' ? 'manager' : 'other')
    if (one.everyone) {
      const known = asked.known.map((word) => (machines.includes(word) ? { name: '', machine: word } : { name: word, machine: '' }))
      for (const each of known.length > 0 ? known : [{ name: '', machine: '' }]) into.push({ ...each, party: 'contractor', role })
    } else {
      const parties = one.parties.length > 0 || !one.required || one.role === null ? one.parties : ['contractor']
      for (const party of parties) into.push({ name: '', party, role, machine: '' })
    }
  }
  const blank = { lon: '', lat: '', sigma_m: '', depth_m: '', pipe_id: '' }
  return { plain: Object.fromEntries(asked.fields.map((one) => [one.name, ''])), ...rows, points: Array.from({ length: points }, () => ({ ...blank })), course: '', sigma_m: '', pipe_id: '' }
}

const named = (rows: PersonRow[]): PersonRow[] => rows.filter((one) => one.name.trim() !== '')

function plainOf(one: Drawn, text: string): unknown {
  if (one.type === 'flag') return text === '' ? null : text === 'yes'
  if (one.type === 'number') return number(text)
  if (one.type === 'moment') return text === '' ? null : new Date(text).toISOString()
  return text === '' && one.type === 'word' ? null : text
}

/** The record as the API takes it. */
export function recordOf(fields: readonly Drawn[], draft: Draft): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const one of fields) {
    if (one.type === 'people') found[one.name] = named(draft.attendees)
    else if (one.type === 'signatures') found[one.name] = named(draft.signatures).map(({ name, party }) => ({ name, party }))
    else if (one.type === 'points') {
      found[one.name] = draft.points.filter((row) => Object.values(row).some((cell) => cell.trim() !== '')).map((row) => ({
        lon: number(row.lon), lat: number(row.lat), sigma_m: number(row.sigma_m), depth_m: number(row.depth_m), pipe_id: row.pipe_id,
      }))
    } else if (one.type === 'line') {
      const line = draft.course.split('\n').map((row) => row.split(/[\s,，;；]+/).filter(Boolean).map(number)).filter((row) => row.length > 0)
      found[one.name] = line.length === 0 ? null : { line, sigma_m: number(draft.sigma_m), pipe_id: draft.pipe_id }
    } else found[one.name] = plainOf(one, draft.plain[one.name] ?? '')
  }
  return found
}

/** The field of a record that a refusal is about; null where it is about anything else. */
export function recordFieldOf(named: string | undefined): string | null {
  const parts = (named ?? '').split('.')
  const at = parts.lastIndexOf('record')
  return at < 0 ? null : (parts[at + 1] ?? null)
}

const TOLD = new Set(['too_far', 'unknown_pipe', 'wrong_held_at', 'wrong_shift_from', 'wrong_shift_until', 'wrong_valid_until', 'wrong_signatures'])

/** Which words say what to do about it. */
export function mendOf(code: string | undefined, type: StepField['type']): string {
  if (code?.startsWith('lacks_')) return type
  return code !== undefined && TOLD.has(code) ? code : 'bad'
}
