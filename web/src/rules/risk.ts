// The risk of a site as a picture: each factor's points as a bar from where the score stood before it to where it stands after.
import type { SiteRisk } from '../api/kinds.ts'

export interface Bar {
  factor: SiteRisk['factors'][number]
  /** Parts of the whole width, 0 to 1. */
  from: number
  wide: number
  less: boolean
}

/** Points add up to the score, so each bar begins where the one before it ended. */
export function barsOf(risk: Pick<SiteRisk, 'factors'>): Bar[] {
  let at = 0
  const steps = risk.factors.map((factor) => {
    const before = at
    at += factor.points
    return { factor, before, after: at }
  })
  const most = Math.max(1, ...steps.flatMap((one) => [one.before, one.after]))
  return steps.map(({ factor, before, after }) => ({
    factor, from: Math.min(before, after) / most, wide: Math.abs(after - before) / most, less: after < before,
  }))
}

export function signed(points: number): string {
  const said = Math.abs(points).toFixed(1)
  return points < 0 ? `−${said}` : `+${said}`
}
