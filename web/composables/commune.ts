// The commune's own account and its next events, shown beside every page.
import { useQuery } from '@pinia/colada'
import { computed, type ComputedRef } from 'vue'
import type { Account, EventEntity } from '../entities.ts'
import { usePage } from '../page-context.ts'

const SHOWN_EVENTS = 4

export function useCommune(): ComputedRef<Account | null> {
  const { api, site } = usePage()
  const { data } = useQuery({
    key: ['account', site?.communeId ?? ''],
    enabled: site !== null,
    staleTime: 300_000,
    query: () => api.get<Account>(`/api/v1/accounts/${site?.communeId ?? ''}`)
  })
  return computed(() => data.value ?? null)
}

export function useNextEvents(): ComputedRef<EventEntity[]> {
  const { api } = usePage()
  const { data } = useQuery({
    key: ['events', 'next'],
    query: () => api.get<EventEntity[]>('/api/communer/v1/events', { limit: SHOWN_EVENTS, local: true })
  })
  return computed(() => (data.value ?? []).slice(0, SHOWN_EVENTS))
}
