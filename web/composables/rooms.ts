// The rooms of one group with what its forms propose, as several pages read them.
import { useQuery } from '@pinia/colada'
import { computed, type Ref } from 'vue'
import type { Room } from '../entities-rooms.ts'
import { usePage } from '../page-context.ts'

/** Functions in use in the group, then usual ones; asked for by who gives them. */
export function useFunctionNames(group: Ref<string>, isWanted: Ref<boolean>): Ref<string[]> {
  const { api } = usePage()
  const { data } = useQuery(() => ({
    key: ['group', group.value, 'functions'],
    enabled: isWanted.value,
    query: () => api.get<string[]>(`/api/communer/v1/groups/${group.value}/functions`)
  }))
  return computed(() => data.value ?? [])
}

/** A room named in an address (`?salle=12&groupe=jardin`); null without one. */
export function useRoomOf(query: Record<string, unknown>): Ref<Room | null> {
  const { api } = usePage()
  const id = typeof query['salle'] === 'string' && /^\d{1,19}$/.test(query['salle']) ? query['salle'] : null
  const group = typeof query['groupe'] === 'string' && /^\w[\w.-]*$/.test(query['groupe']) ? query['groupe'] : null
  const { data } = useQuery({
    key: ['room', id ?? 'none'],
    enabled: id !== null && group !== null,
    query: () => api.get<Room>(`/api/communer/v1/groups/${group}/rooms/${id}`)
  })
  return computed(() => data.value ?? null)
}
