// New messages of a list that is being read: they wait behind a button, so that nothing moves under the reader's eyes.
import { useQueryCache, type EntryKey } from '@pinia/colada'
import { computed, shallowRef, type ComputedRef } from 'vue'
import type { Page } from '../api.ts'
import type { Status } from '../entities.ts'
import type { LiveStream } from '../live-connection.ts'
import { useApi } from '../page-context.ts'
import { useLive } from './live.ts'
import type { ListSource, PagedItems } from './paged.ts'
import { changeStatus, useStatusCache } from './status-cache.ts'

/** More is a new page. */
const MAX_WAITING = 40

export interface Newcomers {
  count: ComputedRef<number>
  /** Shows them at the head of the list. */
  show(): Promise<void>
}

interface Pages {
  pages: Page<Status>[]
}

/** Listens to `stream` for the list read from `source`; `isWanted` says whether a message of the stream belongs into the list. */
export function useNewcomers(
  stream: () => LiveStream | null,
  source: () => ListSource,
  list: PagedItems<Status>,
  isWanted: (status: Status) => boolean = () => true
): Newcomers {
  const api = useApi()
  const cache = useQueryCache()
  const statuses = useStatusCache()
  const waiting = shallowRef<{ of: string; items: Status[] }>({ of: '', items: [] })
  const keyText = (): string => JSON.stringify(source().key)
  const here = computed(() => new Set(list.items.value.map(({ id }) => id)))
  const items = computed(() => (waiting.value.of === keyText() ? waiting.value.items.filter(({ id }) => !here.value.has(id)) : []))

  const add = (found: Status[]): void => {
    const known = new Set(items.value.map(({ id }) => id))
    const fresh = found.filter((status) => !here.value.has(status.id) && !known.has(status.id) && isWanted(status))
    if (fresh.length > 0) waiting.value = { of: keyText(), items: [...fresh, ...items.value].slice(0, MAX_WAITING) }
  }
  const update = (status: Status): void => {
    statuses.change(status.id, () => status)
    waiting.value = { ...waiting.value, items: changeStatus(waiting.value.items, status.id, () => status) }
  }
  const remove = (id: string): void => {
    statuses.change(id, () => null)
    waiting.value = { ...waiting.value, items: waiting.value.items.filter((one) => one.id !== id && one.reblog?.id !== id) }
  }
  useLive(stream, {
    hear({ event, payload }) {
      if (event === 'update') add([payload as Status])
      else if (event === 'status.update') update(payload as Status)
      else if (event === 'delete') remove(String(payload))
    },
    catchUp() {
      const newest = list.items.value[0]
      if (newest === undefined) return
      const { path, query } = source()
      // What cannot be asked now is shown when the list is next opened.
      void api
        .get<Status[]>(path, { ...query, max_id: null, since_id: newest.id, limit: MAX_WAITING })
        .then(add)
        .catch(() => undefined)
    }
  })
  return {
    count: computed(() => items.value.length),
    async show() {
      const { key } = source()
      const fresh = items.value
      waiting.value = { of: '', items: [] }
      const data = cache.getQueryData<Pages>(key as EntryKey)
      // A full queue may have lost the oldest: the list is read anew.
      if (data === undefined || data.pages.length === 0 || fresh.length >= MAX_WAITING) {
        await cache.invalidateQueries({ key })
        return
      }
      const [first, ...rest] = data.pages
      cache.setQueryData(key as EntryKey, { ...data, pages: [{ ...first!, items: [...fresh, ...first!.items] }, ...rest] })
    }
  }
}
