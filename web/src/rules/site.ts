// What may be done at a site, in which order it is offered, and which fields each act asks for.
import type { Onward, Site, SiteNeeds, SiteRefusal, SiteState, StepEvidence } from '../api/kinds.ts'
import { outcomeOf, type OutcomeForm } from './government.ts'

export type SiteField =
  | 'reason' | 'words' | 'pictures' | 'signed_by' | 'refused' | 'witness' | 'position' | 'true_code' | 'false_code' | 'exempt_code'
  | 'person' | 'utility' | 'to' | 'until' | 'answer' | 'violation' | 'outcome' | 'by' | 'upheld' | 'experts'

export interface Offer {
  /** Of the act as the API knows it. */
  kind: string
  /** What it is called in the words of the page. */
  name: string
  to: SiteState | null
  /** The violation, stop or report that it is for. */
  about: string | null
  fields: SiteField[]
  needs: SiteNeeds | null
  /** What its record must say; the form is drawn from it. */
  evidence: StepEvidence | null
  refused: SiteRefusal[]
  /** Leads on; the others stand behind. */
  main: boolean
}

const PLAIN = { to: null, about: null, needs: null, evidence: null as StepEvidence | null, refused: [] as SiteRefusal[], main: false }

function fieldsOf(needs: SiteNeeds | null, evidence: StepEvidence | null): SiteField[] {
  const found: SiteField[] = []
  const place = needs?.position === true || evidence?.position === true
  if (place || (needs?.pictures ?? 0) > 0 || (evidence?.pictures ?? 0) > 0) found.push('pictures')
  if (place) found.push('position')
  // whoever signs for a party in the record has signed
  const signed = evidence?.fields.some((one) => one.type === 'signatures' && one.required) === true
  if ((needs?.signatures ?? 0) > 0 && !signed) found.push('signed_by')
  if (needs?.refusal === true || evidence?.refusal === true) found.push('refused', 'witness')
  if (needs?.words === true) found.push('words')
  return found
}

/** Steps that lead to no state of their own: marking, trial pits, the agreement; those not done yet lead on. */
function onRecord(onward: Onward): Offer[] {
  return onward.records.filter((one) => one.step !== 'standby_check').map((evidence) =>
    offer('record', fieldsOf(null, evidence), { name: evidence.step, evidence, refused: evidence.refused, main: !evidence.done }))
}

const offer = (kind: string, fields: SiteField[], more: Partial<Offer> = {}): Offer => ({ ...PLAIN, kind, name: kind, fields, ...more })

/** The steps of the main path, in the words of the API. */
function onPath(onward: Onward): Offer[] {
  return onward.steps.flatMap((step): Offer[] => {
    const { act, to, needs, evidence, refused } = step
    const more = { name: act, refused }
    if (act === 'change' || act === 'reopen') return onward.may_decide || act === 'change' ? [offer(act, ['reason'], more)] : []
    if (act === 'end_false') return onward.may_decide ? [offer('end', ['false_code', 'reason'], { ...more, to })] : []
    if (act === 'end_exempt') return onward.may_decide ? [offer('end', ['exempt_code', 'reason', 'until'], { ...more, to })] : []
    if (act === 'close' && !onward.may_decide) return []
    return [offer('advance', fieldsOf(needs, evidence), { ...more, to, needs, evidence, main: act !== 'complete' || step.refused.length === 0 })]
  })
}

/** What hangs on the site and waits for somebody. */
function onObjects(site: Site, decide: boolean): Offer[] {
  const found: Offer[] = []
  for (const one of site.violations.filter((each) => each.fixed_at === null)) {
    found.push(offer('fix', ['pictures', 'words'], { about: one.id, main: true }))
  }
  for (const one of site.stops.filter((each) => each.resumed_at === null)) {
    if (decide) found.push(offer('resume', ['signed_by', 'words'], { about: one.id, main: true }))
    if (one.refused_at === null) found.push(offer('refuse_stop', ['words', 'pictures'], { about: one.id }))
  }
  for (const one of site.reports.filter((each) => each.answered_at === null)) {
    if (decide) found.push(offer('answer', ['answer', 'outcome'], { about: one.id }))
  }
  for (const one of site.disputes.filter((each) => each.reviewed_at === null)) {
    if (decide) found.push(offer('review_plan', ['upheld', 'experts', 'words'], { about: one.id, main: true }))
  }
  if (site.strike?.reported_at === null && decide) found.push(offer('report_strike', ['to'], { main: true }))
  if (site.repair?.papers_at === null) found.push(offer('repair_papers', ['words', 'pictures']))
  return found
}

/** States in which the parties speak about a plan that they have not signed. */
const PLANNED = new Set<SiteState>(['notified', 'filed', 'located', 'briefed'])

/** Everything that the reader may do now, what leads on first; what is refused is offered with the reason. */
export function offersOf(site: Site, onward: Onward, me: string | null): Offer[] {
  if (!onward.may_work) return []
  const note = offer('note', ['words', 'pictures'])
  if (!site.open) return [...onPath(onward), note]
  const found: Offer[] = []
  if (site.owner_id !== null && site.owner_id === me && site.accepted_at === null) {
    found.push(offer('accept', [], { main: true }), offer('decline', ['reason']))
  }
  if (site.state === 'verifying') {
    if (site.arrived_at === null) found.push(offer('arrive', ['position', 'pictures'], { main: true }))
    else {
      const open = site.verified === null
      found.push(offer('verify', ['true_code', 'pictures', 'words'], { name: 'verify_true', main: open }))
      found.push(offer('verify', ['false_code', 'pictures', 'words'], { name: 'verify_false', main: open }))
    }
  }
  found.push(...onObjects(site, onward.may_decide), ...onPath(onward), ...onRecord(onward))
  const check = onward.records.find((one) => one.step === 'standby_check')
  if (check !== undefined) found.push(offer('standby', ['position', 'pictures'], { evidence: check }))
  if (onward.may_decide) found.push(offer('assign', ['person', 'reason']))
  found.push(offer('violate', ['violation', 'reason']))
  if (!site.stops.some((one) => one.resumed_at === null)) found.push(offer('stop', ['reason']))
  if (onward.may_decide) found.push(offer('report', ['to', 'reason']))
  if (PLANNED.has(site.state) && site.disputes.every((one) => one.reviewed_at !== null)) found.push(offer('dispute', ['by', 'reason']))
  if (site.repair === null) found.push(offer('repair', ['utility']))
  if (site.strike === null || site.strike.reported_at !== null) found.push(offer('strike', ['words']))
  found.push(note)
  return [...found.filter((one) => one.main && one.refused.length === 0), ...found.filter((one) => !one.main || one.refused.length > 0)]
}

export interface Filled {
  reason: string
  words: string
  pictures: string[]
  signed_by: string
  refused: boolean
  witness: string
  place: [number, number] | null
  accuracy: number | null
  code: string
  person: string
  utility: string
  to: string
  until: string
  answer: string
  violation: string
  outcome: OutcomeForm
  by: string
  upheld: boolean
  experts: string
}

export const EXEMPT_CODES = ['no_digging', 'outside_ranges', 'other'] as const
const ABOUT: Record<string, string> = { fix: 'violation_id', resume: 'stop_id', refuse_stop: 'stop_id', answer: 'report_id', review_plan: 'dispute_id' }
const PROVEN = new Set(['arrive', 'verify', 'advance', 'fix', 'resume', 'refuse_stop', 'repair_papers', 'standby', 'record'])

/** Names, one a line or parted by commas, each once. */
export function namesIn(text: string): string[] {
  return [...new Set(text.split(/[\n,，、;；]/).map((one) => one.trim()).filter(Boolean))]
}

/** The act as the API takes it. */
export function actOf(chosen: Offer, filled: Filled, record: Record<string, unknown> | null = null): Record<string, unknown> {
  const { kind } = chosen
  const act: Record<string, unknown> = { kind }
  const about = ABOUT[kind]
  if (about !== undefined) act[about] = chosen.about
  if (PROVEN.has(kind)) {
    const [lon, lat] = filled.place ?? [null, null]
    act.proof = {
      pictures: filled.pictures, words: filled.words, signed_by: namesIn(filled.signed_by), refused: filled.refused, witness: filled.witness,
      lon, lat, accuracy_m: filled.place === null ? null : filled.accuracy,
    }
  }
  if (chosen.evidence !== null && record !== null) act.record = record
  if (kind === 'record') act.step = chosen.name
  if (kind === 'advance' || kind === 'end') act.to = chosen.to
  if (kind === 'verify') Object.assign(act, { true: chosen.name === 'verify_true', code: filled.code })
  if (kind === 'end') Object.assign(act, { code: filled.code, reason: filled.reason })
  if (kind === 'end' && chosen.fields.includes('until')) act.until = `${filled.until}T23:59:59+08:00`
  if (kind === 'assign') Object.assign(act, { person_id: filled.person, why: filled.reason })
  if (kind === 'violate') Object.assign(act, { code: filled.violation, reason: filled.reason })
  if (['decline', 'change', 'stop', 'reopen', 'report', 'dispute'].includes(kind)) act.reason = filled.reason
  if (kind === 'report' || kind === 'report_strike') act.to = filled.to
  if (kind === 'answer') Object.assign(act, { answer: filled.answer, outcome: outcomeOf(filled.outcome) })
  if (kind === 'dispute') act.by = filled.by
  if (kind === 'review_plan') Object.assign(act, { upheld: filled.upheld, experts: namesIn(filled.experts), words: filled.words })
  if (kind === 'repair') act.utility = filled.utility
  if (kind === 'strike') act.words = filled.words
  if (kind === 'note') Object.assign(act, { words: filled.words, shown: filled.pictures })
  return act
}

/** Seconds until the next deadline, negative past it; null where there is none. */
export function leftOf(site: Pick<Site, 'next_due_at' | 'open'>, now: number): number | null {
  return !site.open || site.next_due_at === null ? null : Math.round((Date.parse(site.next_due_at) - now) / 1000)
}
