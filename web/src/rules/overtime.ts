// A site over time: the moments at which something was seen or moved, and what the map knew at each of them.
import type { AlarmClue, LonLat, Ring, SiteEvent, Zone } from '../api/kinds.ts'

export interface Moment {
  /** Milliseconds since 1970. */
  at: number
  clue: AlarmClue | null
  event: SiteEvent | null
}

export interface Stand {
  place: LonLat
  zone: Zone
}

const MOVES = new Set(['discovered', 'replaced'])

/** Clues and moves of the site, the oldest first; what says no time of its own is left out. */
export function momentsOf(clues: readonly AlarmClue[], events: readonly SiteEvent[]): Moment[] {
  const seen = clues.flatMap((clue): Moment[] => (clue.at === null ? [] : [{ at: Date.parse(clue.at), clue, event: null }]))
  const moved = events.filter((event) => MOVES.has(event.kind)).map((event): Moment => ({ at: Date.parse(event.at), clue: null, event }))
  return [...seen, ...moved].sort((a, b) => a.at - b.at || Number(a.clue === null) - Number(b.clue === null))
}

function standOf(event: SiteEvent): Stand | null {
  const { lon, lat, zone } = event.body as { lon?: unknown; lat?: unknown; zone?: unknown }
  return typeof lon === 'number' && typeof lat === 'number' ? { place: [lon, lat], zone: zone as Zone } : null
}

/** Where the site was taken to be at a moment: as it was discovered or placed anew last. */
export function standAt(moments: readonly Moment[], upTo: number): Stand | null {
  for (let index = Math.min(upTo, moments.length - 1); index >= 0; index -= 1) {
    const event = moments[index]?.event
    const found = event ? standOf(event) : null
    if (found !== null) return found
  }
  return null
}

export interface Spot { place: LonLat; ring: Ring; last: boolean }

/** The clues that have a place, up to a moment; the moment's own clue is the last. */
export function spotsAt(moments: readonly Moment[], upTo: number): Spot[] {
  return moments.slice(0, upTo + 1).flatMap((one, index): Spot[] => {
    const place = one.clue?.place
    return place ? [{ place: [place.lon, place.lat], ring: place.ellipse as Ring, last: index === upTo }] : []
  })
}
