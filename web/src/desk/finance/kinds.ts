// Short names for what the API says of a tenant's money.
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type Amount = Schemas['AmountOut']
export type Finance = Schemas['FinanceOut']
export type Budget = Schemas['BudgetOut']
export type BudgetIn = Schemas['BudgetIn']
export type Deposit = Schemas['DepositOut']
export type DepositIn = Schemas['DepositIn']
export type DepositPage = Schemas['DepositPage']
export type Reward = Schemas['RewardOut']
export type RewardPage = Schemas['RewardPage']
export type RewardFull = Schemas['RewardFullOut']
export type RewardState = Reward['state']
export type PayRules = Schemas['PayRulesOut']
export type PayEdition = Schemas['EditionOut']
export type Metering = Schemas['MeteringOut']
export type Payout = Schemas['PayoutOut']
export type PayoutPage = Schemas['PayoutPage']
export type Reconciliation = Schemas['ReconciliationOut']
export type ReconciliationPage = Schemas['ReconciliationPage']
