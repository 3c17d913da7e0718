// Which rows a figure's chart has: one message each. Words come from the page, so that this knows no language.
import type { Compared, InsightFigure } from '../api/kinds.ts'
import { TARGETS } from './insight.ts'

export interface ChartRow {
  name: string
  /** The number behind the row. */
  label: string
  /** The value; of a time, the half. Null draws nothing. */
  at: number | null
  low: number | null
  /** End of the interval; of a time, nine tenths, null while they wait. */
  high: number | null
  /** The time that is asked for, and not the one beside it. */
  strong: boolean
  /** What a click leads to. */
  key?: string
}

export interface ChartSpec {
  kind: 'bar' | 'interval' | 'time'
  rows: ChartRow[]
  max: number
  target: number | null
  /** How wide the names may be, in px at scale 1. */
  names: number
  /** 1 on the desk; more on a wall. */
  scale: number
}

/** The page's words for values and names. */
export interface ChartWords {
  now: string
  before: string
  value: (figure: InsightFigure) => string
  /** Half and nine tenths of a time, short: the chart shows which is which. */
  times: (figure: InsightFigure) => string
  group: (group: InsightFigure['groups'][number], figure: InsightFigure) => { name: string; label: string }
  rest: (groups: number) => string
}

const MOST_GROUPS = 6
const ROOM = 1.12

function wide(text: string): number {
  return [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e80 ? 1 : 0.58), 0)
}

/** How many px the widest of some words takes, about. */
export function widthOf(words: string[], size: number): number {
  return Math.ceil(Math.max(0, ...words.map(wide)) * size + size / 2) // estimated: rather too wide than cut off
}

function row(name: string, label: string, strong: boolean, figure: Pick<ChartRow, 'at' | 'low' | 'high'>): ChartRow {
  return { name, label, strong, ...figure }
}

function twoTimes(one: Compared, words: ChartWords, of: (figure: InsightFigure) => Pick<ChartRow, 'at' | 'low' | 'high'>, label = words.value): ChartRow[] {
  const rows: [string, InsightFigure, boolean][] = [[words.now, one.now, true], [words.before, one.before, false]]
  return rows.map(([name, figure, strong]) => row(name, label(figure), strong, of(figure)))
}

/** The largest groups, and the rest as one row that leads nowhere. */
function groupRows(figure: InsightFigure, length: boolean, words: ChartWords): ChartRow[] {
  const told = figure.groups.slice(0, MOST_GROUPS)
  const rows = told.map((group): ChartRow => {
    const { name, label } = words.group(group, figure)
    const value = length ? group.value : group.hits
    return { name, label, at: value, low: null, high: null, strong: false, ...(length ? {} : { key: group.key }) }
  })
  const others = figure.groups.slice(MOST_GROUPS)
  if (others.length === 0) return rows
  const hits = others.reduce((sum, group) => sum + group.hits, 0)
  return [...rows, { name: words.rest(others.length), label: String(hits), at: length ? null : hits, low: null, high: null, strong: false }]
}

/** The chart of a figure; null where there is too little to draw, which the page then says in words. */
export function chartOf(one: Compared, words: ChartWords, scale = 1): ChartSpec | null {
  const target = TARGETS[one.figure]?.value ?? null
  const base = { names: 140, scale }
  if (one.shape === 'groups' || one.shape === 'length') {
    const length = one.shape === 'length'
    const rows = groupRows(one.now, length, words)
    if (rows.length === 0) return null
    return { ...base, kind: 'bar', rows, target: null, max: length ? 1 : Math.max(...rows.map((each) => each.at ?? 0)) }
  }
  if (one.shape === 'time') {
    if (one.now.p50 === null) return null
    const rows = twoTimes(one, words, (figure) => ({ at: figure.p50, low: null, high: figure.p90 }), words.times)
    const most = Math.max(target ?? 0, ...rows.flatMap((each) => [each.at ?? 0, each.high ?? (each.at ?? 0) * 1.5]))
    return { ...base, kind: 'time', rows, target, max: most * ROOM }
  }
  if (one.now.few || one.now.value === null) return null
  if (one.shape === 'rate') {
    const rows = twoTimes(one, words, (figure) => ({ at: figure.few ? null : figure.value, low: null, high: null }))
    return { ...base, kind: 'bar', rows, target, max: Math.max(target ?? 0, ...rows.map((each) => each.at ?? 0), 0.001) * ROOM }
  }
  return { ...base, kind: 'interval', rows: twoTimes(one, words, (figure) => ({ at: figure.value, low: figure.low, high: figure.high })), target, max: 1 }
}
