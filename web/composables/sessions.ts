// Where the reader is logged in, and which apps act for them: one list, two views; each entry can be ended.
import { useQuery } from '@pinia/colada'
import { computed, type ComputedRef, type Ref } from 'vue'
import type { Session } from '../entities.ts'
import { useApi } from '../page-context.ts'
import { useErrorText } from './errors.ts'
import { useToasts } from './toasts.ts'

export interface Sessions {
  items: ComputedRef<Session[]>
  error: Ref<unknown>
  isLoading: Ref<boolean>
  refetch: () => Promise<unknown>
  end: (id: string) => Promise<void>
}

/** Browser sessions, or the tokens of apps. */
export function useSessions(kind: 'session' | 'oauth'): Sessions {
  const api = useApi()
  const toasts = useToasts()
  const errorText = useErrorText()
  const { data, error, isLoading, refetch } = useQuery({
    key: ['sessions'],
    query: () => api.get<Session[]>('/api/communer/v1/sessions')
  })
  return {
    items: computed(() => (data.value ?? []).filter((session) => session.kind === kind)),
    error,
    isLoading,
    refetch,
    async end(id) {
      try {
        await api.send('DELETE', `/api/communer/v1/sessions/${id}`)
        await refetch()
      } catch (failure) {
        toasts.show(errorText(failure))
      }
    }
  }
}
