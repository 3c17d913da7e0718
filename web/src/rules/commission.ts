// A commission as its client meets it: what the budget pays, what may be done now, how a delivery's sample comes out.
import { unitsText } from './money.ts'

export const STATES = ['draft', 'published', 'matching', 'running', 'accepted', 'settled', 'cancelled'] as const
export type State = (typeof STATES)[number]
export const ONLINE_TOOLS = ['labelling', 'pricing', 'plan_review', 'foundry'] as const
export type Tool = (typeof ONLINE_TOOLS)[number] | 'offline'
export type PartState = 'offered' | 'applied' | 'begun' | 'done' | 'left'
/** How an expert's card stands: the deck's 未推送 … 已创值. */
export type CardState = 'unasked' | PartState

const LIVE: ReadonlySet<string> = new Set<State>(['published', 'matching', 'running'])
const ENDED: ReadonlySet<string> = new Set<State>(['accepted', 'settled', 'cancelled'])
/** The house is in China, which has one time and no summer time. */
const ZONE = '+08:00'
const ZONE_MS = 8 * 3_600_000

export function isLive(state: string): boolean {
  return LIVE.has(state)
}

export function isEnded(state: string): boolean {
  return ENDED.has(state)
}

export interface Pays {
  /** Whole calls that the budget pays, as many as are wanted at most. */
  calls: number
  /** Calls that are wanted and not paid for. */
  short: number
  /** Units that stay once everything wanted is paid. */
  rest: number
}

/** What a budget pays for; the three are independent, the deck's 19,468 元 at 0.13 元 pay 149,753 of 150,000 calls. */
export function pays(budget: number, price: number, volume: number): Pays {
  const calls = Math.min(Math.floor(budget / price), volume)
  return { calls, short: volume - calls, rest: budget - calls * price }
}

/** A share as per cent with one decimal at most; it is never rounded up into being whole. */
export function share(part: number): string {
  return `${Math.floor(part * 1000 + 1e-6) / 10}\u00a0%`
}

/** The words between commas and the like, each once, in order. */
export function tagsOf(text: string): string[] {
  return [...new Set(text.split(/[,，、;；\n]/).map((one) => one.trim()).filter(Boolean))]
}

/** A day's last second in China, as the server reads a moment. */
export function endOfDay(day: string): string {
  return `${day}T23:59:59${ZONE}`
}

/** The day in China of a moment. */
export function dayOf(iso: string): string {
  const at = Date.parse(iso)
  return Number.isNaN(at) ? '' : new Date(at + ZONE_MS).toISOString().slice(0, 10)
}

export function wholeOf(text: string, most: number): number | null {
  const plain = text.trim().replace(/[０-９]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0))
  const made = /^(\d{1,9}|\d{1,3}([,，]\d{3}){1,2})$/.test(plain) ? Number(plain.replace(/[,，]/g, '')) : NaN
  return Number.isInteger(made) && made >= 1 && made <= most ? made : null
}

export interface Draft {
  title: string
  words: string
  tags: string
  online: boolean
  tool: Tool
  budget: number | null
  price: number | null
  volume: number | null
  overlap: number | null
  due: string
  sample: number | null
  wrong: number | null
  share: number | null
}

const MOST_TAGS = 30
const LONGEST_TAG = 30
export type Flaw = 'title' | 'words' | 'tags' | 'tag_long' | 'budget' | 'price' | 'volume' | 'too_little' | 'overlap' | 'due' | 'due_past' | 'sample' | 'wrong' | 'share'

/** The first thing that keeps a draft from being sent; null where nothing does. What the server would say is said before. */
export function flawOf(draft: Draft, now: number): Flaw | null {
  const tags = tagsOf(draft.tags)
  if (draft.title.trim() === '') return 'title'
  if (draft.words.trim() === '') return 'words'
  if (tags.length === 0 || tags.length > MOST_TAGS) return 'tags'
  if (tags.some((one) => one.length > LONGEST_TAG)) return 'tag_long'
  if (draft.budget === null) return 'budget'
  if (draft.price === null) return 'price'
  if (draft.volume === null) return 'volume'
  if (draft.budget < draft.price) return 'too_little'
  if (draft.overlap === null) return 'overlap'
  if (draft.due === '') return 'due'
  if (Date.parse(endOfDay(draft.due)) <= now) return 'due_past'
  if (draft.sample === null) return 'sample'
  if (draft.wrong === null || draft.wrong >= draft.sample) return 'wrong'
  return draft.share === null ? 'share' : null
}

/** How many of the drawn items may be wrong: of a small delivery a share of the rule's, rounded down, as the server counts. */
export function allowedWrong(rule: { sample: number; wrong: number }, drawn: number): number {
  return drawn >= rule.sample ? rule.wrong : Math.floor((rule.wrong * drawn) / rule.sample)
}

export interface Word {
  right: boolean | null
  reason: string
}

export interface Judged {
  /** Items without a word, and wrong ones without a reason. */
  unsaid: number
  unreasoned: number
  wrong: number
  allowed: number
  /** What will become of the delivery once everything is said. */
  good: boolean
}

export function judged(words: readonly Word[], rule: { sample: number; wrong: number }): Judged {
  const wrong = words.filter((one) => one.right === false)
  const allowed = allowedWrong(rule, words.length)
  return {
    unsaid: words.filter((one) => one.right === null).length,
    unreasoned: wrong.filter((one) => one.reason.trim() === '').length,
    wrong: wrong.length,
    allowed,
    good: wrong.length <= allowed,
  }
}

/** What waits for the client's word first, then who works, then what is over. */
const ORDER: Record<PartState, number> = { applied: 0, begun: 1, offered: 2, done: 3, left: 4 }

export function inOrder<T extends { engagement: { state: PartState; made_at: string } }>(parts: readonly T[]): T[] {
  return [...parts].sort((one, other) =>
    ORDER[one.engagement.state] - ORDER[other.engagement.state] || Date.parse(one.engagement.made_at) - Date.parse(other.engagement.made_at))
}

/** A row of tags with what does not fit as a number: the deck's "2+". */
export function overflow(tags: readonly string[], most: number): { shown: string[]; more: number } {
  return { shown: tags.slice(0, most), more: Math.max(0, tags.length - most) }
}

export function cardState(part: { state: PartState } | null): CardState {
  return part === null ? 'unasked' : part.state
}

const EVENTS: ReadonlySet<string> = new Set([
  'drafted', 'edited', 'published', 'offered', 'applied', 'begun', 'refused', 'done', 'delivered', 'delivery_accepted', 'delivery_rejected', 'accepted', 'cancelled',
  'rated', 'part_rated', 'settled',
])

/** Under which word something that happened stands; a later server may know more than these pages. */
export function eventKey(kind: string): string {
  return EVENTS.has(kind) ? kind : 'other'
}

/** Codes that the house writes where a person writes a reason. */
const HOUSE_WHY: ReadonlySet<string> = new Set(['accepted', 'early'])

export function whyKey(why: string): string | null {
  return HOUSE_WHY.has(why) ? why : null
}

/** A price as people type it back into a field: no thousands, no decimals that say nothing. */
export function yuanPlain(units: number): string {
  return unitsText(units, 'CNY').replace(/\.?0+$/, '')
}
