// The page without the network, and news while no page is open. It keeps little: the wall and the agenda as they were last seen, the page that
// says one is offline, and the scripts of the pages (their names carry a hash of the contents). Nothing else is ever kept, and log-out
// empties it. Pages come from the network whenever there is one, so an old worker traps nobody on an old version.

// What TypeScript's DOM library has no room for beside pages.
interface Worker {
  registration: {
    showNotification(title: string, options: object): Promise<void>
  }
  clients: {
    claim(): Promise<void>
    matchAll(options: object): Promise<{ url: string; focus(): Promise<unknown>; navigate(url: string): Promise<unknown> }[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener(type: 'message', hear: (event: MessageEvent<unknown>) => void): void
  addEventListener(type: string, hear: (event: WorkerEvent) => void): void
}
interface WorkerEvent {
  request: Request
  data: { json(): unknown } | null
  notification: { data: { url?: string } | null; close(): void }
  waitUntil(work: Promise<unknown>): void
  respondWith(answer: Promise<Response>): void
}
const worker = self as unknown as Worker

const PAGES = 'pages-1'
const FILES = 'files-1'
const OFFLINE = '/hors-ligne'
/** As people come back to them; seen through any tab or page of theirs. */
const KEPT = ['/', '/agenda']
/** A train in a tunnel is offline too: after this the page seen last is shown. */
const PATIENCE_MS = 6000
/** About three versions of the pages. */
const MAX_FILES = 300

worker.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      await keepOfflinePage().catch(() => undefined)
      await worker.skipWaiting()
    })()
  )
})

/** With the scripts it needs, as nobody in particular sees it. */
async function keepOfflinePage(): Promise<void> {
  const answer = await fetch(OFFLINE, { credentials: 'omit' })
  if (!answer.ok) return
  const html = await answer.clone().text()
  await (await caches.open(PAGES)).put(OFFLINE, answer)
  const files = [...new Set([...html.matchAll(/\/assets\/[\w.-]+/g)].map(([path]) => path))]
  await (await caches.open(FILES)).addAll(files)
}

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== PAGES && name !== FILES) await caches.delete(name)
      await worker.clients.claim()
    })()
  )
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (url.pathname.startsWith('/assets/')) event.respondWith(fileOf(request))
  else if (request.mode === 'navigate') event.respondWith(pageOf(request, url))
})

/** A name with a hash never changes its contents. */
async function fileOf(request: Request): Promise<Response> {
  const cache = await caches.open(FILES)
  const known = await cache.match(request)
  if (known !== undefined) return known
  const answer = await fetch(request)
  if (answer.ok) {
    await cache.put(request, answer.clone())
    const keys = await cache.keys()
    for (const old of keys.slice(0, Math.max(0, keys.length - MAX_FILES))) await cache.delete(old)
  }
  return answer
}

/** Grows when pages are forgotten: an answer asked for before is never kept after. */
let era = 0

// The page says that somebody left, before it empties the cache itself.
worker.addEventListener('message', (event) => {
  if (event.data !== 'forget-pages') return
  era += 1
  event.ports[0]?.postMessage('done')
})

async function pageOf(request: Request, url: URL): Promise<Response> {
  const asked = era
  const cache = await caches.open(PAGES)
  const isKept = KEPT.includes(url.pathname) && url.search === ''
  try {
    const answer = await (isKept ? within(fetch(request)) : fetch(request))
    if (isKept && answer.ok && !answer.redirected && asked === era) {
      await cache.put(url.pathname, answer.clone())
      // Somebody left while it was written.
      if (asked !== era) await cache.delete(url.pathname)
    }
    return answer
  } catch (error) {
    const known = await cache.match(isKept ? url.pathname : OFFLINE)
    if (url.pathname === OFFLINE && known === undefined) throw error
    if (known !== undefined && (isKept || url.pathname === OFFLINE)) return known
    // Its own address, so that the page's scripts know which page they are on.
    return Response.redirect(`${OFFLINE}?retour=${encodeURIComponent(url.pathname + url.search)}`)
  }
}

function within<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('slow')), PATIENCE_MS)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

interface Message {
  title?: string
  body?: string
  icon?: string
  notification_id?: string
  preferred_locale?: string
  /** A path of this site; only of our own server. */
  url?: string
}

worker.addEventListener('push', (event) => {
  let message: Message = {}
  try {
    message = (event.data?.json() ?? {}) as Message
  } catch {
    // A message nobody can read is still said: the browser shows its own words otherwise.
  }
  event.waitUntil(
    worker.registration.showNotification(message.title ?? 'Communer', {
      body: message.body ?? '',
      icon: message.icon,
      badge: '/icon-192.png',
      lang: message.preferred_locale,
      tag: message.notification_id,
      data: { url: message.url?.startsWith('/') ? message.url : '/notifications' }
    })
  )
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const wanted = new URL(event.notification.data?.url ?? '/notifications', location.origin)
  const url = wanted.origin === location.origin ? wanted : new URL('/notifications', location.origin)
  event.waitUntil(
    (async () => {
      const [open] = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
      if (open === undefined) return await worker.clients.openWindow(url.href)
      await open.focus()
      return await open.navigate(url.href)
    })()
  )
})
