// Money as people read and type it: integers inside, decimals at the rim, never a float. Cash is counted in units of
// 0.0001 元 as the server's book does, what leaves the house in 分 (0.01 元), points are whole.
export type Asset = 'CNY' | 'PTS'
export const UNITS_PER_YUAN = 10_000
export const UNITS_PER_FEN = 100
const PLACES: Record<Asset, number> = { CNY: 4, PTS: 0 }
/** Twelve digits of 元 fit a whole number of units that no browser rounds. */
const LONGEST = 11
const MINUS = '\u2212'

function grouped(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ',')
}

function parts(units: number): [whole: string, part: string] {
  const left = Math.abs(units)
  return [String(Math.floor(left / UNITS_PER_YUAN)), String(left % UNITS_PER_YUAN).padStart(PLACES.CNY, '0')]
}

/** Units as 元 with two decimals, and as many more as say something: 12345600 is "1,234.56", 1300 "0.13", 1325 "0.1325". */
export function yuan(units: number): string {
  const [whole, part] = parts(units)
  return `${units < 0 ? MINUS : ''}${grouped(whole)}.${part.replace(/0{1,2}$/, '')}`
}

export function points(n: number): string {
  return `${n < 0 ? MINUS : ''}${grouped(String(Math.abs(n)))}`
}

export function amount(asset: Asset, units: number): string {
  return asset === 'CNY' ? yuan(units) : points(units)
}

/** An entry as the wallet's lists show it: "+0.5", "−50"; no decimals that say nothing. */
export function signed(asset: Asset, units: number): string {
  const sign = units < 0 ? MINUS : '+'
  if (asset === 'PTS') return sign + points(Math.abs(units))
  const [whole, part] = parts(units)
  const said = part.replace(/0+$/, '')
  return `${sign}${grouped(whole)}${said === '' ? '' : `.${said}`}`
}

export function ofFen(fen: number): string {
  return yuan(fen * UNITS_PER_FEN)
}

/** Full-width digits, the ideographic stop for a point and thousands between are typed too; what else it is, is kept. */
function plain(text: string): string {
  const narrow = text.trim().replace(/[０-９]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0)).replace(/[．。]/g, '.').replace(/，/g, ',')
  return /^[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(narrow) ? narrow.replaceAll(',', '') : narrow
}

/** What was typed as a number of 1/10^places, or null where it is none, is nothing, or has more decimals than there are. */
function scaled(text: string, places: number): number | null {
  const found = /^(\d+)(?:\.(\d*))?$/.exec(plain(text))
  if (found === null) return null
  const [whole, part] = [found[1]!.replace(/^0+(?=\d)/, ''), (found[2] ?? '').replace(/0+$/, '')]
  if (whole.length > LONGEST || part.length > places) return null
  const made = Number(whole + part.padEnd(places, '0'))
  return made > 0 && Number.isSafeInteger(made) ? made : null
}

/** An amount typed in 元, in 分. */
export function fenOf(text: string): number | null {
  return scaled(text, 2)
}

/** An amount typed in 元 or in points, in the asset's units. */
export function unitsOf(text: string, asset: Asset): number | null {
  return scaled(text, PLACES[asset])
}

/** An amount as the server says it, "-0.1300", "+50" or "12.50", in the asset's units; 0 where it says none. */
export function saidUnits(text: string, asset: Asset): number {
  const made = unitsOf(text.replace(/^[-+]/, ''), asset) ?? 0
  return text.startsWith('-') ? -made : made
}

/** 分 as the server reads an amount: "12.50", without thousands. */
export function fenText(fen: number): string {
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
}

/** Units as the server reads an amount: "0.1300", or whole points. */
export function unitsText(units: number, asset: Asset): string {
  if (asset === 'PTS') return String(units)
  const [whole, part] = parts(units)
  return `${whole}.${part}`
}

/** The whole 分 of what lies in a wallet: what is less stays there. */
export function wholeFen(units: number): number {
  return Math.floor(units / UNITS_PER_FEN)
}

/** Cash for points, in units: the rate divides 10,000, so nothing is rounded. */
export function cashFor(count: number, perYuan: number): number {
  return count * (UNITS_PER_YUAN / perYuan)
}

export type TooFew = 'none' | 'few' | 'many' | 'day' | 'count' | 'balance'

export interface Bounds {
  least: number
  most: number
  dayLeft: number
  left: number
}

/** Why so much cannot be taken out now; null where it can. What the server will say is said before it is asked. */
export function whyNot(wanted: number | null, bounds: Bounds, timesLeft = 1): TooFew | null {
  if (timesLeft < 1) return 'count'
  if (wanted === null) return 'none'
  if (wanted < bounds.least) return 'few'
  if (wanted > bounds.left) return 'balance'
  if (wanted > bounds.most) return 'many'
  return wanted > bounds.dayLeft ? 'day' : null
}

/** The month of a moment where the house is, yyyy-mm; China has one time and no summer time. */
export function monthOf(ms: number): string {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 7)
}

/** This month and those before it, the newest first. */
export function monthsBack(ms: number, count: number): string[] {
  const [year, month] = monthOf(ms).split('-').map(Number) as [number, number]
  return Array.from({ length: count }, (_, back) => {
    const at = year * 12 + month - 1 - back
    return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`
  })
}
