// Live updates for a page of a logged-in reader. The connection itself is loaded with the first that listens.
import { onMounted, onUnmounted, watch } from 'vue'
import type { LiveConnection, LiveEvent, LiveStream } from '../live-connection.ts'
import { usePage } from '../page-context.ts'

let connection: Promise<LiveConnection> | null = null

function open(): Promise<LiveConnection> {
  connection ??= import('../live-connection.ts').then(({ createLiveConnection }) =>
    createLiveConnection(`${location.origin.replace(/^http/, 'ws')}/api/v1/streaming`)
  )
  return connection
}

/**
 * Hears `stream` while the component is there; null: nothing. `catchUp` is called when events may have been missed, and may be called for
 * nothing. Visitors hear nothing.
 */
export function useLive(stream: () => LiveStream | null, on: { hear(event: LiveEvent): void; catchUp(): void }): void {
  const { signedIn } = usePage()
  let stop: (() => void) | null = null
  let turn = 0
  const listen = async (wanted: LiveStream | null): Promise<void> => {
    stop?.()
    stop = null
    turn += 1
    const mine = turn
    if (wanted === null) return
    const live = await open()
    // The page may have gone on meanwhile.
    if (mine === turn) stop = live.add({ stream: wanted, ...on })
  }
  onMounted(() => {
    if (signedIn)
      watch(
        () => JSON.stringify(stream()),
        (text) => void listen(JSON.parse(text) as LiveStream | null),
        { immediate: true }
      )
  })
  onUnmounted(() => {
    turn += 1
    stop?.()
  })
}
