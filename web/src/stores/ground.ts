// What stands still: areas and cameras, read once and again on demand; names for ids and keys.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ask, serverNow, Wrong } from '@/api/client'
import type { Area, AreaPage, Camera, CameraPage, Coverage, CoverageGround, LonLat } from '@/api/kinds'
import { inRings, joined, ringOf, type Box } from '@/rules/ground'
import { useSession } from '@/stores/session'

const PAGE = 200
const MOST_PAGES = 50
const DAY_MS = 24 * 3600 * 1000

export const useGround = defineStore('ground', () => {
  const session = useSession()
  const areas = ref<Area[]>([])
  const cameras = ref<Camera[]>([])
  const camerasAt = ref<number | null>(null)
  const coverage = ref<Coverage | null>(null)
  const covered = ref<CoverageGround | null>(null)
  /** Asked for and not refused: without hatching the map would read as if all were seen. */
  const covering = ref<'off' | 'loading' | 'on' | 'failed'>('off')
  const wrong = ref<Wrong | null>(null)
  const loading = ref(false)
  const areaById = computed(() => new Map(areas.value.map((one) => [one.id, one])))
  const cameraByKey = computed(() => new Map(cameras.value.map((one) => [one.key, one])))

  async function loadCameras(): Promise<void> {
    const found: Camera[] = []
    let cursor: string | undefined
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor }
      const got = await ask<CameraPage>(api.GET('/v1/cameras', { params: { query } }))
      found.push(...got.items)
      if (got.next === null) break
      cursor = got.next
    }
    cameras.value = found
    camerasAt.value = serverNow()
  }

  /** Reads which ground and how much pipe was seen in the last 24 hours. */
  async function loadCoverage(): Promise<void> {
    covering.value = 'loading'
    const until = serverNow()
    const query = { since: new Date(until - DAY_MS).toISOString(), until: new Date(until).toISOString() }
    try {
      const [metres, shapes] = await Promise.all([
        ask<Coverage>(api.GET('/v1/coverage', { params: { query } })),
        ask<CoverageGround>(api.GET('/v1/coverage/ground', { params: { query } })),
      ])
      if (covering.value !== 'loading') return
      covered.value = shapes
      coverage.value = metres
      covering.value = 'on'
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      if (covering.value === 'loading') covering.value = 'failed'
    }
  }

  function hideCoverage(): void {
    covering.value = 'off'
    coverage.value = null
    covered.value = null
  }

  /** Reads what the person may read; a failure keeps what was there and is told in `wrong`. */
  async function load(): Promise<void> {
    loading.value = true
    try {
      if (session.may('area:read')) areas.value = (await ask<AreaPage>(api.GET('/v1/areas'))).items
      if (session.may('camera:read')) await loadCameras()
      wrong.value = null
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      wrong.value = error
    } finally {
      loading.value = false
    }
  }

  /** The smallest area with an outline around a place. */
  function areaAt(place: LonLat): Area | null {
    let best: Area | null = null
    let bestSize = Infinity
    for (const one of areas.value) {
      if (!one.outline || !one.bbox || !inRings(place, one.outline.map(ringOf))) continue
      const size = (one.bbox[2] - one.bbox[0]) * (one.bbox[3] - one.bbox[1])
      if (size < bestSize) [best, bestSize] = [one, size]
    }
    return best
  }

  /** The person's own area, or everything that has an outline. */
  const home = computed<Box | null>(() => {
    const own = session.areaId === null ? null : areaById.value.get(session.areaId)?.bbox
    if (own) return own
    return areas.value.reduce<Box | null>((all, one) => joined(all, one.bbox), null)
  })

  function forget(): void {
    areas.value = []
    cameras.value = []
    camerasAt.value = null
    wrong.value = null
    hideCoverage()
  }

  return { coverage, covered, covering, loadCoverage, hideCoverage, areas, cameras, camerasAt, loading, wrong, areaById, cameraByKey, home, load, loadCameras, areaAt, forget }
})
