// Short names for what the API says to the client of a commission, and to who looks after experts.
import type { components } from '@/api/schema'
import type { Commission } from '@/market/kinds'

type Schemas = components['schemas']

export type { Commission, Delivery, Engagement, Match, Said, Talk } from '@/market/kinds'
export type CommissionFull = Schemas['CommissionFullOut']
export type CommissionIn = Schemas['CommissionIn']
export type CommissionPage = Schemas['CommissionPage']
export type Acceptance = Commission['acceptance']
export type Part = CommissionFull['parts'][number]
export type Happened = CommissionFull['events'][number]
export type Card = Schemas['CardOut']
export type Cards = Schemas['CardsOut']
export type Deliveries = Schemas['DeliveriesOut']
export type Drawn = Deliveries['items'][number]['sample'][number]
export type JudgeIn = Schemas['JudgeIn']
export type OfferIn = Schemas['OfferIn']
export type RatingIn = Schemas['RatingIn']
export type Talker = Schemas['TalkOut']
export type Talkers = Schemas['TalksOut']
export type Expert = Schemas['ExpertOut']
export type ExpertPage = Schemas['ExpertPage']
export type ExpertSeen = ExpertPage['items'][number]
export type Grade = Expert['grade']
export type Link = Schemas['LinkOut']
export type LinkIn = Schemas['LinkIn']
export type LinkMade = Schemas['LinkMade']
export type LinkPage = Schemas['LinkPage']
