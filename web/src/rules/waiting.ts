// What waits for a person before the river has it: people's reports and other platforms' messages, in one order.
import type { IntakeItem, LonLat, Minded } from '../api/kinds.ts'

/** One thing that waits; `report` or `message` is there, never both. */
export interface Waits {
  id: string
  danger: boolean
  since: string
  words: string
  place_words: string
  why: string
  report: Minded | null
  message: IntakeItem | null
}

function ofReport(report: Minded): Waits {
  const { id, danger, received_at: since, words, place_words, why } = report
  return { id, danger, since, words, place_words, why, report, message: null }
}

function ofMessage(message: IntakeItem): Waits {
  const { id, received_at: since, words, address, why } = message
  return { id, danger: false, since, words, place_words: address, why, report: null, message }
}

/** Word of danger first, then what has waited longest; a platform's message says nothing of danger in a field of its own. */
export function waiting(reports: Minded[], messages: IntakeItem[]): Waits[] {
  const all = [...reports.map(ofReport), ...messages.map(ofMessage)]
  return all.sort((one, other) => Number(other.danger) - Number(one.danger) || Date.parse(one.since) - Date.parse(other.since))
}

export interface WaitWord {
  key: string | null
  parts: Record<string, string>
}

const WHY: [key: string, pattern: RegExp][] = [
  ['no_place', /^it has no (?:place|coordinates)$/],
  ['vague', /^its place may be off by (?<m>\d+) m$/],
  ['no_operator', /^its place lies on no operator's ground$/],
  ['no_area', /^its place lies in no area of ours(?:, and no pipe of ours is near)?$/],
  ['phone_aside', /^its phone was set aside: (?<reason>.+)$/s],
  ['not_digging', /^its platform sorts it as something other than digging$/],
]

const NOTE: [key: string, pattern: RegExp][] = [
  ['ahead', /^the phone's clock is ahead; the time of receipt counts$/],
  ['long_past', /^the phone's time is long past; the time of receipt counts$/],
  ['old_picture', /^a picture says that it is older than (?<h>\d+) h$/],
  ['not_kept', /^picture (?<number>\d+) was not kept: (?<problem>.+)$/s],
  ['too_many', /^(?<n>\d+) pictures more than (?<most>\d+) were not kept$/],
]

function said(text: string, known: [string, RegExp][]): WaitWord {
  for (const [key, pattern] of known) {
    const found = pattern.exec(text)
    if (found) return { key, parts: { ...found.groups } }
  }
  return { key: null, parts: { text } }
}

/** Why it waits, as a key of `waiting.why` with its figures; a person's own reason stays as it was given. */
export function whyWaits(text: string): WaitWord {
  return said(text, WHY)
}

/** What is odd about a report, as a key of `waiting.note`. */
export function noteOf(text: string): WaitWord {
  return said(text, NOTE)
}

/** Where the sender said that it is, however vague; nothing where they said no place. */
export function saidPlace(one: Waits): LonLat | null {
  const from = one.report ?? one.message
  return from === null || from.lon === null || from.lat === null ? null : [from.lon, from.lat]
}

/** Hours for which a phone may be set aside; the server allows 90 days. */
export const PHONE_HOURS = [8, 24, 72, 168, 720] as const

/** The neighbour of what is at hand, `by` places on; the first where nothing is. */
export function stepFrom(ids: string[], atHand: string | null, by: 1 | -1): string | null {
  const here = atHand === null ? -1 : ids.indexOf(atHand)
  if (here < 0) return by > 0 ? (ids[0] ?? null) : null
  return ids[here + by] ?? null
}
