// The one track that this phone records: every position is on its disk before it counts, goes off in batches through the queue,
// and a page that was killed goes on where it was. While the page is away the browser gives no positions: nothing is made up.
import Dexie, { liveQuery, type EntityTable } from 'dexie'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { spotOf } from '@/rules/spot'
import { BATCH, isDue, keeps, longer, pointOf, type Fix, type Length, type TrackPoint } from '@/rules/track'
import { useSession } from '@/stores/session'
import { useQueue } from '../queue/queue'
import { deviceId } from '../report/reporting'

interface Running {
  key: 'now'
  person: string
  /** The draft that began it: the server knows the patrol by it, too. */
  draft: string
  beganAt: number
  n: number
  length: Length
}

class TrackStore extends Dexie {
  running!: EntityTable<Running, 'key'>
  points!: EntityTable<TrackPoint, 'n'>

  constructor() {
    super('pipewarden-track')
    this.version(1).stores({ running: 'key', points: 'n' })
  }
}

const store = new TrackStore()
const LOOK_MS = 5000

export const useTracker = defineStore('tracker', () => {
  const session = useSession()
  const queue = useQueue()
  const running = shallowRef<Running | null>(null)
  const here = ref(0)
  const accuracy = ref<number | null>(null)
  const trouble = ref<'denied' | 'lost' | null>(null)
  const awake = ref<boolean | null>(null)
  const resumed = ref(false)
  let watching: number | undefined
  let timer: number | undefined
  let last: Fix | null = null
  let flushedAt = 0
  let lock: WakeLockSentinel | null = null
  let writing: Promise<void> = Promise.resolve()

  liveQuery(() => store.points.count()).subscribe((count) => {
    here.value = count
  })
  const queued = computed(() => queue.drafts
    .filter((one) => one.kind === 'patrol_points' && one.state === 'waits')
    .reduce((sum, one) => sum + (one.body.points as unknown[]).length, 0))

  async function stayAwake(): Promise<void> {
    if (!('wakeLock' in navigator)) {
      awake.value = false
      return
    }
    lock = await navigator.wakeLock.request('screen').catch(() => null)
    awake.value = lock !== null
  }

  async function keep(position: GeolocationPosition): Promise<void> {
    const now = running.value
    if (now === null) return
    const { coords } = position
    accuracy.value = spotOf(coords).accuracy_m
    trouble.value = null
    const fix: Fix = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy, at: position.timestamp }
    if (!keeps(last, fix)) return
    last = fix
    const next: Running = { ...now, n: now.n + 1, length: longer(now.length, fix) }
    await store.transaction('rw', store.running, store.points, async () => {
      await store.points.put(pointOf(now.n, fix, coords.speed, coords.heading))
      await store.running.put(next)
    })
    running.value = next
  }

  /** Lays the points of the phone into the queue, then forgets them: a kill between sends some twice, which changes nothing. */
  async function flush(all: boolean): Promise<void> {
    const now = running.value
    const count = await store.points.count()
    if (now === null || count === 0 || !(all || isDue(count, Date.now() - flushedAt, navigator.onLine))) return
    flushedAt = Date.now()
    for (;;) {
      const points = await store.points.orderBy('n').limit(BATCH).toArray()
      if (points.length === 0) return
      await queue.put({ kind: 'patrol_points', door: `/v1/patrols/${now.draft}/points`, body: { points }, draft: false })
      await store.points.bulkDelete(points.map((one) => one.n))
    }
  }

  const inLine = (work: () => Promise<void>): Promise<void> => {
    writing = writing.then(work)
    return writing
  }

  function follow(): void {
    if (watching !== undefined || running.value === null) return
    if (!('geolocation' in navigator)) {
      trouble.value = 'denied'
      return
    }
    watching = navigator.geolocation.watchPosition((position) => void inLine(() => keep(position)), (error) => {
      trouble.value = error.code === error.PERMISSION_DENIED ? 'denied' : 'lost'
    }, { enableHighAccuracy: true, maximumAge: 0 })
    timer = window.setInterval(() => void inLine(() => flush(false)), LOOK_MS)
    void stayAwake()
  }

  async function begin(): Promise<void> {
    const person = session.me?.id
    if (running.value !== null || person === undefined) return
    const beganAt = Date.now()
    const phone = { install: deviceId(), system: navigator.platform.slice(0, 200), app: 'pipewarden-phone' }
    const draft = await queue.put({ kind: 'patrol_begin', door: '/v1/patrols', body: { began_at: new Date(beganAt).toISOString(), phone }, edit: '/patrol' })
    const made: Running = { key: 'now', person, draft, beganAt, n: 0, length: { m: 0, anchor: null } }
    await store.running.put(made)
    running.value = made
    last = null
    flushedAt = beganAt
    follow()
  }

  function unfollow(): void {
    if (watching !== undefined) navigator.geolocation.clearWatch(watching)
    window.clearInterval(timer)
    watching = timer = undefined
    void lock?.release().catch(() => undefined)
    lock = null
    awake.value = null
    accuracy.value = null
  }

  async function end(): Promise<void> {
    const now = running.value
    if (now === null) return
    unfollow()
    await inLine(async () => {
      await flush(true)
      await queue.put({ kind: 'patrol_end', door: `/v1/patrols/${now.draft}/end`, body: { ended_at: new Date().toISOString() }, edit: '/patrol' })
      await store.running.delete('now')
      running.value = null
      resumed.value = false
    })
  }

  /** Goes on with what was not ended: the page was closed or killed, the patrol was not. */
  async function resume(): Promise<void> {
    if (running.value !== null) return follow()
    const found = await store.running.get('now').catch(() => undefined)
    if (found === undefined || found.person !== session.me?.id) return
    running.value = found
    resumed.value = true
    follow()
  }

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && running.value !== null) void stayAwake()
  })

  return { running, here, queued, accuracy, trouble, awake, resumed, begin, end, resume }
})
