// The map of the own area as one file on this phone: taken by one tap, told with size and day, gone with its owner.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Wrong } from '@/api/client'
import { MAPS } from '../shell/kept'

const DOOR = '/v1/offline-map'
const CODE = 'pipewarden-drawing'
const MB = 1_000_000

export interface OfflineMap {
  blob: Blob
  mb: string
  at: string
  tag: string
}

export const mbOf = (bytes: number): string => (bytes / MB).toFixed(1)

async function codeHere(): Promise<void> {
  const cache = await caches.open(CODE)
  const asked = performance.getEntriesByType('resource').map((one) => new URL(one.name)).filter((one) => one.origin === location.origin && one.pathname.startsWith('/assets/'))
  for (const one of new Set(asked.map((url) => url.pathname))) if ((await caches.match(one)) === undefined) await cache.add(one)
}

export function useOffline(person: string): { map: ShallowRef<OfflineMap | null>; loaded: Ref<number | null>; read: () => Promise<void>; take: () => Promise<void>; drop: () => Promise<void> } {
  const map = shallowRef<OfflineMap | null>(null)
  /** Bytes so far while it comes; null when nothing comes. */
  const loaded = ref<number | null>(null)
  const name = `${MAPS}${person}`

  async function read(): Promise<void> {
    if (!('caches' in window)) return
    const found = await (await caches.open(name)).match(DOOR)
    if (found === undefined) {
      map.value = null
      return
    }
    const blob = await found.blob()
    map.value = { blob, mb: mbOf(blob.size), at: found.headers.get('X-Kept-At') ?? '', tag: found.headers.get('ETag') ?? '' }
  }

  /** Fetches it, unless the one that is here is right; a download that breaks off leaves what was there. */
  async function take(): Promise<void> {
    loaded.value = 0
    try {
      const headers: Record<string, string> = map.value === null ? {} : { 'If-None-Match': map.value.tag }
      const answer = await fetch(DOOR, { headers, cache: 'no-store' }).catch(() => null)
      if (answer === null) throw new Wrong(0, {})
      let body: Blob
      if (answer.status === 304 && map.value !== null) body = map.value.blob
      else if (answer.ok && answer.body !== null) {
        const parts: BlobPart[] = []
        const reader = answer.body.getReader()
        for (let got = await reader.read(); !got.done; got = await reader.read()) {
          parts.push(got.value)
          loaded.value += got.value.byteLength
        }
        body = new Blob(parts)
      } else throw new Wrong(answer.status, (await answer.json().catch(() => ({}))) as Record<string, never>)
      const kept = new Response(body, { headers: { ETag: answer.headers.get('ETag') ?? map.value?.tag ?? '', 'X-Kept-At': new Date().toISOString() } })
      await (await caches.open(name)).put(DOOR, kept)
      await import('./engine')
      await codeHere()
      await read()
    } finally {
      loaded.value = null
    }
  }

  async function drop(): Promise<void> {
    await caches.delete(name)
    map.value = null
  }

  return { map, loaded, read, take, drop }
}
