// Keeps every copy of a message alike: a like given on the wall also shows on the message's page. Queries that hold messages have keys beginning with 'statuses'.
import { useQueryCache } from '@pinia/colada'
import type { Status } from '../entities.ts'

/** Where messages sit inside cached answers. */
const CONTAINERS = [
  'pages',
  'items',
  'ancestors',
  'descendants',
  'statuses',
  'reblog',
  'status',
  'last_status',
  'quote',
  'quoted_status'
] as const

/** A copy of `value` in which each message `id` is what `change` makes of it; null removes it from its list. */
export function changeStatus<T>(value: T, id: string, change: (status: Status) => Status | null): T {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => changeStatus(item, id, change)).filter((item) => item !== null) as T
  }
  if (typeof value !== 'object' || value === null) return value
  const found = value as Record<string, unknown>
  if (found['id'] === id && 'favourites_count' in found && 'account' in found) return change(value as unknown as Status) as T
  const copy = { ...found }
  for (const name of CONTAINERS) {
    if (!(name in copy)) continue
    copy[name] = changeStatus(copy[name], id, change)
    // A boost of something that is gone goes too.
    if (name === 'reblog' && found[name] !== null && copy[name] === null) return null as T
  }
  return copy as T
}

export interface StatusCache {
  change(id: string, change: (status: Status) => Status | null): void
  refresh(): Promise<unknown>
  /** The list of bookmarks is asked for anew when it is next opened; one that is open stays, so that a slip can be put right. */
  forgetBookmarks(): Promise<unknown>
  /** The pinned messages of profiles. */
  refreshPinned(): Promise<unknown>
}

export function useStatusCache(): StatusCache {
  const cache = useQueryCache()
  return {
    change(id, change) {
      for (const entry of cache.getEntries({ key: ['statuses'] })) {
        const data = entry.state.value.data
        if (data !== undefined) cache.setQueryData(entry.key, changeStatus(data, id, change))
      }
    },
    forgetBookmarks: () => cache.invalidateQueries({ key: ['statuses', 'bookmarks'] }, false),
    refreshPinned: () => cache.invalidateQueries({ key: ['statuses', 'pinned'] }),
    refresh: () => cache.invalidateQueries({ key: ['statuses'] })
  }
}
