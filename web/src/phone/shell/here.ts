// Where this phone is, followed while a page is open.
import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'
import { spotOf, type Spot } from '@/rules/spot'

export interface Here {
  spot: Ref<Spot | null>
  state: Ref<'asking' | 'got' | 'denied' | 'lost'>
}

export function useHere(): Here {
  const spot = ref<Spot | null>(null)
  const state = ref<'asking' | 'got' | 'denied' | 'lost'>('asking')
  let watching: number | undefined

  onMounted(() => {
    if (!('geolocation' in navigator)) {
      state.value = 'denied'
      return
    }
    watching = navigator.geolocation.watchPosition(({ coords }) => {
      spot.value = spotOf(coords)
      state.value = 'got'
    }, (error) => {
      state.value = error.code === error.PERMISSION_DENIED ? 'denied' : 'lost'
    }, { enableHighAccuracy: true, maximumAge: 15_000 })
  })
  onBeforeUnmount(() => {
    if (watching !== undefined) navigator.geolocation.clearWatch(watching)
  })
  return { spot, state }
}
