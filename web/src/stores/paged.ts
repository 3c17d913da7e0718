// A list that comes page by page: the first page, what lies further down, and the first one anew while somebody looks at it.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { useLatest, type Latest } from '@/stores/latest'

export interface Paged<T> extends Pick<Latest, 'loading' | 'wrong'> {
  /** Null until the first page came. */
  items: ShallowRef<T[] | null>
  next: Ref<string | null>
  /** The first page, or the one at a cursor below what is there. */
  load: (cursor?: string | null) => Promise<void>
  /** The first page anew; what lies further down stays. */
  again: (keyOf: (one: T) => string) => Promise<void>
}

export function pageAt(limit: number, cursor: string | null): { limit: number; cursor?: string } {
  return { limit, ...(cursor === null ? {} : { cursor }) }
}

export function usePaged<T>(read: (cursor: string | null) => Promise<{ items: T[]; next: string | null }>): Paged<T> {
  const items = shallowRef<T[] | null>(null)
  const next = ref<string | null>(null)
  const { loading, wrong, latest } = useLatest()

  async function load(cursor: string | null = null): Promise<void> {
    await latest(() => read(cursor), (got) => {
      items.value = cursor === null ? got.items : [...(items.value ?? []), ...got.items]
      next.value = got.next
    })
  }

  async function again(keyOf: (one: T) => string): Promise<void> {
    await latest(() => read(null), (got) => {
      const fresh = new Set(got.items.map(keyOf))
      items.value = [...got.items, ...(items.value ?? []).filter((one) => !fresh.has(keyOf(one)))]
    })
  }

  return { items, next, loading, wrong, load, again }
}
