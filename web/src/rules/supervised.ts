// What the supervision rules say of a site: what is broken first, and each fact that a rule read as people write it.
import type { SiteRule } from '../api/kinds.ts'

export type Said = SiteRule['result']
export const RESULTS: Said[] = ['violated', 'unknown', 'compliant']

type Fact = Pick<SiteRule['facts'][number], 'name' | 'type' | 'unit' | 'value'>
/** How a value is to be put into words: `words` are looked up in `group`, the rest is text already. */
export type FactValue =
  | { kind: 'unknown' | 'none' | 'yes' | 'no' }
  | { kind: 'moment' | 'text'; text: string }
  | { kind: 'words'; group: string; words: string[] }

const GROUPS: Record<string, string> = {
  'site.state': 'headline', 'site.zone': 'zone', 'works.method': 'method', 'machine.type': 'type', 'permit.machines': 'type',
}

export function byResult(rules: SiteRule[]): { result: Said; rules: SiteRule[] }[] {
  return RESULTS.map((result) => ({ result, rules: rules.filter((one) => one.result === result) })).filter((one) => one.rules.length > 0)
}

export function factValue(fact: Fact): FactValue {
  const { value } = fact
  if (value === null) return { kind: 'unknown' }
  if (value === 'none') return { kind: 'none' }
  if (fact.type === 'flag') return { kind: value === 'true' ? 'yes' : 'no' }
  if (fact.type === 'moment') return { kind: 'moment', text: value }
  if (fact.type === 'number') return { kind: 'text', text: fact.unit ? `${value} ${fact.unit}` : value }
  const group = GROUPS[fact.name]
  const words = value.split(', ').filter((one) => one !== '')
  return group === undefined ? { kind: 'text', text: value } : { kind: 'words', group, words }
}

/** The key of a fact's name in the words. */
export function factKey(name: string): string {
  return name.replace('.', '_')
}
