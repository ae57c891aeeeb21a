// What is read anew when a task has changed.
import { useQueryCache } from '@pinia/colada'

/** Reads everything again that shows tasks. */
export function useTaskRefresh(): () => Promise<void> {
  const cache = useQueryCache()
  return async () => {
    await Promise.all(['task', 'tasks', 'proposal', 'idea', 'desk', 'statuses'].map((key) => cache.invalidateQueries({ key: [key] })))
  }
}
