// One camera's calibration while a person works on it: points clicked and tried, kept as a draft, put in force, put back.
import { computed, onUnmounted, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { api, ask } from '@/api/client'
import type { Calibration, CalibrationDraft, CalibrationTrial, DraftPoint } from '@/api/kinds'
import { NEEDED, wholeOf, type Size } from '@/rules/points'
import { useLatest } from '@/stores/latest'
import { useSending, type Sending } from '../../sending'

const CALM_MS = 250
const PIXEL_SIGMA = 2
const POINT_SIGMA_M = 0.3
type Tried = CalibrationTrial['points'][number]

export interface Calibrating extends Sending {
  calibration: ShallowRef<Calibration | null>
  points: Ref<DraftPoint[]>
  size: Ref<Size | null>
  pixelSigma: Ref<number>
  pointSigma: Ref<number>
  looked: Ref<boolean>
  trial: ShallowRef<CalibrationTrial | null>
  trying: Ref<boolean>
  /** Each point's error by its place in `points`, and the one without which all others agree. */
  tried: ComputedRef<Map<number, Tried>>
  suspect: ComputedRef<number | null>
  /** Something is here that is not in force; something that is not kept. */
  changed: ComputedRef<boolean>
  unsaved: ComputedRef<boolean>
  draft: ShallowRef<Pick<CalibrationDraft, 'version' | 'at' | 'by_name'> | null>
  load: () => Promise<void>
  keep: () => Promise<void>
  drop: () => Promise<void>
  activate: () => Promise<void>
  restore: (version: number) => Promise<void>
}

export function useCalibrating(cameraId: string): Calibrating {
  const path = { params: { path: { camera_id: cameraId } } }
  const calibration = shallowRef<Calibration | null>(null)
  const draft = shallowRef<Pick<CalibrationDraft, 'version' | 'at' | 'by_name'> | null>(null)
  const points = ref<DraftPoint[]>([])
  const size = ref<Size | null>(null)
  const pixelSigma = ref(PIXEL_SIGMA)
  const pointSigma = ref(POINT_SIGMA_M)
  const looked = ref(false)
  const trial = shallowRef<CalibrationTrial | null>(null)
  const kept = ref('')
  const inForce = ref('')
  const sending = useSending()
  const { loading: trying, wrong: untried, latest, overtake } = useLatest()
  let timer: ReturnType<typeof setTimeout> | undefined

  const whole = computed(() => wholeOf(points.value))
  const fitted = computed(() => JSON.stringify([whole.value.points, size.value, pixelSigma.value, pointSigma.value]))
  const content = computed(() => JSON.stringify([points.value, pixelSigma.value, pointSigma.value, looked.value]))
  const tried = computed(() => new Map((trial.value?.points ?? []).map((one, n): [number, Tried] => [whole.value.at[n] as number, one])))
  const suspect = computed(() => (trial.value?.suspect == null ? null : (whole.value.at[trial.value.suspect - 1] ?? null)))
  const changed = computed(() => whole.value.points.length > 0 && JSON.stringify([whole.value.points, pixelSigma.value, pointSigma.value]) !== inForce.value)
  const unsaved = computed(() => content.value !== kept.value)

  const body = (): { image_size: Size; points: typeof whole.value.points; pixel_sigma: number; point_sigma_m: number } => ({
    image_size: size.value ?? [16, 16], points: whole.value.points, pixel_sigma: pixelSigma.value, point_sigma_m: pointSigma.value,
  })

  /** Takes what the server has; what is being clicked is the draft, else what is in force. */
  function take(got: Calibration): void {
    calibration.value = got
    const now = got.points.map((one): DraftPoint => ({ ...one, note: '' }))
    inForce.value = got.kind === 'control_points' ? JSON.stringify([wholeOf(now).points, got.pixel_sigma ?? PIXEL_SIGMA, got.point_sigma_m ?? POINT_SIGMA_M]) : ''
    const mine = got.draft
    draft.value = mine
    points.value = mine ? mine.draft.points : now
    size.value ??= mine?.draft.image_size ?? got.image_size
    pixelSigma.value = mine?.draft.pixel_sigma ?? got.pixel_sigma ?? PIXEL_SIGMA
    pointSigma.value = mine?.draft.point_sigma_m ?? got.point_sigma_m ?? POINT_SIGMA_M
    looked.value = mine?.draft.looked ?? false
    kept.value = content.value
  }

  const load = (): Promise<void> => sending.send(async () => take(await ask<Calibration>(api.GET('/v1/cameras/{camera_id}/calibration', path))))

  function tryPoints(): void {
    clearTimeout(timer)
    if (whole.value.points.length < NEEDED || size.value === null) {
      overtake()
      trial.value = null
      return
    }
    timer = setTimeout(() => {
      void latest(
        () => ask<CalibrationTrial>(api.POST('/v1/cameras/{camera_id}/calibration/try', { ...path, body: body() })),
        (got) => (trial.value = got),
      )
    }, CALM_MS)
  }
  watch(fitted, (now, before) => {
    if (before !== undefined && calibration.value !== null && now !== before && kept.value !== content.value) looked.value = false // another fit is to be looked at anew
    tryPoints()
  }, { immediate: true })
  watch(untried, (now) => {
    if (now) {
      trial.value = null
      sending.wrong.value = now
    }
  })
  onUnmounted(() => clearTimeout(timer))

  const keep = (): Promise<void> => sending.send(async () => {
    const told = content.value
    const said = { image_size: size.value, points: points.value, pixel_sigma: pixelSigma.value, point_sigma_m: pointSigma.value, looked: looked.value }
    draft.value = await ask<CalibrationDraft>(api.PUT('/v1/cameras/{camera_id}/calibration/draft', { ...path, body: { seen: draft.value?.version ?? null, draft: said } }))
    kept.value = told
  })

  const drop = (): Promise<void> => sending.send(async () => {
    await ask(api.DELETE('/v1/cameras/{camera_id}/calibration/draft', path))
    take(await ask<Calibration>(api.GET('/v1/cameras/{camera_id}/calibration', path)))
  })

  const activate = (): Promise<void> => sending.send(async () => {
    const seen = calibration.value?.tag ?? ''
    take(await ask<Calibration>(api.PUT('/v1/cameras/{camera_id}/calibration', { ...path, body: { ...body(), seen } })))
  })

  const restore = (version: number): Promise<void> => sending.send(async () => {
    const seen = calibration.value?.tag ?? ''
    take(await ask<Calibration>(api.POST('/v1/cameras/{camera_id}/calibration/restore', { ...path, body: { version, seen } })))
  })

  return { ...sending, calibration, draft, points, size, pixelSigma, pointSigma, looked, trial, trying, tried, suspect, changed, unsaved, load, keep, drop, activate, restore }
}
