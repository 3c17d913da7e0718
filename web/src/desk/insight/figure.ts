// How a figure is said: its value, its groups, what it stands beside.
import { computed, type ComputedRef } from 'vue'
import type { Compared, InsightFigure } from '@/api/kinds'
import { chartOf, type ChartSpec, type ChartWords } from '@/rules/charts'
import { count, lastingOf, share, TARGETS, verdictOf } from '@/rules/insight'
import { useSay, type Say } from '../say'

const KM = 1000

export interface FigureWords {
  /** The figure in short: a share, two times, a rate, a count. */
  value: (one: Compared, figure: InsightFigure) => string
  lasting: (seconds: number | null) => string
  /** Numerator and denominator. */
  parts: (one: Compared, figure: InsightFigure) => string
  target: (one: Compared) => string | null
  /** What the time beside it was, and what may be said of the two. */
  beside: (one: Compared) => string
  leftOut: (figure: InsightFigure) => string
  group: ChartWords['group']
  chart: (one: Compared, scale?: number) => ChartSpec | null
  /** Why there is no chart. */
  none: (one: Compared) => string
}

function made(say: Say): FigureWords {
  const lasting = (seconds: number | null): string => {
    if (seconds === null) return say.t('insight.not_reached')
    const { unit, n } = lastingOf(seconds)
    return say.t(`insight.${unit}`, { n })
  }
  const value = (one: Compared, figure: InsightFigure): string => {
    if (one.shape === 'time') return figure.of === 0 ? '–' : say.t('insight.two_times', { p50: lasting(figure.p50), p90: lasting(figure.p90) })
    if (one.shape === 'groups') return count(figure.counted)
    if (figure.value === null) return '–'
    return one.shape === 'rate' ? figure.value.toFixed(2) : share(figure.value)
  }
  const parts = (one: Compared, figure: InsightFigure): string => {
    if (one.shape === 'length') return `${count(figure.counted / KM)}/${count(figure.of / KM)} km`
    const unit = one.figure === 'damages_per_100_km' ? ' km' : ''
    return one.shape === 'groups' ? count(figure.counted) : `${count(figure.counted)}/${count(figure.of)}${unit}`
  }
  const target = (one: Compared): string | null => {
    const found = TARGETS[one.figure]
    if (found === undefined) return null
    const told = one.shape === 'time' ? `P90 ≤ ${lasting(found.value)}` : one.shape === 'rate' ? `< ${found.value}` : found.value === 1 ? share(1) : `≥ ${share(found.value)}`
    return say.t('insight.target', { told })
  }
  const group: ChartWords['group'] = (each, figure) => {
    const part = figure.counted > 0 && each.hits / figure.counted <= 1 ? each.value : null
    return { name: say.either(each.name), label: part === null ? count(each.hits) : `${count(each.hits)} · ${share(part)}` }
  }
  const chart = (one: Compared, scale = 1): ChartSpec | null => chartOf(one, {
    now: say.t('insight.now'), before: say.t('insight.before'),
    times: (figure) => (figure.of === 0 ? '–' : `${lasting(figure.p50)} – ${lasting(figure.p90)}`),
    value: (figure) => (figure.few ? say.t('insight.few_short') : value(one, figure)),
    group: (each, figure) => (one.shape === 'length' ? { name: say.either(each.name), label: `${share(each.value)} · ${count(each.hits / KM)} km` } : group(each, figure)),
    rest: (n) => say.n('insight.more_groups', n),
  }, scale)
  return {
    value, lasting, parts, target, group, chart,
    beside: (one) => say.t(`insight.beside_${verdictOf(one)}`, { value: value(one, one.before), parts: parts(one, one.before) }),
    leftOut: (figure) => figure.left_out.map((each) => `${say.either(each.words)} ${each.count}`).join(say.t('insight.comma')),
    none: (one) => say.t(one.now.few ? 'insight.few' : one.now.of > 0 ? 'insight.half_waits' : 'insight.nothing'),
  }
}

export function useFigure(): ComputedRef<FigureWords> {
  const say = useSay()
  return computed(() => made(say))
}
