// Short names for what the API says of a wallet.
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type Wallet = Schemas['WalletOut']
export type Payee = Schemas['PayeeOut']
export type PayeeIn = Schemas['PayeeIn']
export type Entry = Schemas['pipewarden__market__http__wallet_shapes__EntryOut']
export type EntryPage = Schemas['EntryPage']
export type Exchange = Schemas['ExchangeOut']
export type ExchangeIn = Schemas['ExchangeIn']
export type Withdrawal = Schemas['WithdrawalOut']
export type WithdrawalIn = Schemas['WithdrawalIn']
export type WithdrawalPage = Schemas['WithdrawalPage']
export type Statement = Schemas['StatementOut']
export type MyReward = Schemas['MyRewardOut']
export type MyRewardPage = Schemas['MyRewardPage']
export type Quote = Schemas['QuoteOut']
