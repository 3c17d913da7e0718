// Numbers as people read them: a unit after a narrow gap, times as ages, probabilities as per cent.
const GAP = '\u00a0'

export function metres(value: number | null): string | null {
  if (value === null) return null
  if (value >= 1000) return `${(value / 1000).toFixed(1)}${GAP}km`
  return `${value < 20 ? value.toFixed(1) : Math.round(value)}${GAP}m`
}

/** Certainty is never rounded into being. */
export function percent(value: number | null): string | null {
  if (value === null) return null
  if (value > 0 && value < 0.01) return `<1${GAP}%`
  if (value < 1 && value > 0.99) return `>99${GAP}%`
  return `${Math.round(value * 100)}${GAP}%`
}

export interface Age {
  unit: 'now' | 'seconds' | 'minutes' | 'hours' | 'days'
  n: number
}

export function ageOf(then: number, now: number): Age {
  const seconds = Math.max(0, Math.floor((now - then) / 1000))
  if (seconds < 5) return { unit: 'now', n: 0 }
  if (seconds < 60) return { unit: 'seconds', n: seconds }
  if (seconds < 3600) return { unit: 'minutes', n: Math.floor(seconds / 60) }
  if (seconds < 172_800) return { unit: 'hours', n: Math.floor(seconds / 3600) }
  return { unit: 'days', n: Math.floor(seconds / 86_400) }
}

const two = (n: number): string => String(n).padStart(2, '0')

/** The wall clock of who reads: 11-20 09:02, or with the year and seconds where it must be exact. */
export function clockTime(iso: string, exact = false): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  const day = `${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`
  return exact ? `${at.getFullYear()}-${day} ${time}:${two(at.getSeconds())}` : `${day} ${time}`
}

export function minutesSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`
}

/** A number as it is typed; what is none stays as it was written, for the server to refuse: a slip must not look like an empty field. */
export function typedNumber(text: string): number | string | null {
  const said = Number(text.trim().replace(',', '.'))
  return text.trim() === '' ? null : Number.isFinite(said) ? said : text
}

/** A length that somebody measured, which is wanted closer than a distance that is told. */
export function measuredLength(m: number): string {
  if (!Number.isFinite(m)) return '–'
  return m < 1000 ? `${m.toFixed(1)}${GAP}m` : `${(m / 1000).toFixed(3)}${GAP}km`
}

export function measuredArea(m2: number): string {
  return m2 < 1e6 ? `${m2 < 100 ? m2.toFixed(1) : Math.round(m2)}${GAP}m²` : `${(m2 / 1e6).toFixed(3)}${GAP}km²`
}
