// Short names for what the API speaks of.
import type { components } from './schema'

type Schemas = components['schemas']

export type Alarm = Schemas['AlarmOut']
export type AlarmFull = Schemas['AlarmFull']
export type AlarmEvent = Schemas['EventOut']
export type Area = Schemas['AreaOut']
export type Camera = Schemas['CameraOut']
export type AlarmPage = Schemas['AlarmPage']
export type AreaPage = Schemas['AreaPage']
export type CameraPage = Schemas['CameraPage']
export type EventPage = Schemas['EventPage']
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
