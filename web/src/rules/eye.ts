// What a camera is worth to who relies on it: its pictures speak before the line they come over.
import type { Camera } from '@/api/kinds'

export type Standing = 'blind' | 'degraded' | 'online' | 'offline' | 'stalled' | 'unwatched'

/** How a camera stands; one that answers and shows nothing is as blind as one that does not answer. */
export function standing(camera: Camera): Standing {
  const eye = camera.eye?.state
  if (eye === 'blind' || eye === 'degraded') return eye
  return camera.state ?? 'unwatched'
}

export function isBlind(camera: Camera): boolean {
  return ['blind', 'offline', 'stalled'].includes(standing(camera))
}
