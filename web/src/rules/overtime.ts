// A site over time: the moments at which something was seen or moved, and what the map knew at each of them.
import type { AlarmClue, LonLat, Ring, SiteEvent, Zone } from '../api/kinds.ts'

export interface Moment {
  /** Milliseconds since 1970. */
  at: number
  /** Of one picture, or one thing that was said; what raises an alarm first. Empty where the site was moved. */
  clues: AlarmClue[]
  event: SiteEvent | null
}

export interface Stand {
  place: LonLat
  zone: Zone
}

const MOVES = new Set(['discovered', 'replaced'])

const weight = (clue: AlarmClue): number => (clue.raises ? 2 : 0) + (clue.score ?? 1)

/** Pictures with their clues, and moves of the site, the oldest first; what says no time of its own is left out. */
export function momentsOf(clues: readonly AlarmClue[], events: readonly SiteEvent[]): Moment[] {
  const seen = new Map<string, Moment>()
  for (const clue of clues) {
    if (clue.at === null) continue
    const known = seen.get(clue.observation_id)
    if (known) known.clues = [...known.clues, clue].sort((a, b) => weight(b) - weight(a))
    else seen.set(clue.observation_id, { at: Date.parse(clue.at), clues: [clue], event: null })
  }
  const moved = events.filter((event) => MOVES.has(event.kind)).map((event): Moment => ({ at: Date.parse(event.at), clues: [], event }))
  return [...seen.values(), ...moved].sort((a, b) => a.at - b.at || b.clues.length - a.clues.length)
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

/** What raised the alarm up to a moment and has a place, of each picture; where nothing raises, whatever was seen. The moment's own are the last. */
export function spotsAt(moments: readonly Moment[], upTo: number): Spot[] {
  return moments.slice(0, upTo + 1).flatMap((one, index): Spot[] => {
    const raising = one.clues.filter((clue) => clue.raises)
    return (raising.length > 0 ? raising : one.clues).flatMap(({ place }) => (place ? [{ place: [place.lon, place.lat], ring: place.ellipse as Ring, last: index === upTo }] : []))
  })
}
