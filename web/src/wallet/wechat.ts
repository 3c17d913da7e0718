// WeChat's own bridge, which is there only inside WeChat: it opens the page on which a payment is confirmed
// (JSAPI 调起用户确认收款, pay.weixin.qq.com doc/v3/merchant/4012716430). What it answers is no proof of anything: how the
// payment ended only the provider tells the server.
import type { Withdrawal } from './kinds'

type Confirm = NonNullable<Withdrawal['confirm']>

interface Bridge {
  invoke: (name: string, asked: Record<string, string>, then: (answer: unknown) => void) => void
}

function bridge(): Bridge | undefined {
  return (window as { WeixinJSBridge?: Bridge }).WeixinJSBridge
}

export function inWeChat(): boolean {
  return bridge() !== undefined
}

export function confirmInWeChat(confirm: Confirm): void {
  bridge()?.invoke('requestMerchantTransfer', { ...confirm.page, package: confirm.package }, () => undefined)
}
