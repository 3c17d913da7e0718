// An amount of either asset, with what it is counted in.
import { amount, type Asset } from '@/rules/money'
import { useSay } from '../say'

export function useSum(): (asset: Asset, units: number) => string {
  const say = useSay()
  return (asset, units) => say.t(asset === 'CNY' ? 'wallet.yuan' : 'finance.points', { n: amount(asset, units) })
}
