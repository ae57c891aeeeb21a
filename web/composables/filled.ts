// A form filled from what the server answers, the same in the rendered page and in the browser.
import { onServerPrefetch, watch, type Ref } from 'vue'

interface Loaded<T> {
  data: Ref<T | undefined>
  refresh: () => Promise<unknown>
}

/**
 * Calls `fill` with each answer of a query. Watchers run once only while a page is rendered on the server, before the answer is there:
 * without the second call the page would arrive empty and be torn down in the browser. `isWanted` false: nothing is asked for.
 */
export function useFilled<T>({ data, refresh }: Loaded<T>, fill: (found: T) => void, isWanted: () => boolean = () => true): void {
  const fillFrom = (found: T | undefined): void => {
    // What was not asked for arrives as null with the rendered page.
    if (found !== undefined && found !== null) fill(found)
  }
  watch(data, fillFrom, { immediate: true })
  onServerPrefetch(async () => {
    if (!isWanted()) return
    await refresh()
    fillFrom(data.value)
  })
}
