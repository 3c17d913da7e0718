// How things that wait are said: their kind, who brought them, why they wait and what is odd about them.
import { noteOf, whyWaits, type Waits, type WaitWord } from '@/rules/waiting'
import { useWaiting } from '@/stores/waiting'
import { useSay } from '../say'

const PLATFORMS = ['12345-hotline', 'city-lifeline', 'work-orders']

export interface WaitWords {
  reported: (kind: string) => string
  kind: (one: Waits) => string
  source: (one: Waits) => string
  why: (text: string) => string
  note: (text: string) => string
}

export function useWaitWords(): WaitWords {
  const say = useSay()
  const store = useWaiting()

  function reported(kind: string): string {
    const found = store.kinds.find((one) => one.kind === kind)
    return found ? say.either(found) : kind
  }

  function inWords(group: 'why' | 'note', { key, parts }: WaitWord): string {
    return key === null ? (parts.text ?? '') : say.t(`waiting.${group}.${key}`, parts)
  }

  return {
    reported,
    kind: (one) => (one.report ? reported(one.report.kind) : say.t(`waiting.message_${one.message?.kind ?? 'report'}`)),
    source: (one) => {
      if (one.report) return say.t(one.report.signed_in ? 'waiting.from_person' : 'waiting.from_anybody')
      const name = one.message?.platform ?? ''
      return PLATFORMS.includes(name) ? say.t(`waiting.platform.${name.replaceAll('-', '_')}`) : name
    },
    why: (text) => inWords('why', whyWaits(text)),
    note: (text) => inWords('note', noteOf(text)),
  }
}
