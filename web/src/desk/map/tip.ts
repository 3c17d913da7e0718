// What the pointer is on, in a few lines.
import type { MapGeoJSONFeature } from 'maplibre-gl'
import type { Alarm, Camera } from '@/api/kinds'
import { levelOf, ROMAN, type Level } from '@/rules/level'
import { pipeClass } from '@/rules/pipes'
import type { Standing } from '@/rules/standing'
import type { Say } from '../say'

const text = (value: unknown): string | null => (value === null || value === undefined || value === '' ? null : String(value))

export function tipOf(
  say: Say, feature: MapGeoJSONFeature, alarms: Map<string, Alarm>, cameras: Map<string, Camera>, standing: (one: Alarm) => Standing,
): string[] {
  const { properties } = feature
  if (feature.layer.id === 'pins') {
    const alarm = alarms.get(String(properties.id))
    if (!alarm) return []
    const level = say.t('level.named', { roman: ROMAN[levelOf(alarm.network.zone)] })
    return [say.list([level, say.what(alarm), say.sure(alarm)]), say.distance(alarm), say.t(`filter.${standing(alarm)}`)]
  }
  if (feature.layer.id === 'site-groups') return [say.t('map.sites_here', { n: properties.point_count })]
  if (feature.layer.id === 'sites') return [say.list([say.t('map.site'), say.t('level.named', { roman: ROMAN[Number(properties.level) as Level] })])]
  if (feature.layer.id.startsWith('camera')) {
    const camera = cameras.get(String(properties.key))
    if (!camera) return []
    const since = camera.state_since ? say.ago(camera.state_since) : null
    return [
      say.list([say.t('camera.word'), camera.name]),
      say.list([say.t(`camera.${camera.state ?? 'unwatched'}`), since, camera.problem ?? null]),
      camera.sees ? '' : say.t('camera.ground_unknown'),
    ].filter(Boolean)
  }
  const cls = properties.assumed ? 'unknown' : pipeClass(text(properties.pressure_class))
  const long = properties.regime === 'long_distance' ? say.t('pressure.long_distance') : null
  const station = feature.layer.id === 'stations' ? say.t('map.station') : null
  return [
    say.list([station, text(properties.pipe_id ?? properties.id), text(properties.label)]),
    say.list([long, say.t(cls === 'unknown' ? 'pressure.unknown_strictest' : `pressure.${cls}`)]),
  ]
}
