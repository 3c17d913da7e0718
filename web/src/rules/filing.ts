// A filing as a form asks it and as a page tells it: which acts fit, which day a moment is, which field an error means.
import type { Filing, FilingEvent, FilingState, Party, PartyRole, Required, WorksIn } from '../api/kinds.ts'
import { typedNumber } from './measure.ts'

export const STATES: FilingState[] = ['filed', 'answered', 'valid', 'expired', 'cancelled']
export const METHODS: WorksIn['method'][] = ['open_cut', 'excavation', 'trenchless', 'pipe_jacking', 'drilling', 'piling', 'blasting', 'other']
export const MACHINES = ['excavator', 'loader_dozer', 'dump_truck', 'other'] as const
export const PARTY_ROLES: PartyRole[] = ['owner', 'contractor', 'supervising_engineer', 'operator']
export type FilingAct = 'answer' | 'revise' | 'renew' | 'hand_over' | 'send_back' | 'cancel'
/** The source of works that another operator of this platform handed over. */
export const HANDED_OVER = 'handed_over'

/**
 * What may be done next, what leads on first; a filing that has ended takes nothing more. Whoever it was handed to
 * answers, and sends it back; whoever it came from changes its works.
 */
export function actsOf(filing: Pick<Filing, 'state' | 'answered_at' | 'source' | 'handed'> & { part?: Filing['part'] }, may: (permission: string) => boolean): FilingAct[] {
  if (filing.state === 'cancelled' || filing.state === 'expired' || filing.part != null) return [] // who is only named reads
  const received = filing.source === HANDED_OVER
  const answers = may('filing:answer') && filing.handed === null
  const changes = may('filing:create') && !received
  const found: FilingAct[] = []
  if (answers && filing.answered_at === null) found.push('answer')
  if (changes) found.push('revise', 'renew')
  if (answers) found.push('hand_over')
  if (answers && received) found.push('send_back')
  if (changes) found.push('cancel')
  return found
}

const GIVERS = new Set(['filed', 'revised', 'renewed', 'cancelled'])

/** Whether another operator did it, whose people are nobody here: it changes what it handed over, or sends back. */
export function doneElsewhere(event: Pick<FilingEvent, 'actor' | 'kind'>, source: string): boolean {
  if (event.actor !== null) return false
  return event.kind === 'returned' || (source === HANDED_OVER && GIVERS.has(event.kind))
}

const DAY_MS = 86_400_000

/** The day and hour of a moment by the clock of a place. */
export function inZone(moment: string | number, zone: string): { day: string; time: string } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).formatToParts(new Date(moment))
  const said = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  return { day: `${said('year')}-${said('month')}-${said('day')}`, time: `${said('hour')}:${said('minute')}` }
}

/** A beginning: a bare day where it begins with the day. */
export function beginOf(iso: string, zone: string): string {
  const { day, time } = inZone(iso, zone)
  return time === '00:00' ? day : `${day} ${time}`
}

/** An end that is itself excluded: the last whole day, else the hour. */
export function endOf(iso: string, zone: string): string {
  const { day, time } = inZone(iso, zone)
  return time === '00:00' ? inZone(Date.parse(iso) - 1, zone).day : `${day} ${time}`
}

/** By when: midnight that is itself too late is the end of the day before. */
export function dueOf(one: Pick<Required, 'due_at' | 'included'>, zone: string): string | null {
  if (one.due_at === null) return null
  const { day, time } = inZone(one.due_at, zone)
  if (!one.included && time === '00:00') return `${inZone(Date.parse(one.due_at) - 1, zone).day} 24:00`
  return `${day} ${time}`
}

export interface WorksForm {
  urgent: boolean
  method: WorksIn['method']
  machines: string[]
  depth: string
  from: string
  /** The hour of that day; empty for the whole of it. */
  fromTime: string
  until: string
  untilTime: string
  opens: string
  shuts: string
  parties: Party[]
  words: string
  place: string
}

/** What a form begins with: works in a week, for a week. */
export function emptyForm(now: number, zone: string): WorksForm {
  const ahead = (days: number): string => inZone(now + days * DAY_MS, zone).day
  return {
    urgent: false, method: 'open_cut', machines: ['excavator'], depth: '', from: ahead(7), fromTime: '', until: ahead(14), untilTime: '', opens: '', shuts: '',
    parties: [{ role: 'owner', name: '', contact: '', code: '' }, { role: 'contractor', name: '', contact: '', code: '' }],
    words: '', place: '',
  }
}

/** The form of works that are filed already, to be changed. */
export function formOf(filing: Filing): WorksForm {
  const begins = inZone(filing.valid_from, filing.time_zone)
  const [until = '', untilTime = ''] = endOf(filing.valid_until, filing.time_zone).split(' ')
  return {
    urgent: filing.urgent, method: filing.method, machines: [...filing.machines], depth: filing.depth_m === null ? '' : String(filing.depth_m),
    from: begins.day, fromTime: begins.time === '00:00' ? '' : begins.time, until, untilTime,
    opens: filing.hours?.opens.slice(0, 5) ?? '', shuts: filing.hours?.shuts.slice(0, 5) ?? '',
    parties: filing.parties.map((one) => ({ ...one })), words: filing.words, place: filing.place,
  }
}

const joined = (day: string, time: string): string => (time === '' ? day : `${day}T${time}`)

/** The works as the API takes them; a party without a name is left out. */
export function worksOf(form: WorksForm, area: WorksIn['area']): WorksIn {
  return {
    area,
    method: form.method,
    machines: form.machines,
    valid_from: joined(form.from, form.fromTime),
    valid_until: joined(form.until, form.untilTime),
    depth_m: typedNumber(form.depth) as number | null, // a slip is the server's to refuse
    hours: form.opens === '' || form.shuts === '' ? null : { opens: form.opens, shuts: form.shuts },
    parties: form.parties.filter((one) => one.name.trim() !== '').map((one) => ({ role: one.role, name: one.name.trim(), contact: one.contact.trim(), code: one.code.trim() })),
    urgent: form.urgent,
    words: form.words.trim(),
    place: form.place.trim() === '' ? null : form.place.trim(),
  }
}

export const FIELDS = ['area', 'method', 'machines', 'depth_m', 'valid_from', 'valid_until', 'hours', 'parties', 'place', 'urgent', 'words'] as const
export type FilingField = (typeof FIELDS)[number]

/** The field of the form that an error of the server means, however deep it lies there; null for another. */
export function fieldOf(named: string | undefined): FilingField | null {
  const parts = (named ?? '').split('.')
  return FIELDS.find((one) => parts.includes(one)) ?? null
}

/** Who asks the clause: a law, or the product itself, which says so in its first words. */
export function clauseOf(one: Pick<Required, 'clause' | 'law'>): string {
  return one.law ? one.clause : one.clause.replace(/^product default, not law[;,]?\s*/, '').replace(/^\((.*)\)$/, '$1')
}

export interface FilingQuery {
  limit: number
  late_first: boolean
  state?: FilingState
  area?: string
  q?: string
  since?: string
  until?: string
  late?: boolean
  urgent?: boolean
  mine?: boolean
}

const PAGE = 50
const OFFSET = '+08:00' // every pack that is shipped counts its days there
const DAY_WRITTEN = /^\d{4}-\d{2}-\d{2}$/

/** The list as the API is asked for it, from what the page's address says; words that mean nothing narrow nothing. */
export function queryOf(said: (name: string) => string): FilingQuery {
  const state = STATES.find((one) => one === said('state'))
  const day = (name: string, later: number): string | null => {
    if (!DAY_WRITTEN.test(said(name))) return null
    const begins = Date.parse(`${said(name)}T00:00:00${OFFSET}`)
    return Number.isNaN(begins) ? null : new Date(begins + later).toISOString()
  }
  const [since, until] = [day('from', 0), day('until', DAY_MS)]
  return {
    limit: PAGE,
    late_first: said('order') !== 'newest',
    ...(state === undefined ? {} : { state }),
    ...(said('area') === '' ? {} : { area: said('area') }),
    ...(said('q') === '' ? {} : { q: said('q') }),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
    ...(said('late') === '' ? {} : { late: true }),
    ...(said('urgent') === '' ? {} : { urgent: true }),
    ...(said('mine') === '' ? {} : { mine: true }),
  }
}
