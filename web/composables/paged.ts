// Lists that grow at the reader's pace, following the API's Link headers.
import { useInfiniteQuery, type EntryKey } from '@pinia/colada'
import { computed, type ComputedRef } from 'vue'
import { withQuery, type Page } from '../api.ts'
import { useApi } from '../page-context.ts'

export interface ListSource {
  key: EntryKey
  path: string
  query?: Parameters<typeof withQuery>[1]
  enabled?: boolean
}

export interface PagedItems<T> {
  items: ComputedRef<T[]>
  /** Nothing is known yet. */
  isPending: ComputedRef<boolean>
  isLoading: ComputedRef<boolean>
  error: ComputedRef<unknown>
  hasMore: ComputedRef<boolean>
  /** Id to continue from in a plain link, for readers without JavaScript. */
  nextId: ComputedRef<string | null>
  loadMore: () => Promise<unknown>
  retry: () => Promise<unknown>
}

/** Reads `source` page by page; a change of its key starts another list. `read` finds the items in an answer that is no plain array. */
export function usePaged<T>(source: () => ListSource, read?: (body: unknown) => T[]): PagedItems<T> {
  const api = useApi()
  const list = useInfiniteQuery<Page<T>, unknown, string>(() => {
    const { key, path, query, enabled } = source()
    return {
      key,
      enabled: enabled ?? true,
      initialPageParam: withQuery(path, query),
      query: ({ pageParam }) => api.list<T>(pageParam, undefined, read),
      getNextPageParam: (last) => last.next
    }
  })
  const pages = computed(() => list.data.value?.pages ?? [])
  const next = computed(() => pages.value.at(-1)?.next ?? null)
  return {
    items: computed(() => pages.value.flatMap((page) => page.items)),
    isPending: computed(() => list.status.value === 'pending'),
    isLoading: computed(() => list.isLoading.value),
    error: computed(() => list.error.value),
    hasMore: computed(() => next.value !== null),
    nextId: computed(() => (next.value === null ? null : new URL(next.value, 'http://localhost').searchParams.get('max_id'))),
    loadMore: () => list.loadNextPage({ cancelRefetch: false }),
    retry: () => (pages.value.length === 0 ? list.refetch() : list.loadNextPage())
  }
}
