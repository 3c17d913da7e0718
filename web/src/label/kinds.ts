// Short names for what the API says of labelling.
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type LabelPart = Schemas['LabelPartOut']
export type Turn = Schemas['TurnOut']
export type NextTurn = Schemas['NextTurnOut']
export type TurnPage = Schemas['TurnPage']
export type LabelAnswer = Schemas['LabelAnswerOut']
export type Saying = Schemas['LabelSaidOut']
export type ClientItem = Schemas['ClientItemOut']
export type ClientItemPage = Schemas['LabelItemPage']
export type ItemSeen = Schemas['LabelItemSeenOut']
export type Labelling = Schemas['LabellingOut']
export type Agreement = Schemas['AgreementOut']
export type ItemState = Schemas['pipewarden__market__facts__labels__ItemState']
export type ExportFormat = Schemas['pipewarden__market__service__labelling_export__Format']
export type Imported = Schemas['LabelImportOut']
export type ImportFormat = Schemas['ImportFormat']
export type Together = Schemas['TogetherOut']
export type Looked = Schemas['pipewarden__market__http__label_items__StandingOut']
