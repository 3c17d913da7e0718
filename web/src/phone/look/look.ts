// Light by default, for the sun; dark and large type are chosen for this phone.
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

const THEME = 'pipewarden.theme'
const TYPE = 'pipewarden.type'

export const useLook = defineStore('look', () => {
  const dark = ref(localStorage.getItem(THEME) === 'dark')
  const large = ref(localStorage.getItem(TYPE) === 'large')
  const root = document.documentElement

  watch(dark, (now, before) => {
    root.setAttribute('data-theme', now ? 'dark' : 'light')
    if (before !== undefined) localStorage.setItem(THEME, now ? 'dark' : 'light')
  }, { immediate: true, flush: 'sync' })
  watch(large, (now) => {
    root.setAttribute('data-type', now ? 'large' : 'normal')
    localStorage.setItem(TYPE, now ? 'large' : 'normal')
  }, { immediate: true, flush: 'sync' })
  return { dark, large }
})
