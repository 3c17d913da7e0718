// What the wallet's pages ask of the server, on either face.
import { api, ask } from '@/api/client'
import { pageAt } from '@/stores/paged'
import type { EntryPage, Exchange, ExchangeIn, MyRewardPage, Payee, PayeeIn, Quote, Statement, Wallet, Withdrawal, WithdrawalIn, WithdrawalPage } from './kinds'

export type Side = 'earned' | 'exchanged'
type Keyed = { 'Idempotency-Key': string }
const PAGE = 20

export const readWallet = (): Promise<Wallet> => ask<Wallet>(api.GET('/v1/wallet'))

export const entriesOf = (kind: Side, cursor: string | null): Promise<EntryPage> =>
  ask<EntryPage>(api.GET('/v1/wallet/entries', { params: { query: { kind, ...pageAt(PAGE, cursor) } } }))

export const withdrawalsOf = (cursor: string | null): Promise<WithdrawalPage> =>
  ask<WithdrawalPage>(api.GET('/v1/wallet/withdrawals', { params: { query: pageAt(PAGE, cursor) } }))

/** The path answers with a table, too, where a question wants one; openapi-fetch cannot tell which it will be. */
export const statementOf = (month: string): Promise<Statement> =>
  ask<Statement>(api.GET('/v1/wallet/statements/{month}', { params: { path: { month } } }) as Parameters<typeof ask<Statement>>[0])

export const rewardsOf = (cursor: string | null): Promise<MyRewardPage> => ask<MyRewardPage>(api.GET('/v1/me/rewards', { params: { query: pageAt(PAGE, cursor) } }))

/** What would be withheld of a withdrawal and what would arrive, as the server reckons it now. */
export const quoteOf = (amount: string): Promise<Quote> => ask<Quote>(api.GET('/v1/wallet/quote', { params: { query: { amount } } }))

/** Takes what waits for whoever has a report's link. */
export const claim = (token: string): Promise<MyRewardPage> => ask<MyRewardPage>(api.POST('/v1/reports/links/{token}/claim', { params: { path: { token } } }))

export const exchange = (body: ExchangeIn, header: Keyed): Promise<Exchange> => ask<Exchange>(api.POST('/v1/wallet/exchanges', { params: { header }, body }))

export const withdraw = (body: WithdrawalIn, header: Keyed): Promise<Withdrawal> => ask<Withdrawal>(api.POST('/v1/wallet/withdrawals', { params: { header }, body }))

export const cancelWithdrawal = (id: string): Promise<Withdrawal> =>
  ask<Withdrawal>(api.POST('/v1/wallet/withdrawals/{withdrawal_id}/cancel', { params: { path: { withdrawal_id: id } } }))

export const setPayee = (body: PayeeIn): Promise<Payee> => ask<Payee>(api.PUT('/v1/wallet/payee', { body }))
