// The judge's figures as people read them: no number without what it was counted from.
import type { Advice, ReasonFigure, Share } from '../api/kinds.ts'

const GAP = '\u00a0'
const PER_YUAN = 10_000
export const PERIODS = [1, 7, 30, 90, 365] as const

export function sinceOf(days: number, now: number): string {
  return new Date(now - days * 86_400_000).toISOString()
}

/** 0.0001 yuan to yuan: as many figures as it takes to tell two small costs apart. */
export function yuan(tenthousandths: number): string {
  const value = tenthousandths / PER_YUAN
  const digits = value === 0 || value >= 1 ? 2 : 4
  return `¥${GAP}${value.toFixed(digits)}`
}

/** 57/64, the share itself beside it elsewhere; nothing counted is said as such by the page. */
export function outOf(share: Pick<Share, 'hits' | 'of'>): string {
  return `${share.hits}/${share.of}`
}

/** Left edge and width of an interval, in per cent of a bar. */
export function span(low: number, high: number): { left: string; width: string } {
  const [from, to] = [Math.max(0, Math.min(1, low)), Math.max(0, Math.min(1, high))]
  return { left: `${(from * 100).toFixed(2)}%`, width: `${(Math.max(0, to - from) * 100).toFixed(2)}%` }
}

/** Of how many reviews the advice speaks: it gives a count and its part of the whole. */
export function reviewsBehind(advice: Pick<Advice, 'reviews' | 'reviews_part'>): number {
  return advice.reviews_part > 0 ? Math.round(advice.reviews / advice.reviews_part) : 0
}

/** A handful of thresholds, the gentlest and the harshest among them. */
export function handful<T>(all: T[], most: number): T[] {
  if (all.length <= most) return all
  const step = (all.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, n) => all[Math.round(n * step)] as T)
}

/** How many false alarms there are in all: what every reason is a part of. */
export function falseOf(reasons: Pick<ReasonFigure, 'alarms'>[]): number {
  return reasons.reduce((all, one) => all + one.alarms, 0)
}

/** A part of a whole as the width of its bar; a whole of nothing has none. */
export function partOf(part: number, whole: number): string {
  return whole > 0 ? `${(Math.max(0, Math.min(1, part / whole)) * 100).toFixed(2)}%` : '0%'
}

/** Metres of every class together. */
export function allSeen(items: { metres: number; fixed_m: number; seen_m: number }[]): { metres: number; fixed: number; seen: number } {
  return items.reduce((all, one) => ({ metres: all.metres + one.metres, fixed: all.fixed + one.fixed_m, seen: all.seen + one.seen_m }), { metres: 0, fixed: 0, seen: 0 })
}
