// Evidence pictures as object URLs: fetched two at a time, kept while they are likely to be looked at again.
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import type { Alarm } from '@/api/kinds'

/** What has a picture: an alarm, or its review, which is also there where the alarm's own place is unknown. */
export type Pictured = Pick<Alarm, 'id' | 'score' | 'type' | 'what' | 'rendered'>
export type From = 'alarms' | 'reviews'

const AT_ONCE = 2
const MOST = 80

export interface Picture {
  state: 'waiting' | 'here' | 'gone' | 'failed'
  url: string
}

export const useEvidence = defineStore('evidence', () => {
  const kept = reactive(new Map<string, Picture>())
  const waiting: { key: string; path: string }[] = []
  let running = 0

  /** A better clue brings another picture, and only then is it fetched again. */
  function picture(of: Pictured, from: From): Picture {
    const key = `${of.id} ${of.score} ${of.type}`
    const known = kept.get(key)
    if (known) return known
    const made = reactive<Picture>({ state: 'waiting', url: '' })
    kept.set(key, made)
    waiting.unshift({ key, path: `/v1/${from}/${of.id}/evidence` })
    work()
    return made
  }

  function work(): void {
    while (running < AT_ONCE) {
      const one = waiting.shift()
      if (!one) return
      running += 1
      void fetchOne(one.key, one.path).finally(() => {
        running -= 1
        work()
      })
    }
  }

  async function fetchOne(key: string, path: string): Promise<void> {
    const made = kept.get(key)
    if (!made) return
    try {
      const answer = await fetch(path)
      if (!answer.ok) {
        made.state = answer.status === 404 ? 'gone' : 'failed'
        return
      }
      made.url = URL.createObjectURL(await answer.blob())
      made.state = 'here'
    } catch {
      made.state = 'failed'
    }
    for (const [old, one] of kept) {
      if (kept.size <= MOST) break
      if (old === key || one.state === 'waiting') continue
      URL.revokeObjectURL(one.url)
      kept.delete(old)
    }
  }

  function forget(): void {
    for (const one of kept.values()) URL.revokeObjectURL(one.url)
    kept.clear()
    waiting.length = 0
  }

  return { picture, forget }
})
