// What I was told: how much of it is unread, and the list.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api, ask, Wrong } from '@/api/client'
import type { Message, MessagePage } from '@/api/kinds'

const PAGE = 30

export const useMessages = defineStore('messages', () => {
  const unread = ref(0)
  const items = ref<Message[] | null>(null)
  const next = ref<string | null>(null)

  async function count(): Promise<void> {
    try {
      unread.value = (await ask<MessagePage>(api.GET('/v1/me/messages', { params: { query: { limit: 1 } } }))).unread
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
    }
  }

  async function load(cursor: string | null): Promise<void> {
    const query = { limit: PAGE, ...(cursor === null ? {} : { cursor }) }
    const page = await ask<MessagePage>(api.GET('/v1/me/messages', { params: { query } }))
    items.value = cursor === null ? page.items : [...(items.value ?? []), ...page.items]
    next.value = page.next
    unread.value = page.unread
  }

  async function readAll(): Promise<void> {
    const newest = items.value?.[0]
    if (newest === undefined || unread.value === 0) return
    unread.value = (await ask<{ unread: number }>(api.POST('/v1/me/messages/read', { body: { up_to: newest.id } }))).unread
  }

  return { unread, items, next, count, load, readAll }
})
