// The parts of a profile with a choice of who reads each: which there are, and the form that holds them all.
import { useQuery } from '@pinia/colada'
import { reactive, ref, type ComputedRef } from 'vue'
import type { Audience, ProfileDetail } from '../entities.ts'
import { useApi } from '../page-context.ts'
import { useFilled } from './filled.ts'
import { ONCE } from './once.ts'
import { useQuarters } from './quarters.ts'

/** With who reads each until something else is said. */
export const DETAILS: { field: string; audience: Audience; type: string; autocomplete: string }[] = [
  { field: 'neighbourhood', audience: 'local', type: 'text', autocomplete: 'off' },
  { field: 'town', audience: 'local', type: 'text', autocomplete: 'address-level2' },
  { field: 'phone', audience: 'nobody', type: 'tel', autocomplete: 'tel' },
  { field: 'email', audience: 'nobody', type: 'email', autocomplete: 'email' },
  { field: 'birthdate', audience: 'nobody', type: 'date', autocomplete: 'bday' },
  { field: 'skills', audience: 'local', type: 'text', autocomplete: 'off' }
]
export const AUDIENCES: Audience[] = ['public', 'local', 'known', 'nobody']

/** One's own details, loaded once, and the quarters to choose from. `save` sends them all: never before they were loaded. */
export function useOwnDetails(accountId: ComputedRef<string | null>) {
  const api = useApi()
  const form = reactive<Record<string, ProfileDetail>>(
    Object.fromEntries(DETAILS.map(({ field, audience }) => [field, { field, value: '', audience }]))
  )
  const query = useQuery(() => ({
    key: ['details', accountId.value ?? '', 'edit'],
    ...ONCE,
    enabled: accountId.value !== null,
    query: () => api.get<ProfileDetail[]>(`/api/communer/v1/people/${accountId.value}/details`)
  }))
  const quarters = useQuarters()
  const isFilled = ref(false)
  useFilled(
    query,
    (found) => {
      if (isFilled.value) return
      isFilled.value = true
      for (const detail of found) Object.assign(form[detail.field] ?? {}, detail)
    },
    () => accountId.value !== null
  )
  const save = async (): Promise<void> => {
    if (isFilled.value) await api.send('PUT', '/api/communer/v1/profile/details', { details: Object.values(form) })
  }
  const { error, isLoading, refetch } = query
  return { form, isFilled, error, isLoading, refetch, quarters, save }
}
