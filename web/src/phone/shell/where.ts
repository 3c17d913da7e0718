// Where something lies from here, in words: "320 m to the north-east", or "right here".
import type { LonLat } from '@/api/kinds'
import { metres } from '@/rules/measure'
import { bearingOf, offsetOf } from '@/rules/spot'
import type { Say } from '../say'

const HERE_M = 20

export const farOf = (there: LonLat, here: LonLat): number => Math.hypot(...offsetOf(there, here))

export function whereWords(say: Say, there: LonLat, here: LonLat): string {
  const far = farOf(there, here)
  if (far < HERE_M) return say.t('phone.patrol.at_it')
  return say.t('phone.patrol.away', { m: metres(far) ?? '', bearing: say.t(`phone.bearing.${bearingOf(there, here)}`) })
}
