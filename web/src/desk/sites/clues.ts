// The alarm behind a site and its clues by time: read once for map, pictures and the reasons of the merge.
import { ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { api, ask, type Wrong } from '@/api/client'
import type { AlarmClue, AlarmFull, CluePage } from '@/api/kinds'
import { useLatest } from '@/stores/latest'
import { useSession } from '@/stores/session'

const PAGE = 200
/** So many at once: a machine that stands for days under a camera makes thousands. */
const PAGES = 5

export interface SiteClues {
  alarm: ShallowRef<AlarmFull | null>
  /** The newest; with `older` there are more. */
  clues: ShallowRef<AlarmClue[]>
  older: Ref<string | null>
  wrong: Ref<Wrong | null>
  load: () => Promise<void>
}

export function useSiteClues(alarmId: () => string | null): SiteClues {
  const session = useSession()
  const alarm = shallowRef<AlarmFull | null>(null)
  const clues = shallowRef<AlarmClue[]>([])
  const older = ref<string | null>(null)
  const { wrong, latest } = useLatest()

  async function read(id: string): Promise<{ items: AlarmClue[]; next: string | null }> {
    const items: AlarmClue[] = []
    let next: string | null = null
    for (let page = 0; page < PAGES; page += 1) {
      const query = { limit: PAGE, ...(next === null ? {} : { cursor: next }) }
      const got: CluePage = await ask<CluePage>(api.GET('/v1/alarms/{alarm_id}/clues', { params: { path: { alarm_id: id }, query } }))
      items.push(...got.items)
      next = got.next
      if (next === null) break
    }
    return { items, next }
  }

  async function load(): Promise<void> {
    const id = alarmId()
    if (id === null || !session.may('alarm:read')) return
    const path = { params: { path: { alarm_id: id } } }
    await latest(() => Promise.all([ask<AlarmFull>(api.GET('/v1/alarms/{alarm_id}', path)), read(id)]), ([whole, got]) => {
      alarm.value = whole
      clues.value = got.items
      older.value = got.next
    })
  }

  watch(alarmId, () => void load(), { immediate: true })
  return { alarm, clues, older, wrong, load }
}
