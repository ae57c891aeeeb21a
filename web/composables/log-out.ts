// Leaving: the server ends the session, the page starts afresh so that nothing private stays in memory.
import { useApi } from '../page-context.ts'
import { forgetDrafts } from './draft.ts'
import { useErrorText } from './errors.ts'
import { useToasts } from './toasts.ts'

export function useLogOut(): () => Promise<void> {
  const api = useApi()
  const toasts = useToasts()
  const errorText = useErrorText()
  return async () => {
    try {
      await api.send('POST', '/api/communer/v1/logout')
      forgetDrafts()
      await forgetPages()
      location.assign('/')
    } catch (error) {
      toasts.show(errorText(error))
    }
  }
}

/** What the service worker kept of pages as this person saw them; the one that says one is offline is everybody's. */
export async function forgetPages(): Promise<void> {
  if (!('caches' in window)) return
  await stopKeeping()
  for (const name of await caches.keys()) {
    if (!name.startsWith('pages')) continue
    const cache = await caches.open(name)
    for (const request of await cache.keys()) if (new URL(request.url).pathname !== '/hors-ligne') await cache.delete(request)
  }
}

/** A worker that does not answer keeps nothing either. */
const WORKER_MS = 1_000

/** Tells the service worker that pages still on their way are not to be kept. */
async function stopKeeping(): Promise<void> {
  const worker = navigator.serviceWorker?.controller
  if (!worker) return
  const { port1, port2 } = new MessageChannel()
  await new Promise((resolve) => {
    setTimeout(resolve, WORKER_MS)
    port1.addEventListener('message', resolve)
    port1.start()
    worker.postMessage('forget-pages', [port2])
  })
}
