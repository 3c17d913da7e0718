// Short names for what the API says to an expert.
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']

export type Home = Schemas['HomeOut']
export type Expert = Schemas['ExpertOut']
export type Invitation = Schemas['InvitationOut']
export type NewExpert = Schemas['NewExpertIn']
export type Registered = Schemas['RegisteredOut']
export type ProfileIn = Schemas['ProfileIn']
export type Hall = Schemas['HallOut']
export type HallPage = Schemas['HallPage']
export type Own = Schemas['OwnOut']
export type OwnPage = Schemas['OwnPage']
export type Terms = Schemas['TermsIn']
export type PoolPage = Schemas['PoolPage']
/** By their path: other slices answer things, too, and names that several bear are longer. */
type Answering = paths['/v1/me/pool/{pool_id}/answer']['post']
export type PoolAnswer = Answering['requestBody']['content']['application/json']
export type PoolAnswered = Answering['responses'][200]['content']['application/json']
