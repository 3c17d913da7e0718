// What we are blind to now: cameras that do not see, pipe nobody watches, and how old the last test of the chain is.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { api, ask } from '@/api/client'
import type { BlindCameras, Chain, Chains } from '@/api/kinds'
import { chainAge, worst } from '@/rules/health'
import { useClock } from '@/stores/clock'
import { useLatest } from '@/stores/latest'
import { useSession } from '@/stores/session'

const ROUND_MS = 30_000

export const useHealth = defineStore('health', () => {
  const session = useSession()
  const clock = useClock()
  const blind = shallowRef<BlindCameras | null>(null)
  const chains = shallowRef<Chain[] | null>(null)
  const going = ref(false)
  const cameras = useLatest()
  const tests = useLatest()
  /** The chain that is the worst off: a reader of several must not be calmed by the others. */
  const chain = computed(() => worst(chains.value ?? []))
  /** It grows by itself: when the server does not answer, neither does the chain. */
  const age = computed(() => (chain.value === null ? null : chainAge(chain.value, clock.now)))
  const loud = computed(() => chain.value !== null && age.value !== null && age.value > chain.value.loud_s)
  const lost = computed(() => (blind.value?.items ?? []).filter((one) => one.eye.state === 'blind').length)
  const metres = computed(() => Math.round((blind.value?.unwatched ?? []).reduce((sum, one) => sum + one.metres, 0)))

  async function load(): Promise<void> {
    await Promise.all([
      session.may('camera:read') && cameras.latest(() => ask<BlindCameras>(api.GET('/v1/cameras/blind')), (got) => (blind.value = got)),
      session.may('system:read') && tests.latest(() => ask<Chains>(api.GET('/v1/health/chain')), (got) => (chains.value = got.items)),
    ])
  }

  watch(() => Math.floor(clock.now / ROUND_MS), () => {
    if (going.value) void load()
  })

  function start(): void {
    going.value = true
    void load()
  }

  function forget(): void {
    going.value = false
    cameras.overtake()
    tests.overtake()
    blind.value = chains.value = null
  }

  return { blind, chain, age, loud, lost, metres, start, forget }
})
