// How many notifications came since the reader last looked.
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, type ComputedRef } from 'vue'
import type { Notification } from '../entities.ts'
import { usePage } from '../page-context.ts'
import { useLive } from './live.ts'

interface Markers {
  notifications?: { last_read_id: string }
}

/** 0 to 20; the badge says no more. */
export function useUnread(): ComputedRef<number> {
  const { api, signedIn } = usePage()
  const { data } = useQuery({
    key: ['unread'],
    // Decoration of the frame: asked by the browser, not waited for by the rendered page.
    enabled: signedIn && !import.meta.env.SSR,
    query: async (): Promise<number> => {
      const markers = await api.get<Markers>('/api/v1/markers', { timeline: ['notifications'] })
      const news = await api.get<Notification[]>('/api/v1/notifications', { limit: 20, since_id: markers.notifications?.last_read_id })
      return news.length
    }
  })
  const cache = useQueryCache()
  // What cannot be asked now is asked with the next event.
  const refresh = (): void => void cache.invalidateQueries({ key: ['unread'] }).catch(() => undefined)
  useLive(() => ({ stream: 'user' }), { hear: ({ event }) => event === 'notification' && refresh(), catchUp: refresh })
  return computed(() => data.value ?? 0)
}
