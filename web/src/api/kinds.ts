// Short names for what the API speaks of.
import type { components } from './schema'

type Schemas = components['schemas']

// TODO drop when tiles is merged
interface AlarmMore {
  acknowledged_by_name?: string | null
  pressure_class?: string | null
  rendered?: boolean
}
type PlaceMore = { place: (Schemas['Place'] & { ellipse?: Ring | null }) | null }
export type Alarm = Omit<Schemas['AlarmOut'], 'place'> & AlarmMore & PlaceMore
export type AlarmFull = Alarm & { members: Schemas['MemberOut'][] }
export type AlarmEvent = Schemas['EventOut'] & { actor_name?: string | null }
export type Area = Schemas['AreaOut'] & { outline?: Ring[] | null }
export type CameraState = 'online' | 'offline' | 'stalled'
export type Camera = Schemas['CameraOut'] & {
  state?: CameraState | null
  state_since?: string | null
  seen_at?: string | null
  problem?: string | null
  sees?: Ring | null
}
export type AlarmPage = { items: Alarm[]; next: string | null }
export type AreaPage = { items: Area[] }
export type CameraPage = { items: Camera[]; next: string | null }
export type EventPage = { items: AlarmEvent[] }
export type ObservationPage = Schemas['ObservationPage']
export type PersonPage = Schemas['PersonPage']
export type SessionNow = Schemas['SessionNow']
export type SessionOpened = Schemas['SessionOut']
export type TakenPage = Schemas['TakenPage']
export type VersionPage = Schemas['VersionPage']
export type Me = Schemas['Me']
export type NetworkVersion = Schemas['VersionOut']
export type Observation = Schemas['ObservationOut']
export type Person = Schemas['PersonOut']
export type Role = Schemas['Role']
export type Zone = Schemas['Zone']

export type LonLat = [number, number]
export type Ring = LonLat[]
