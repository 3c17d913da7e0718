// Short names for what both sides of a commission read alike.
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type Talk = Schemas['TalkPage']
export type Said = Talk['items'][number]
export type TalkSide = Said['side']
export type Match = Schemas['MatchOut']
export type Engagement = NonNullable<Schemas['HallOut']['engagement']>
export type EngagementState = Engagement['state']
export type Commission = Schemas['CommissionOut']
export type Delivery = Schemas['DeliveriesOut']['items'][number]
