// Two pictures of one site side by side: which there are, by time, and the boxes that are drawn on both.
import type { AlarmClue, SiteEvent } from '../api/kinds.ts'

export interface PictureBox { x: number; y: number; w: number; h: number }

export interface SitePhoto {
  /** Unique on the page. */
  key: string
  at: string | null
  /** Masked. */
  url: string
  /** What took it: a stream, or the event on the spot that names it. */
  stream: string | null
  event: string | null
  actor: string | null
  boxes: PictureBox[]
  rendered: boolean
}

/** The ids of pictures that an event names. */
export function picturesIn(event: SiteEvent): string[] {
  const body = event.body as { proof?: { pictures?: unknown } | null; pictures?: unknown }
  const found = body.proof?.pictures ?? body.pictures
  return Array.isArray(found) ? found.map(String) : []
}

/** Every picture of a site, the oldest first: clues of one picture are one, with the boxes of what raises an alarm. */
export function photosOf(siteId: string, alarmId: string | null, clues: readonly AlarmClue[], events: readonly SiteEvent[]): SitePhoto[] {
  const seen = new Map<string, SitePhoto>()
  for (const clue of clues) {
    if (!clue.has_picture || alarmId === null) continue
    const known = seen.get(clue.observation_id)
    if (known) {
      if (clue.box && clue.raises) known.boxes.push(clue.box)
      continue
    }
    seen.set(clue.observation_id, {
      key: clue.observation_id, at: clue.at, url: `/v1/alarms/${alarmId}/clues/${clue.finding_id}/picture`, stream: clue.stream, event: null, actor: null,
      boxes: clue.box && clue.raises ? [clue.box] : [], rendered: clue.rendered,
    })
  }
  const brought = new Map<string, SitePhoto>()
  for (const event of events) {
    for (const id of picturesIn(event)) {
      if (brought.has(id)) continue
      brought.set(id, { key: id, at: event.at, url: `/v1/sites/${siteId}/pictures/${id}`, stream: null, event: event.kind, actor: event.actor_name, boxes: [], rendered: false })
    }
  }
  return [...seen.values(), ...brought.values()].sort((a, b) => (a.at ?? '').localeCompare(b.at ?? '') || a.key.localeCompare(b.key))
}

/** The pair to begin with: the oldest and the newest of one stream where there are two, else of all. */
export function pairOf(photos: readonly SitePhoto[]): [string, string] | null {
  if (photos.length < 2) return null
  const latest = [...photos].reverse().find((photo) => photos.some((other) => other !== photo && other.stream !== null && other.stream === photo.stream))
  const same = latest ? photos.filter((photo) => photo.stream === latest.stream) : photos
  return [(same[0] as SitePhoto).key, (same.at(-1) as SitePhoto).key]
}

/** What is drawn on each: two pictures of one stream show the same ground, so both get the same boxes. */
export function boxesOn(before: SitePhoto, after: SitePhoto): [PictureBox[], PictureBox[]] {
  if (before.stream === null || before.stream !== after.stream) return [before.boxes, after.boxes]
  const both = after.boxes.length > 0 ? after.boxes : before.boxes
  return [both, both]
}

/** The next picture that way; it stays at the ends, and never takes the place of the other one. */
export function stepped(photos: readonly SitePhoto[], key: string, by: number, other: string): string {
  const at = photos.findIndex((photo) => photo.key === key)
  let next = at + by
  if (photos[next]?.key === other) next += by
  return photos[next]?.key ?? key
}
