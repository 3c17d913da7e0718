// Short names for what the API says of capabilities.
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type CapabilityLine = Schemas['pipewarden__market__http__foundry_shop_shapes__LineOut']
export type CapabilityPage = Schemas['LinePage']
export type CapabilityWhole = Schemas['LineWholeOut']
export type CapabilityVersion = Schemas['pipewarden__market__http__foundry_shapes__VersionOut']
export type CapabilityVersionWhole = Schemas['VersionWholeOut']
export type CapabilityForm = Schemas['FormOut']
export type CapabilityCall = Schemas['pipewarden__market__http__foundry_shapes__CallOut']
export type CapabilityEvaluated = Schemas['EvaluatedOut']
export type CapabilityExample = Schemas['pipewarden__market__http__foundry_shapes__ExampleOut']
export type CapabilityExamplePage = Schemas['ExamplePage']
export type CapabilityContract = Schemas['ContractOut']
export type CapabilityContracts = Schemas['ContractsOut']
export type CapabilityBought = Schemas['BoughtOut']
export type CapabilityBoughtPage = Schemas['BoughtPage']
export type CapabilityKind = CapabilityLine['kind']
export type Aisle = Schemas['Aisle']
export type ShareFigure = Schemas['ShareOut']
export type Meaning = Schemas['MeaningOut']
