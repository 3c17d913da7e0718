// What somebody fills in about an item, and what it lacks before it may be sent; as market/rules/labels_saying.py has it.
import { boundsOf, problemOf, type Mark, type MarkProblem, type Point } from './marks.ts'
import { unitsOf } from './money.ts'

export type LabelKind = 'hazards' | 'price' | 'dispute'
export const CHOICES = ['upheld', 'changed', 'unclear'] as const
export type Choice = (typeof CHOICES)[number]

/** An answer as the API takes it. */
export interface Said {
  matches: boolean
  hazards: string[]
  shapes: { kind: 'box' | 'polygon'; label: string; points: Point[] }[]
  price: number | null
  choice: Choice | null
  comment: string
}

/** What can be taken back step by step. */
export interface Seen {
  /** 业务场景是否匹配; null while nobody has said. */
  matches: boolean | null
  hazards: string[]
  marks: Mark[]
}

export interface Filled extends Seen {
  /** In 元, as typed. */
  price: string
  choice: Choice | null
  comment: string
}

export type Lack = { what: 'matches' | 'price' | 'price_many' | 'choice' } | { what: MarkProblem; mark: number }

export const NOTHING: Seen = { matches: null, hazards: [], marks: [] }
const MOST_PRICE = 10_000 * 10_000
const COMMENT_LONGEST = 500

/** What a find is worth, in units of 0.0001 元; null where no amount is typed. Nothing is an amount here. */
export function priceOf(text: string): number | null {
  return /^\s*[0０]+([.．][0０]*)?\s*$/.test(text) ? 0 : unitsOf(text, 'CNY')
}

/** Everything that is missing or wrong, in the order of the page. */
export function lacks(kind: LabelKind, filled: Filled): Lack[] {
  if (kind === 'dispute') return filled.choice === null ? [{ what: 'choice' }] : []
  if (filled.matches === null) return [{ what: 'matches' }]
  if (!filled.matches) return []
  const found: Lack[] = filled.marks.flatMap((mark, at) => {
    const what = problemOf(mark)
    return what === null ? [] : [{ what, mark: at }]
  })
  if (kind === 'price') {
    const price = priceOf(filled.price)
    if (price === null) found.push({ what: 'price' })
    else if (price > MOST_PRICE) found.push({ what: 'price_many' })
  }
  return found
}

/** What is sent: a scene that does not match has no finds, whatever was marked before somebody saw that. */
export function saidOf(kind: LabelKind, filled: Filled, listed: readonly string[]): Said {
  const comment = filled.comment.trim().slice(0, COMMENT_LONGEST)
  const nothing = { hazards: [], shapes: [], price: null, choice: null, comment }
  if (kind === 'dispute') return { ...nothing, matches: true, choice: filled.choice }
  if (!filled.matches) return { ...nothing, matches: false }
  const seen = new Set([...filled.hazards, ...filled.marks.map((one) => one.label)])
  return {
    ...nothing,
    matches: true,
    hazards: listed.filter((one) => seen.has(one)),
    shapes: filled.marks.map(({ kind: as, label, points }) => ({ kind: as, label, points })),
    price: kind === 'price' ? priceOf(filled.price) : null,
  }
}

/** An answer, a guess or a truth, as the form shows it. */
export function filledOf(said: Said | null): Filled {
  if (said === null) return { ...NOTHING, price: '', choice: null, comment: '' }
  const price = said.price === null || said.price === undefined ? '' : String(said.price / 10_000)
  const marks = said.shapes.map(({ kind, label, points }): Mark => ({ kind, label, points }))
  return { matches: said.matches, hazards: [...said.hazards], marks, price, choice: said.choice ?? null, comment: said.comment }
}

/** A hazard said or taken back; what marks it goes with it. */
export function toggled(seen: Seen, hazard: string): Seen {
  if (!seen.hazards.includes(hazard)) return { ...seen, hazards: [...seen.hazards, hazard] }
  return { ...seen, hazards: seen.hazards.filter((one) => one !== hazard), marks: seen.marks.filter((one) => one.label !== hazard) }
}

/** A mark says a hazard, and so it is seen. */
export function labelled(seen: Seen, at: number, hazard: string): Seen {
  const marks = seen.marks.map((one, index) => (index === at ? { ...one, label: hazard } : one))
  return { ...seen, marks, hazards: seen.hazards.includes(hazard) ? seen.hazards : [...seen.hazards, hazard] }
}

/** Marks as they were drawn; the hazards that they say are seen. */
export function marked(seen: Seen, marks: Mark[]): Seen {
  const more = marks.map((one) => one.label).filter((one) => one !== '' && !seen.hazards.includes(one))
  return { ...seen, marks, hazards: [...seen.hazards, ...new Set(more)] }
}

/** A guess taken over: what is there already stays, and nothing stands twice. */
export function withGuess(seen: Seen, guess: Said): Seen {
  const there = new Set(seen.marks.map((one) => JSON.stringify([one.kind, one.label, one.points])))
  const marks = filledOf(guess).marks.filter((one) => !there.has(JSON.stringify([one.kind, one.label, one.points])))
  const hazards = guess.hazards.filter((one) => !seen.hazards.includes(one))
  return marked({ matches: guess.matches, hazards: [...seen.hazards, ...hazards], marks: seen.marks }, [...seen.marks, ...marks])
}

/** The keys of each group's items: one row of the keyboard a group, as many as it has. */
const ROWS = ['123456789', 'qwert', 'asdf']

export function keyOf(groups: readonly (readonly string[])[]): Map<string, string> {
  return new Map(groups.flatMap((group, row) => group.flatMap((id, at): [string, string][] => {
    const key = ROWS[row]?.[at]
    return key === undefined ? [] : [[id, key]]
  })))
}

/** Whole seconds that a turn is still one's own; 0 when it is over. */
export function secondsLeft(until: string, now: number): number {
  const left = Date.parse(until) - now
  return Number.isNaN(left) ? 0 : Math.max(0, Math.ceil(left / 1000))
}

/** Where a mark lies, for who cannot see it: its middle in per cent from the upper left. */
export function middleOf(mark: Mark): [x: number, y: number] {
  const { left, top, right, bottom } = boundsOf(mark)
  return [Math.round((left + right) * 50), Math.round((top + bottom) * 50)]
}
