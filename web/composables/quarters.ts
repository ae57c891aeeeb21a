// The quarters of the commune, for lists to choose from.
import { useQuery } from '@pinia/colada'
import { computed, type ComputedRef } from 'vue'
import type { Neighbourhood } from '../entities.ts'
import { useApi } from '../page-context.ts'

/** Asked for once; empty where the commune names none. */
export function useQuarters(): ComputedRef<Neighbourhood[]> {
  const api = useApi()
  const { data } = useQuery({ key: ['neighbourhoods'], query: () => api.get<Neighbourhood[]>('/api/communer/v1/neighbourhoods') })
  return computed(() => data.value ?? [])
}

/** The id of a quarter in an address; anything else is none. */
export function quarterIn(value: unknown): string {
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? value : ''
}
