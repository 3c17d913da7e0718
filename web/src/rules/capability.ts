// Capabilities as pages need them: figures read out of what a version says, what is missing before it can be measured,
// which class a picture of a folder is of, and what an expert's forms come to as the server's own content.

export interface Share {
  hits: number
  of: number
  value: number | null
  low: number
  high: number
}

export interface Measured {
  right: Share
  answered: Share | null
  right_of_answered: Share | null
  by_label: Record<string, Share>
}

type Told = Record<string, unknown>
const told = (one: unknown): Told => (typeof one === 'object' && one !== null ? (one as Told) : {})
const shareOf = (one: unknown): Share | null => ('hits' in told(one) ? (one as Share) : null)

/** One set of figures by its name, `frozen` or `cross_validated…`; null where the version has none of it. */
export function measuredOf(figures: Told | null, name: string): Measured | null {
  const found = told(figures?.[name])
  const right = shareOf(found.right)
  if (right === null) return null
  const labels = Object.entries(told(found.by_label)).flatMap(([label, one]) => {
    const share = shareOf(one)
    return share === null ? [] : [[label, share] as const]
  })
  return { right, answered: shareOf(found.answered), right_of_answered: shareOf(found.right_of_answered), by_label: Object.fromEntries(labels) }
}

/** The probability below which a classifier abstains, 0 to 1; null where it has none. Above 1 it answers nothing. */
export function abstainOf(figures: Told | null): number | null {
  return typeof figures?.abstain === 'number' ? figures.abstain : null
}

export function wrongOf(figures: Told | null): string[] {
  return Array.isArray(figures?.wrong) ? figures.wrong.map(String) : []
}

export function countOf(figures: Told | null, name: string): number | null {
  return typeof figures?.[name] === 'number' ? figures[name] : null
}

/** A share as a percentage: one decimal, no more than the sample carries. */
export function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}

export interface ShareWords extends Record<string, string> {
  value: string
  low: string
  high: string
  n: string
}

/** Value, the ends of its 95 % interval and the sample, each as it is written; null where there is nothing to count. */
export function shareWords(one: Share): ShareWords | null {
  if (one.value === null) return null
  return { value: percent(one.value), low: (one.low * 100).toFixed(1), high: percent(one.high), n: `${one.hits}/${one.of}` }
}

// --- what is missing

export interface Count {
  label: string
  purpose: 'train' | 'frozen'
  count: number
}

export interface Needs {
  least: number
  frozen: number
}

export interface Missing {
  what: 'train' | 'frozen'
  label: string
  have: number
  need: number
}

/** How many pictures of a label and purpose there are. */
export function countFor(counts: readonly Count[], label: string, purpose: Count['purpose']): number {
  return counts.find((one) => one.label === label && one.purpose === purpose)?.count ?? 0
}

/** What stands between the pictures and an evaluation: `labels` is empty for a question list, which is trained on none. */
export function missing(labels: readonly string[], counts: readonly Count[], needs: Needs): Missing[] {
  const found: Missing[] = []
  for (const label of labels) {
    const have = countFor(counts, label, 'train')
    if (have < needs.least) found.push({ what: 'train', label, have, need: needs.least })
  }
  const held = counts.filter((one) => one.purpose === 'frozen' && (labels.length === 0 || labels.includes(one.label)))
  const have = held.reduce((sum, one) => sum + one.count, 0)
  if (have < needs.frozen) found.push({ what: 'frozen', label: '', have, need: needs.frozen })
  return found
}

// --- a folder with a class each

export interface Named {
  id: string
  zh: string
  en: string
}

export interface Planned {
  at: number
  label: string
  purpose: Count['purpose']
}

export interface Plan {
  planned: Planned[]
  /** Folders that are called as no label, with how many pictures lie in each. */
  unknown: { folder: string; count: number }[]
}

const PICTURE = /\.(jpe?g|png|webp|heic|heif)$/i
/** Of every four pictures of a class one is kept for the evaluation, where the expert lets us part them. */
const EACH = 4
const same = (one: string): string => one.trim().toLowerCase()

function labelOf(folder: string, labels: readonly Named[]): string | null {
  return labels.find((one) => [one.id, one.zh, one.en].some((name) => same(name) === same(folder)))?.id ?? null
}

/**
 * Which picture goes where. The folder next to the file names its class: by id, Chinese or English name.
 *
 * @param paths of the files, as the browser tells them (`street/machine/1.jpg`); what is no picture is left out.
 * @param purpose of all, or `part`: the fourth of every class in order of names is never trained on.
 */
export function planOf(paths: readonly string[], labels: readonly Named[], purpose: Count['purpose'] | 'part'): Plan {
  const pictures = paths.map((path, at) => ({ at, path })).filter((one) => PICTURE.test(one.path) && !one.path.split('/').at(-1)!.startsWith('.'))
  pictures.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0))
  const seen = new Map<string, number>()
  const unknown = new Map<string, number>()
  const planned: Planned[] = []
  for (const { at, path } of pictures) {
    const folder = path.split('/').at(-2) ?? ''
    const label = labelOf(folder, labels)
    if (label === null) {
      unknown.set(folder, (unknown.get(folder) ?? 0) + 1)
      continue
    }
    const number = seen.get(label) ?? 0
    seen.set(label, number + 1)
    planned.push({ at, label, purpose: purpose === 'part' ? (number % EACH === EACH - 1 ? 'frozen' : 'train') : purpose })
  }
  return { planned, unknown: [...unknown].map(([folder, count]) => ({ folder, count })) }
}

/** Answers that an author gives about a picture, as the server reads them: `rust=yes,cover=no`; what is left open is left out. */
export function wantedOf(answers: Readonly<Record<string, string>>): string {
  return Object.entries(answers).filter(([, one]) => one === 'yes' || one === 'no').map(([id, one]) => `${id}=${one}`).join(',')
}

// --- names

/** A name that the server takes as an id, out of what somebody wrote; the number stands in where nothing of it can be used. */
export function idOf(words: string, number: number, prefix: string, taken: readonly string[] = []): string {
  const plain = words.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 30)
  const wanted = plain === '' ? `${prefix}_${number}` : plain
  let made = wanted
  for (let more = 2; taken.includes(made); more += 1) made = `${wanted}_${more}`
  return made
}

const SLUG = /^[a-z][a-z0-9-]{1,59}$/

export function isSlug(words: string): boolean {
  return SLUG.test(words)
}

// --- forms

export interface FieldDraft {
  id: string
  type: 'number' | 'truth' | 'word'
  zh: string
  unit: string
  words: string
}

export interface ConditionDraft {
  field: string
  is: string
  than: string
}

export interface RuleDraft {
  when: ConditionDraft[]
  then: string
  zh: string
  en: string
  clause: string
}

export interface CaseDraft {
  given: Record<string, string>
  then: string
}

export interface RuleCardDraft {
  fields: FieldDraft[]
  rules: RuleDraft[]
  otherwise: string
  cases: CaseDraft[]
}

export const TRUTH = ['yes', 'no'] as const
export const COMPARED: Readonly<Record<FieldDraft['type'], readonly string[]>> = {
  number: ['<', '<=', '=', '!=', '>=', '>'],
  truth: ['=', '!='],
  word: ['=', '!='],
}

export const wordsOf = (field: Pick<FieldDraft, 'words'>): string[] => field.words.split(/[,，、;；\n]/).map((one) => one.trim()).filter((one) => one !== '')

/** A value as somebody typed it, of its field's type; null where it is none. */
export function valueOf(type: string, text: string): number | boolean | string | null {
  const plain = text.trim()
  if (type === 'truth') return plain === 'yes' ? true : plain === 'no' ? false : null
  if (type === 'word') return plain === '' ? null : plain
  const made = Number(plain.replace('，', '.'))
  return plain === '' || !Number.isFinite(made) ? null : made
}

/** A stored value as a form shows it. */
export function textOf(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value ?? '')
}

/** Values of a form as a call takes them; null while one of them is none. */
export function givenOf(fields: readonly { id: string; type: string }[], texts: Readonly<Record<string, string>>): Told | null {
  const found: Told = {}
  for (const one of fields) {
    const value = valueOf(one.type, texts[one.id] ?? '')
    if (value === null) return null
    found[one.id] = value
  }
  return found
}

/** A rule card as the server takes it; what is no value goes as it was typed, and the server says where. */
export function ruleContent(draft: RuleCardDraft): Told {
  const types = Object.fromEntries(draft.fields.map((one) => [one.id, one.type]))
  const value = (id: string, text: string): unknown => valueOf(types[id] ?? 'word', text) ?? text
  return {
    fields: draft.fields.map((one) => ({ id: one.id, type: one.type, zh: one.zh, unit: one.unit, words: one.type === 'word' ? wordsOf(one) : [] })),
    rules: draft.rules.map((one) => ({
      when: one.when.map((each) => ({ field: each.field, is: each.is, than: value(each.field, each.than) })),
      then: one.then, zh: one.zh, en: one.en || one.zh, clause: one.clause,
    })),
    otherwise: draft.otherwise,
    cases: draft.cases.map((one) => ({ given: Object.fromEntries(draft.fields.map((field) => [field.id, value(field.id, one.given[field.id] ?? '')])), then: one.then })),
  }
}

/** A stored rule card as the form edits it. */
export function ruleDraft(content: Told): RuleCardDraft {
  const list = (name: string): Told[] => (Array.isArray(content[name]) ? (content[name] as Told[]) : [])
  return {
    fields: list('fields').map((one) => ({
      id: String(one.id), type: one.type as FieldDraft['type'], zh: String(one.zh ?? ''), unit: String(one.unit ?? ''),
      words: Array.isArray(one.words) ? one.words.join('，') : '',
    })),
    rules: list('rules').map((one) => ({
      when: (one.when as Told[]).map((each) => ({ field: String(each.field), is: String(each.is), than: textOf(each.than) })),
      then: String(one.then), zh: String(one.zh), en: String(one.en), clause: String(one.clause ?? ''),
    })),
    otherwise: String(content.otherwise ?? 'nothing'),
    cases: list('cases').map((one) => ({
      given: Object.fromEntries(Object.entries(told(one.given)).map(([id, value]) => [id, textOf(value)])), then: String(one.then),
    })),
  }
}

// --- a version's way

export const WAY = ['draft', 'evaluated', 'reviewed', 'priced', 'canary', 'live'] as const
export type Next = 'evaluate' | 'ask' | 'review' | 'price' | 'canary' | 'live' | 'another' | null

/** What its author or a manager does next with a version. */
export function nextOf(state: string, asked: boolean): Next {
  const next: Record<string, Next> = {
    draft: 'evaluate', evaluated: asked ? 'review' : 'ask', reviewed: 'price', priced: 'canary', canary: 'live', refused: 'another', rolled_back: 'another',
  }
  return next[state] ?? null
}

/** Whether somebody may try a version unpaid: whoever builds, reviews or manages any that was measured, others one that sells. */
export function mayTry(state: string, measured: boolean, concerned: boolean): boolean {
  return measured && (concerned || state === 'live' || state === 'canary')
}

/** Parts of ten thousand as a percentage, without decimals that say nothing: 7000 is "70", 6550 "65.5". */
export function partText(parts: number): string {
  return String(parts / 100)
}

/** A percentage as it was typed, in parts of ten thousand; null where it is none. */
export function partsOf(text: string): number | null {
  const plain = text.trim()
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(plain)) return null
  const made = Math.round(Number(plain) * 100)
  return made <= 10_000 ? made : null
}

/** How far a demand is: 达成进度, 0 to 100. */
export function progress(taken: number, wanted: number): number {
  return wanted <= 0 ? 0 : Math.min(100, Math.floor((taken * 100) / wanted))
}
