// Who is meant by an id, as far as the reader may know: who may read no people sees a dash.
import { onMounted, shallowRef } from 'vue'
import { api, ask, Wrong } from '@/api/client'
import type { PersonPage } from '@/api/kinds'
import { useSession } from '@/stores/session'

export function useNames(): (id: string) => string {
  const session = useSession()
  const names = shallowRef(new Map<string, string>())

  onMounted(async () => {
    if (!session.may('person:read')) return
    try {
      const got = await ask<PersonPage>(api.GET('/v1/people'))
      names.value = new Map(got.items.map((one) => [one.id, one.name]))
    } catch (error) {
      if (!(error instanceof Wrong)) throw error // the table stands without names
    }
  })

  return (id) => (id === session.me?.id ? session.me.name : (names.value.get(id) ?? '–'))
}
