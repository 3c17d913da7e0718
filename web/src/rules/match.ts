// A match as it is read: hundredths of the whole, and what each reason adds to them or takes away.
const MINUS = '\u2212'

/** 0.9237 is "92 %": the deck prints whole hundredths. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** Points of a reason in hundredths with one decimal: 0.3124 is "+31.2", −0.05 "−5.0"; what rounds to nothing is "0". */
export function pointsText(points: number): string {
  const tenths = Math.round(Math.abs(points) * 1000)
  if (tenths === 0) return '0'
  return `${points < 0 ? MINUS : '+'}${Math.floor(tenths / 10)}.${tenths % 10}`
}

/** How far something has come, as a bar and as words: never above the whole, never "100 %" before it is there. */
export function progressOf(done: number, all: number): { share: number; text: string } {
  if (all <= 0) return { share: 0, text: '0 %' }
  const share = Math.min(1, Math.max(0, done / all))
  return { share, text: share < 1 ? `${Math.floor(share * 100)} %` : '100 %' }
}
