// Light by day, dark by night: as the system says, unless somebody chose for this browser.
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'

export type Theme = 'light' | 'dark'
const KEPT = 'pipewarden.theme'

export const useTheme = defineStore('theme', () => {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const systemDark = ref(system.matches)
  system.addEventListener('change', (change) => (systemDark.value = change.matches))
  const kept = localStorage.getItem(KEPT)
  const chosen = ref<Theme | null>(kept === 'light' || kept === 'dark' ? kept : null)
  const theme = computed<Theme>(() => chosen.value ?? (systemDark.value ? 'dark' : 'light'))

  function toggle(): void {
    chosen.value = theme.value === 'dark' ? 'light' : 'dark'
    localStorage.setItem(KEPT, chosen.value)
  }

  watch(theme, (now) => document.documentElement.setAttribute('data-theme', now), { immediate: true, flush: 'sync' })
  return { theme, toggle }
})
