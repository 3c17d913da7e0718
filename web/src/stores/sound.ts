// The one sound of the desk: level I, repeated until somebody takes the alarm, a verdict silences it, or sound is muted.
// Browsers allow it only after a first click or key, so the page says when it could not be heard.
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { useAlarms } from '@/stores/alarms'

const REPEAT_MS = 4000
/** An alarm is told of as soon as it stands; what is silent by papers or rules is judged so within about a second. */
const JUDGED_MS = 1500

export const useSound = defineStore('sound', () => {
  const alarms = useAlarms()
  const muted = ref(false)
  const allowed = ref(false)
  let audio: AudioContext | null = null
  let first: number | undefined
  let timer: number | undefined

  const calling = computed(() => alarms.calling)

  function allow(): void {
    if (allowed.value) return
    audio = new AudioContext()
    void audio.resume().then(() => (allowed.value = true))
  }

  function beep(): void {
    if (!audio || !allowed.value || muted.value) return
    for (const [delay, hertz] of [[0, 880], [0.22, 660]] as const) {
      const from = audio.currentTime + delay
      const tone = audio.createOscillator()
      const volume = audio.createGain()
      tone.frequency.value = hertz
      volume.gain.setValueAtTime(0, from)
      volume.gain.linearRampToValueAtTime(0.25, from + 0.02)
      volume.gain.linearRampToValueAtTime(0, from + 0.18)
      tone.connect(volume).connect(audio.destination)
      tone.start(from)
      tone.stop(from + 0.2)
    }
  }

  watch([calling, muted, allowed], () => {
    window.clearTimeout(first)
    window.clearInterval(timer)
    if (!calling.value || muted.value || !allowed.value) return
    first = window.setTimeout(() => {
      beep()
      timer = window.setInterval(beep, REPEAT_MS)
    }, JUDGED_MS)
  })

  function listen(): void {
    for (const kind of ['pointerdown', 'keydown'] as const) window.addEventListener(kind, allow, { once: true })
  }

  return { muted, allowed, calling, listen }
})
