// The tasks that wait for me; those that are answered in the queue already are none.
import { computed, type ComputedRef } from 'vue'
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'
import { useQueue } from '../queue/queue'
import { useKept, type Kept } from '../shell/kept'

export type Task = TaskPage['items'][number]
export type TaskPage = components['schemas']['TaskPage']

const MOST = 50

export const useTasks = (): Kept<TaskPage> => useKept<TaskPage>('tasks', () => ask<TaskPage>(api.GET('/v1/tasks', { params: { query: { state: 'open', limit: MOST } } })))

export const answerDoor = (id: string): string => `/v1/tasks/${id}/answer`

export function useAnswered(): ComputedRef<Set<string>> {
  const queue = useQueue()
  return computed(() => new Set(queue.drafts.filter((one) => one.kind === 'task_answer' && one.state === 'waits').map((one) => one.door)))
}
