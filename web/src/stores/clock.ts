// One ticking clock for every "12 minutes ago" on the page.
import { defineStore } from 'pinia'
import { ref } from 'vue'

export const useClock = defineStore('clock', () => {
  const now = ref(Date.now())
  setInterval(() => (now.value = Date.now()), 1000)
  return { now }
})
