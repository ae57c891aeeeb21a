// The one live connection of a page: the Mastodon streaming API over WebSocket, in the browser only. It comes back by itself, and says so to
// those who listen, who then ask for what they missed. Where no WebSocket gets through, server-sent events say the same; where these do not
// either, listeners are told to ask now and then.

/** A stream as the API names it. */
export interface LiveStream {
  stream: 'user' | 'public' | 'public:local' | 'groups' | 'thread' | 'hashtag' | 'list' | 'direct' | 'account'
  tag?: string
  list?: string
  thread?: string
  account?: string
}

export interface LiveEvent {
  event: string
  /** Parsed when it is JSON, else as it came (ids). */
  payload: unknown
}

export interface Listening {
  stream: LiveStream
  hear(event: LiveEvent): void
  /** Something may have been missed. */
  catchUp(): void
}

export interface LiveConnection {
  /** Listens until the function given back is called. */
  add(listening: Listening): () => void
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** Nobody looks: the connection is given back. */
const HIDDEN_MS = 5 * 60_000
/** The last listener of a page leaves a moment before the first of the next one comes. */
const IDLE_MS = 2_000
/** Where no WebSocket gets through. */
const ASK_EVERY_MS = 60_000
const FAILURES_BEFORE_EVENTS = 2
/** A browser opens six connections to a server of HTTP/1.1; the page needs some for itself. */
const MAX_SOURCES = 3
const EVENTS = [
  'update',
  'status.update',
  'delete',
  'notification',
  'conversation',
  'filters_changed',
  'announcement',
  'announcement.delete',
  'announcement.reaction'
]

/** `url` is the address of the WebSocket; server-sent events have theirs below it. */
export function createLiveConnection(url: string): LiveConnection {
  const sources = new Map<string, EventSource>()
  const listeners = new Set<Listening>()
  let socket: WebSocket | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  const say = (type: 'subscribe' | 'unsubscribe', stream: LiveStream): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, ...stream }))
  }
  const catchUp = (of: (listening: Listening) => boolean = () => true): void =>
    listeners.forEach((one) => {
      if (of(one)) one.catchUp()
    })
  const wantedStreams = (): Map<string, LiveStream> => new Map([...listeners].map(({ stream }) => [keyOf(stream), stream]))
  const isWanted = (): boolean => listeners.size > 0 && document.visibilityState === 'visible'

  const connect = (): void => {
    clearTimeout(timer)
    if (socket !== null || !isWanted()) return
    const opening = new WebSocket(url)
    socket = opening
    opening.addEventListener('open', () => {
      failures = 0
      closeSources()
      for (const stream of wantedStreams().values()) say('subscribe', stream)
      // Between the rendered page and this moment something may have come, as in any gap.
      catchUp()
    })
    opening.addEventListener('message', ({ data }) => tell(String(data)))
    opening.addEventListener('close', () => {
      // One that was given back does not come back.
      if (socket !== opening) return
      socket = null
      failures += 1
      again()
    })
  }
  /** Opens and closes server-sent events as listeners come and go. */
  const readEvents = (): void => {
    const wanted = new Map([...wantedStreams()].slice(0, MAX_SOURCES))
    for (const key of sources.keys()) if (!wanted.has(key)) closeSource(key)
    for (const [key, stream] of wanted) if (!sources.has(key)) sources.set(key, openSource(key, stream))
  }
  const openSource = (key: string, stream: LiveStream): EventSource => {
    const source = new EventSource(eventsAddress(url, stream))
    const ofThis = ({ stream: one }: Listening): boolean => keyOf(one) === key
    source.addEventListener('open', () => catchUp(ofThis))
    // The browser tries again by itself, unless it was refused: then the next round does.
    source.addEventListener('error', () => source.readyState === EventSource.CLOSED && sources.get(key) === source && closeSource(key))
    for (const event of EVENTS)
      source.addEventListener(event, ({ data }: MessageEvent<string>) => {
        const payload = payloadOf(data)
        for (const listening of listeners) if (ofThis(listening)) listening.hear({ event, payload })
      })
    return source
  }
  const closeSource = (key: string): void => {
    sources.get(key)?.close()
    sources.delete(key)
  }
  const closeSources = (): void => [...sources.keys()].forEach(closeSource)
  const again = (): void => {
    clearTimeout(timer)
    if (!isWanted()) return
    const isWithout = failures >= FAILURES_BEFORE_EVENTS
    if (isWithout) readEvents()
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 6))
    // All the pages of a commune lose a server at the same moment; they do not come back at the same moment.
    timer = setTimeout(
      () => {
        if (isWithout) catchUp(({ stream }) => sources.get(keyOf(stream))?.readyState !== EventSource.OPEN)
        connect()
      },
      isWithout ? ASK_EVERY_MS : pause * (0.5 + Math.random())
    )
  }
  const tell = (data: string): void => {
    const message = parsed(data)
    if (message === null) return
    const { event, payload, stream } = message
    const key = stream.join(' ')
    for (const listening of listeners) if (keyOf(listening.stream) === key) listening.hear({ event, payload })
  }
  const end = (): void => {
    clearTimeout(timer)
    const open = socket
    socket = null
    open?.close()
    closeSources()
  }
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiddenTimer)
    if (document.visibilityState === 'hidden') hiddenTimer = setTimeout(end, HIDDEN_MS)
    else connect()
  })
  // What was tried without a network says nothing of the server, and would only end later.
  window.addEventListener('online', () => {
    failures = 0
    if (socket?.readyState === WebSocket.CONNECTING) {
      const tried = socket
      socket = null
      tried.close()
    }
    connect()
  })

  return {
    add(listening) {
      const isNew = ![...listeners].some(({ stream }) => keyOf(stream) === keyOf(listening.stream))
      listeners.add(listening)
      if (isNew) say('subscribe', listening.stream)
      if (failures >= FAILURES_BEFORE_EVENTS && isWanted()) readEvents()
      connect()
      return () => {
        listeners.delete(listening)
        if (![...listeners].some(({ stream }) => keyOf(stream) === keyOf(listening.stream))) say('unsubscribe', listening.stream)
        if (sources.size > 0) readEvents()
        if (listeners.size === 0) timer = setTimeout(() => listeners.size === 0 && end(), IDLE_MS)
      }
    }
  }
}

/** As the server names streams in its events. */
function keyOf({ stream, tag, list, thread, account }: LiveStream): string {
  return [stream, tag ?? list ?? thread ?? account].filter((part) => part !== undefined).join(' ')
}

function parsed(data: string): { event: string; payload: unknown; stream: string[] } | null {
  try {
    const { event, payload, stream } = JSON.parse(data) as { event?: string; payload?: string; stream?: string[] }
    if (event === undefined || !Array.isArray(stream)) return null
    return { event, payload: payloadOf(payload), stream }
  } catch {
    return null
  }
}

function payloadOf(text: string | undefined): unknown {
  return text?.startsWith('{') ? JSON.parse(text) : text
}

/** `public:local` is at `…/public/local`. */
function eventsAddress(url: string, { stream, ...of }: LiveStream): string {
  const address = new URL(`${url.replace(/^ws/, 'http')}/${stream.replace(':', '/')}`)
  for (const [name, value] of Object.entries(of)) if (value !== undefined) address.searchParams.set(name, String(value))
  return address.href
}
