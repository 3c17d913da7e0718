// What is mine and what is open around here: one reading for the inbox and for the map.
import { api, ask } from '@/api/client'
import type { Duty, DutyPage, Site, SitePage } from '@/api/kinds'
import { useSession } from '@/stores/session'
import { useKept, type Kept } from '../shell/kept'

const MOST = 50

export interface Inbox { mine: Site[]; all: Site[]; duties: Duty[] }

export function useInbox(): Kept<Inbox> {
  const session = useSession()
  const duties = async (): Promise<Duty[]> => (session.may('duty:read')
    ? (await ask<DutyPage>(api.GET('/v1/duties', { params: { query: { mine: true, limit: MOST } } }))).items
    : [])
  return useKept<Inbox>('inbox', async () => {
    const [mine, all, owed] = await Promise.all([
      ask<SitePage>(api.GET('/v1/sites', { params: { query: { mine: true, open: true, order: 'risk', limit: MOST } } })),
      ask<SitePage>(api.GET('/v1/sites', { params: { query: { open: true, order: 'risk', limit: MOST } } })),
      duties(),
    ])
    return { mine: mine.items, all: all.items, duties: owed }
  })
}
