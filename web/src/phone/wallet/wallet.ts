// The wallet with a memory: without a line the balance of the last time stands there, marked as old.
import { useKept, type Kept } from '../shell/kept'
import type { Wallet } from '@/wallet/kinds'
import { readWallet } from '@/wallet/wallet'

export function useWallet(): Kept<Wallet> {
  return useKept<Wallet>('wallet', readWallet)
}
