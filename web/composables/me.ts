// Who reads: the signed-in citizen, or nobody.
import { useQuery } from '@pinia/colada'
import { computed, type ComputedRef } from 'vue'
import { ApiError } from '../api.ts'
import type { ManagedGroup, Me } from '../entities.ts'
import { usePage } from '../page-context.ts'

export interface Reader {
  me: ComputedRef<Me | null>
  /** Groups the reader may publish as. */
  groups: ComputedRef<ManagedGroup[]>
  refresh: () => Promise<unknown>
}

export function useMe(): Reader {
  const { api, signedIn } = usePage()
  const { data, refetch } = useQuery({
    key: ['me'],
    staleTime: 300_000,
    query: async (): Promise<Me | null> => {
      if (!signedIn) return null
      try {
        return await api.get<Me>('/api/communer/v1/me')
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      }
    }
  })
  const me = computed(() => data.value ?? null)
  return { me, groups: computed(() => me.value?.managed_groups ?? []), refresh: () => refetch() }
}
