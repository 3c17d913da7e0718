// A city's own weights and rules: which values of a text a form shows, what was changed, what a back-test came to.
import type { PolicyKnob, PolicyVersion } from '../api/kinds.ts'

export const TABS = ['packs', 'risk', 'supervision'] as const
export type Tab = (typeof TABS)[number]
export type Path = PolicyKnob['path']
export type Value = PolicyKnob['value']
export const LEAST_DAYS = 7

export const keyOf = (path: Path): string => JSON.stringify(path)

export function knobAt(knobs: PolicyKnob[], path: Path): PolicyKnob | null {
  const wanted = keyOf(path)
  return knobs.find((one) => keyOf(one.path) === wanted) ?? null
}

export interface Changed {
  path: Path
  was: Value
  now: Value
}

/** What a text says otherwise than another, its own name left out. */
export function changed(base: PolicyKnob[], now: PolicyKnob[]): Changed[] {
  const before = new Map(base.map((one) => [keyOf(one.path), one.value]))
  const after = new Map(now.map((one) => [keyOf(one.path), one.value]))
  const paths = [...new Map([...base, ...now].map((one) => [keyOf(one.path), one.path])).entries()]
  return paths
    .filter(([key, path]) => path[0] !== 'version' && before.get(key) !== after.get(key))
    .map(([key, path]) => ({ path, was: before.get(key) ?? null, now: after.get(key) ?? null }))
}

/** A name that no version has: the next number after the highest of this city's own. */
export function nextName(kind: string, versions: Pick<PolicyVersion, 'version'>[]): string {
  const numbers = versions.map((one) => Number(/@(\d+)$/.exec(one.version)?.[1] ?? 0))
  return `own-${kind}@${Math.max(0, ...numbers) + 1}`
}

/** Bounds of a weight: points of works, what multiplies them of all others. */
export const boundsOf = (factor: string): { min: number; max: number; step: number } =>
  factor === 'works' ? { min: 1, max: 100, step: 1 } : { min: 0.1, max: 2, step: 0.05 }

export interface RuleForm {
  at: number
  code: string
  said: Partial<Record<RuleField, PolicyKnob>>
  /** Numbers and durations of its condition. */
  limits: PolicyKnob[]
}
export const RULE_FIELDS = ['zh', 'en', 'since', 'until', 'remedy.zh', 'remedy.en'] as const
export type RuleField = (typeof RULE_FIELDS)[number]
const DURATION = /^P(\d+[DHMW]|T\d)/

/** The rules of a text, each with what a form can turn; its conditions as such are changed in the text. */
export function ruleForms(knobs: PolicyKnob[]): RuleForm[] {
  const found = new Map<number, RuleForm>()
  for (const one of knobs) {
    const [head, at, ...rest] = one.path
    if (head !== 'rules' || typeof at !== 'number') continue
    const form: RuleForm = found.get(at) ?? { at, code: '', said: {}, limits: [] }
    found.set(at, form)
    const field = rest.join('.')
    if (field === 'code') form.code = String(one.value)
    else if ((RULE_FIELDS as readonly string[]).includes(field)) form.said[field as RuleField] = one
    else if (rest[0] === 'violated_when' && (typeof one.value === 'number' || (typeof one.value === 'string' && DURATION.test(one.value)))) form.limits.push(one)
  }
  return [...found.values()].sort((a, b) => a.at - b.at)
}

const JOINS = new Set<string | number>(['violated_when', 'all', 'any', 'not'])
/** Where in a condition a value stands, as a person reads it: the last words of its path. */
export const limitName = (path: Path): string => path.slice(2).filter((one) => typeof one === 'string' && !JOINS.has(one)).join(' · ')

export interface Moved {
  site: string
  code: string | null
  before: number | null
  after: number | null
  at: string
  reasons: string[]
}

export interface Tried {
  days: number
  at: string
  sites: number
  moments: number
  up: Moved[]
  down: Moved[]
  /** Sites by the gravest level: level, before, after. Null where rules are tried. */
  levels: [level: number, before: number, after: number][] | null
}

type Json = Record<string, unknown>
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

function movedOf(given: unknown): Moved {
  const one = given as Json
  const weighed = typeof one.before === 'number'
  return {
    site: String(one.site_id), code: typeof one.code === 'string' ? one.code : null,
    before: weighed ? Number(one.before) : null, after: weighed ? Number(one.after) : null,
    at: String(weighed ? one.after_at : one.at), reasons: list(one.reasons).map(String),
  }
}

/** What a back-test came to: of weights sooner and later, of rules newly violated and no longer. */
export function triedOf(previewed: PolicyVersion['previewed']): Tried | null {
  if (previewed === null) return null
  const said = previewed.result as Json
  const weighed = 'sooner' in said
  const [before, after] = [(said.before ?? {}) as Record<string, number>, (said.after ?? {}) as Record<string, number>]
  return {
    days: previewed.days, at: previewed.at, sites: Number(said.sites ?? 0), moments: Number(said.moments ?? 0),
    up: list(weighed ? said.sooner : said.newly).map(movedOf), down: list(weighed ? said.later : said.no_longer).map(movedOf),
    levels: weighed ? [1, 2, 3, 4].map((level) => [level, before[level] ?? 0, after[level] ?? 0]) : null,
  }
}

/** Why a version cannot be let act yet; null where it may be asked for. */
export function lacksOf(one: PolicyVersion): 'active' | 'preview' | 'days' | null {
  if (one.state === 'active') return 'active'
  if (one.previewed === null) return 'preview'
  return one.previewed.days < LEAST_DAYS ? 'days' : null
}
