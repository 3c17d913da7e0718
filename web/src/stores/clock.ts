// One ticking clock for every "12 minutes ago" on the page.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { serverNow } from '@/api/client'

export const useClock = defineStore('clock', () => {
  const now = ref(serverNow())
  setInterval(() => (now.value = serverNow()), 1000)
  return { now }
})
