// Who reads: the signed-in citizen, or nobody. Asked for once, by the frame; everybody below shares the answer.
import { useQuery } from '@pinia/colada'
import { computed, inject, provide, type ComputedRef, type InjectionKey } from 'vue'
import { ApiError } from '../api.ts'
import type { ManagedGroup, Me } from '../entities.ts'
import { usePage } from '../page-context.ts'

export interface Reader {
  me: ComputedRef<Me | null>
  /** Groups the reader may publish as. */
  groups: ComputedRef<ManagedGroup[]>
  /** Speaks for the commune. */
  isOfTownHall: ComputedRef<boolean>
}

const READER: InjectionKey<Reader> = Symbol('reader')

/** Called once, by the frame. */
export function provideMe(): void {
  const { api, signedIn } = usePage()
  const { data } = useQuery({
    key: ['me'],
    enabled: signedIn,
    staleTime: 300_000,
    query: async (): Promise<Me | null> => {
      try {
        return await api.get<Me>('/api/communer/v1/me')
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      }
    }
  })
  const me = computed(() => data.value ?? null)
  provide(READER, {
    me,
    groups: computed(() => me.value?.managed_groups ?? []),
    isOfTownHall: computed(() => me.value?.role === 'admin' || me.value?.role === 'agent')
  })
}

export function useMe(): Reader {
  const reader = inject(READER)
  if (reader === undefined) throw new Error('the frame did not provide the reader')
  return reader
}
