// How alarms, places, times and errors are said, in the language at hand.
import { useI18n } from 'vue-i18n'
import { Wrong } from '@/api/client'
import type { Alarm, LonLat, Review, ReviewCode, SiteRefusal, Zone } from '@/api/kinds'
import { judgedParts } from '@/rules/judged'
import { matchedParts } from '@/rules/matched'
import { ageOf, clockTime, metres, minutesSeconds } from '@/rules/measure'
import { SAID, sureOf } from '@/rules/level'
import { pipeClass } from '@/rules/pipes'
import { reasonParts, type Part } from '@/rules/reasons'
import { useClock } from '@/stores/clock'
import { useGround } from '@/stores/ground'

type Thing = Pick<Alarm, 'what' | 'type'>
type Scored = Pick<Alarm, 'what' | 'score'>
export interface Measured {
  network: Pick<Alarm['network'], 'pipe_id' | 'distance_m'>
  pressure_class: Alarm['pressure_class']
}

export interface Say {
  t: (key: string, parts?: Record<string, unknown>) => string
  n: (key: string, count: number, parts?: Record<string, unknown>) => string
  ago: (iso: string | number) => string
  lasted: (since: string | number) => string
  until: (iso: string) => string
  what: (alarm: Thing) => string
  sure: (alarm: Scored) => string | null
  distance: (alarm: Measured) => string
  area: (place: LonLat | null) => string | null
  source: (stream: string) => string
  sources: (streams: string[]) => string
  zone: (zone: Zone) => string
  role: (role: string) => string
  reason: (reason: string) => string
  judged: (words: string) => string
  matched: (words: string) => string
  either: (words: { zh: string; en: string }) => string
  code: (code: ReviewCode) => string
  refusal: (why: Pick<SiteRefusal, 'code' | 'reason'>) => string
  wrong: (error: Wrong) => WrongWords
  list: (parts: (string | null)[]) => string
  names: (names: string[]) => string
}

export interface WrongWords {
  what: string
  field: string | null
  detail: string | null
  fix: string
}

const MANY_SOURCES = 3

export function useSay(): Say {
  const { t: say, te, locale } = useI18n()
  const clock = useClock()
  const ground = useGround()
  const t = (key: string, parts: Record<string, unknown> = {}): string => say(key, parts)
  const n = (key: string, count: number, parts: Record<string, unknown> = {}): string => say(key, { n: count, ...parts }, count)
  const known = (group: string, name: string): string => (te(`${group}.${name}`) ? t(`${group}.${name}`) : name)

  const named = (names: string[]): string => names.join(locale.value === 'zh' ? '、' : ', ')

  function ago(at: string | number): string {
    const then = typeof at === 'number' ? at : Date.parse(at)
    if (Number.isNaN(then)) return String(at)
    const age = ageOf(then, clock.now)
    return n(`ago.${age.unit}`, age.n)
  }

  function lasted(since: string | number): string {
    const then = typeof since === 'number' ? since : Date.parse(since)
    const age = ageOf(then, clock.now)
    return age.unit === 'now' ? n('lasted.seconds', 0) : n(`lasted.${age.unit}`, age.n)
  }

  function what(alarm: Thing): string {
    if (alarm.what === 'machine' && alarm.type) return known('type', alarm.type)
    if (alarm.what === 'device' && alarm.type) return known('noticed', alarm.type)
    return known('what', alarm.what)
  }

  function sure(alarm: Scored): string | null {
    const word = sureOf(SAID.has(alarm.what) ? null : alarm.score)
    return word === null ? null : t(`sure.${word}`)
  }

  function distance(alarm: Measured): string {
    const { pipe_id: pipe, distance_m: far } = alarm.network
    if (pipe === null || far === null) return t('where.distance_unknown')
    const parts = { pipe, distance: metres(far) ?? '' }
    if (alarm.pressure_class === null) return t('where.to_some_pipe', parts) // it gives no zone: its class is not told
    const cls = pipeClass(alarm.pressure_class)
    return t(cls === 'unknown' ? 'where.to_unclassed' : 'where.to_pipe', { ...parts, cls: t(`pressure.${cls}`) })
  }

  function source(stream: string): string {
    const camera = ground.cameraByKey.get(stream)
    if (camera) return camera.name
    const [kind, rest] = stream.split(':')
    return rest === undefined ? stream : known('source', kind ?? '')
  }

  function sources(streams: string[]): string {
    const names = [...new Set(streams.map(source))]
    const said = named(names.slice(0, MANY_SOURCES))
    return names.length > MANY_SOURCES ? t('seen.and_more', { said, n: names.length }) : said
  }

  /** The river's own reason; what a person gave is shown as it was given. */
  function reason(text: string): string {
    return reasonParts(text)
      .map(({ key, parts }) => {
        if (key === null) return parts.text
        return t(`reason.${key}`, parts.cls === undefined ? parts : { ...parts, cls: known('what', parts.cls) })
      })
      .join('')
  }

  /** The figures behind a scene rule; a model's and a person's own words stay as they are. */
  function judged(text: string): string {
    const said = ({ key, parts }: Part): string | undefined => {
      if (key === null) return parts.text
      if (parts.zone !== undefined) return t(`judged.${key}`, { zone: t(`zone.${parts.zone}`) })
      return t(`judged.${key}`, parts.at === undefined ? parts : { at: clockTime(`${parts.at.replace(' ', 'T')}:00Z`) })
    }
    return judgedParts(text).map(said).join('')
  }

  /** Why a site belongs to a filing, or to none. */
  function matched(text: string): string {
    const said = ({ key, parts }: Part): string | undefined => {
      if (key === null) return parts.text
      const names = Object.fromEntries((['type', 'method'] as const).flatMap((one) => (parts[one] === undefined ? [] : [[one, known(one, parts[one])]])))
      return t(`matched.${key}`, { ...parts, ...names })
    }
    return matchedParts(text).map(said).join('')
  }

  /** Until when, as a person says it: the hour today, the day when it is another. */
  function until(iso: string): string {
    const [day, hour] = clockTime(iso).split(' ')
    return day === clockTime(new Date(clock.now).toISOString()).slice(0, 5) ? (hour ?? iso) : clockTime(iso)
  }

  function wrong(error: Wrong): WrongWords {
    const { problem, status } = error
    const group = te(`wrong.s${status}.what`) ? `wrong.s${status}` : status >= 500 ? 'wrong.server' : 'wrong.other'
    const wait = error.waitSeconds > 0 ? minutesSeconds(error.waitSeconds) : ''
    const what = t(`${group}.what`, { status, wait })
    if (problem.code !== undefined && te(`refusal.${problem.code}`)) {
      return { what, field: null, detail: refusal({ code: problem.code, reason: '' }), fix: problem.clause ?? '' }
    }
    return { what, field: problem.field ?? null, detail: problem.detail ?? null, fix: problem.fix ?? t(`${group}.fix`, { wait }) }
  }

  /** Why a site refuses a step, with what to do; one that has no words here keeps the server's. */
  function refusal(why: Pick<SiteRefusal, 'code' | 'reason'>): string {
    return te(`refusal.${why.code}`) ? t(`refusal.${why.code}`) : why.reason
  }

  return {
    t, n, ago, lasted, what, sure, distance, source, sources, reason, judged, matched, until, refusal, wrong,
    either: (one) => (locale.value === 'zh' ? one.zh : one.en),
    code: (code) => t(`code.${code}`),
    area: (place) => (place === null ? null : (ground.areaAt(place)?.name ?? null)),
    zone: (zone) => t(`zone.${zone}`),
    role: (role) => known('role', role),
    list: (parts) => parts.filter(Boolean).join(' · '),
    names: named,
  }
}

/** A review gives its distance flat; the words are the alarm's. */
export function measured(review: Pick<Review, 'pipe_id' | 'distance_m' | 'pressure_class'>): Measured {
  return { network: { pipe_id: review.pipe_id, distance_m: review.distance_m }, pressure_class: review.pressure_class }
}

export function exactly(iso: string | null): string {
  return iso === null ? '' : clockTime(iso, true)
}
