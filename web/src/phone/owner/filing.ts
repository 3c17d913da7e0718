// What a phone keeps of a filing on its way: the works as the server takes them, back to the form they came from.
import type { Filing, LonLat, WorksIn } from '@/api/kinds'
import { fromGeoJson, toGeoJson } from '@/rules/area'
import { emptyForm, worksOf, type WorksForm } from '@/rules/filing'

export const HERE = 'Asia/Shanghai' // the days that a fresh form proposes; the server counts by the place's own

/** The outer ring of ground in one piece without holes, which a thumb can draw on; null for any other. */
export function ringIn(area: Filing['area'] | WorksIn['area']): LonLat[] | null {
  const read = fromGeoJson(area)
  return 'ground' in read && read.ground.length === 1 && read.ground[0]!.length === 1 ? read.ground[0]![0]! : null
}

/** What is drawn while it is no ground yet: corners, and how wide a line is dug, metres. */
export interface Sketched {
  corners: LonLat[]
  wide: number | null
}

export const worksIn = (form: WorksForm, ring: LonLat[]): WorksIn => worksOf(form, toGeoJson([[ring]]))

/** The form of works that the server refused: nothing is typed twice. */
export function formAgain(works: WorksIn): WorksForm {
  const [from = '', fromTime = ''] = works.valid_from.split('T')
  const [until = '', untilTime = ''] = works.valid_until.split('T')
  const parties = (works.parties ?? []).map((one) => ({ role: one.role, name: one.name, contact: one.contact ?? '', code: one.code ?? '' }))
  return {
    ...emptyForm(0, HERE), urgent: works.urgent ?? false, method: works.method, machines: [...(works.machines ?? [])],
    depth: works.depth_m == null ? '' : String(works.depth_m), from, fromTime, until, untilTime, opens: works.hours?.opens ?? '', shuts: works.hours?.shuts ?? '',
    parties, words: works.words ?? '', place: works.place ?? '',
  }
}
