// A site as it will stand once what lies in the phone's queue is sent, and what a patroller does there next: offline, too.
import type { Site, SiteState } from '../api/kinds.ts'
import { FALSE_CODES, TRUE_CODES } from './review.ts'

/** An act on a site as it lies in the queue: the body's `act`. */
export interface QueuedAct {
  kind: string
  true?: boolean
  to?: string
  reason?: string
}

function after(site: Site, act: QueuedAct, me: string, at: string): Site {
  if (act.kind === 'accept') return { ...site, owner_id: me, accepted_at: at }
  if (act.kind === 'decline') return { ...site, owner_id: null, owner_name: null, accepted_at: null }
  if (act.kind === 'arrive') return { ...site, arrived_at: at }
  if (act.kind === 'verify' && act.true === true) return { ...site, verified: true }
  if (act.kind === 'verify') return { ...site, verified: false, open: false, state: 'false', headline: 'false' }
  if (act.kind === 'advance' && act.to !== undefined) return { ...site, state: act.to as SiteState, headline: act.to }
  if (act.kind === 'stop') {
    const stop = { id: '', reason: act.reason ?? '', ordered_at: at, refused_at: null, resumed_at: null }
    return { ...site, headline: 'stopped', stops: [...site.stops, stop] }
  }
  return site
}

/** The site with everything done that waits for a line; acts in the order of their making. */
export function ahead(site: Site, acts: readonly QueuedAct[], me: string, at: string): Site {
  return acts.reduce((now, act) => after(now, act, me, at), site)
}

export type WalkStep = 'accept' | 'arrive' | 'verify_true' | 'verify_false' | 'notify' | 'decline' | 'note' | 'stop'

/** What the one who goes there does next: the first is the main one, at the thumb. */
export function walkOf(site: Site, me: string | null): { main: WalkStep[]; rest: WalkStep[] } {
  if (!site.open) return { main: [], rest: ['note'] }
  const stop: WalkStep[] = site.stops.some((one) => one.resumed_at === null) ? [] : ['stop']
  if (site.owner_id !== null && site.owner_id === me && site.accepted_at === null) return { main: ['accept'], rest: ['decline', 'note', ...stop] }
  if (site.state !== 'verifying') return { main: [], rest: ['note', ...stop] }
  if (site.arrived_at === null) return { main: ['arrive'], rest: ['note', ...stop] }
  if (site.verified === null) return { main: ['verify_true', 'verify_false'], rest: ['note', ...stop] }
  return { main: ['notify'], rest: ['note', ...stop] }
}

export function codesFor(step: WalkStep): readonly string[] {
  if (step === 'verify_true') return TRUE_CODES
  // what a patroller finds most stands first; the rest keeps the order of the reviewers
  if (step === 'verify_false') return ['duplicate', ...FALSE_CODES.filter((one) => one !== 'duplicate')]
  return []
}

export interface Walked {
  code: string
  words: string
  pictures: string[]
  place: { lon: number; lat: number; accuracy_m: number } | null
  signed: string
  refused: boolean
  witness: string
}

/** What still keeps the step from being sent: the first thing that is not there. */
export function lacksOf(step: WalkStep, said: Walked): 'code' | 'picture' | 'place' | 'words' | 'signed' | 'witness' | null {
  if (codesFor(step).length > 0 && said.code === '') return 'code'
  if (step === 'arrive' && said.place === null && said.pictures.length === 0) return 'place'
  if ((step === 'verify_true' || step === 'verify_false') && said.pictures.length === 0) return 'picture'
  if ((step === 'stop' || step === 'decline') && said.words.trim() === '') return 'words'
  if (step === 'note' && said.words.trim() === '' && said.pictures.length === 0) return 'words'
  if (step === 'notify' && !said.refused && said.signed.trim() === '') return 'signed'
  if (step === 'notify' && said.refused && said.witness.trim() === '' && said.pictures.length === 0) return 'witness'
  return null
}

/** The act as the API takes it. */
export function walkAct(step: WalkStep, said: Walked): Record<string, unknown> {
  const words = said.words.trim()
  const { place } = said
  const proof = {
    pictures: said.pictures, words, lon: place?.lon ?? null, lat: place?.lat ?? null, accuracy_m: place?.accuracy_m ?? null,
    signed_by: said.refused || said.signed.trim() === '' ? [] : [said.signed.trim()], refused: said.refused, witness: said.witness.trim(),
  }
  if (step === 'accept') return { kind: 'accept' }
  if (step === 'decline' || step === 'stop') return { kind: step, reason: words }
  if (step === 'note') return { kind: 'note', words, shown: said.pictures }
  if (step === 'arrive') return { kind: 'arrive', proof }
  if (step === 'notify') return { kind: 'advance', to: 'notified', proof }
  return { kind: 'verify', true: step === 'verify_true', code: said.code, proof }
}

/** The site as anybody on this phone was told last: read from the list, or answered to an act; the newest version counts. */
export function newestOf(site: Site, answers: readonly Partial<Site>[]): Site {
  return answers.reduce<Site>((now, one) => (one.id === site.id && (one.version ?? 0) > now.version ? { ...now, ...one } : now), site)
}
