// The line to the server: alarms and sites as they change, and an honest word about whether it stands.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { serverNow } from '@/api/client'
import type { Alarm, Site } from '@/api/kinds'
import { useSession } from '@/stores/session'
import { useSites } from '@/stores/sites'

const FIRST_PAUSE_MS = 2000
const LONGEST_PAUSE_MS = 30_000
const PROBE_MS = 20_000
const ROTATED_MS = 500 // the answer that rotated it may still be on its way

export const useLive = defineStore('live', () => {
  const session = useSession()
  const sites = useSites()
  const state = ref<'off' | 'connecting' | 'live' | 'broken'>('off')
  const since = ref(serverNow())
  const heardAt = ref<number | null>(null)
  let source: EventSource | null = null
  let last = ''
  let pause = FIRST_PAUSE_MS
  let again: number | undefined
  let probe: number | undefined
  let take: (alarm: Alarm) => void = () => undefined
  let takeSite: (site: Site) => void = () => undefined
  let begin: () => void = () => undefined

  function become(now: typeof state.value): void {
    if (state.value !== now) since.value = serverNow()
    state.value = now
  }

  function heard(event: MessageEvent): void {
    heardAt.value = serverNow()
    if (event.lastEventId) last = event.lastEventId
  }

  function ready(event: MessageEvent): void {
    const resumed = last !== ''
    heard(event)
    pause = FIRST_PAUSE_MS
    become('live')
    if (!resumed) begin()
  }

  function ended(event: MessageEvent): void {
    source?.close()
    const said = JSON.parse(String(event.data)) as { field?: string }
    if (said.field === 'session') again = window.setTimeout(() => void afterSession(), ROTATED_MS)
    else failed()
  }

  /** A session that rotated here (a code was given, the password changed) goes on; one that ended elsewhere is over. */
  async function afterSession(): Promise<void> {
    if (await session.holds()) connect()
  }

  function failed(): void {
    become('broken')
    if (source && source.readyState !== EventSource.CLOSED) return // the browser tries again by itself
    last = '' // a refused place to go on from must not be offered for ever: the list is read anew instead
    window.clearTimeout(again)
    again = window.setTimeout(connect, pause)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }

  function connect(): void {
    source?.close()
    if (state.value !== 'broken') become('connecting')
    source = new EventSource('/v1/alarms/stream')
    source.addEventListener('ready', ready)
    source.addEventListener('alarm', (event) => {
      heard(event)
      take(JSON.parse(String(event.data)) as Alarm)
    })
    source.addEventListener('site', (event) => {
      heard(event)
      const site = JSON.parse(String(event.data)) as Site
      sites.put(site)
      takeSite(site)
    })
    source.addEventListener('end', ended)
    source.addEventListener('error', failed)
  }

  /** A line that hangs looks like a quiet city: when nothing was heard for a while, the server is asked whether it is there. */
  async function listen(): Promise<void> {
    if (state.value !== 'live' || serverNow() - (heardAt.value ?? 0) < PROBE_MS) return
    try {
      const answer = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(10_000) })
      if (!answer.ok) throw new Error(String(answer.status))
      if (state.value === 'live') heardAt.value = serverNow()
    } catch {
      if (state.value !== 'live') return
      source?.close()
      failed()
    }
  }

  /** Follows the stream; `onBegin` is called whenever it starts without a place to go on from. */
  function start(onAlarm: (alarm: Alarm) => void, onSite: (site: Site) => void, onBegin: () => void): void {
    stop()
    take = onAlarm
    takeSite = onSite
    begin = onBegin
    connect()
    probe = window.setInterval(() => void listen(), 5000)
  }

  function stop(): void {
    window.clearTimeout(again)
    window.clearInterval(probe)
    source?.close()
    source = null
    last = ''
    heardAt.value = null
    become('off')
  }

  return { state, since, heardAt, start, stop }
})
