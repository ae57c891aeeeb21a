// The one live connection of a page: the Mastodon streaming API over WebSocket, in the browser only. It comes back by itself, and says so to
// those who listen, who then ask for what they missed. Where no WebSocket gets through, they are told to ask now and then.

/** A stream as the API names it. */
export interface LiveStream {
  stream: 'user' | 'public' | 'public:local' | 'groups' | 'thread' | 'hashtag' | 'list' | 'direct'
  tag?: string
  list?: string
  thread?: string
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
const FAILURES_BEFORE_ASKING = 3

export function createLiveConnection(url: string): LiveConnection {
  const listeners = new Set<Listening>()
  let socket: WebSocket | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  const say = (type: 'subscribe' | 'unsubscribe', stream: LiveStream): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, ...stream }))
  }
  const catchUp = (): void => listeners.forEach((one) => one.catchUp())
  const isWanted = (): boolean => listeners.size > 0 && document.visibilityState === 'visible'

  const connect = (): void => {
    clearTimeout(timer)
    if (socket !== null || !isWanted()) return
    const opening = new WebSocket(url)
    socket = opening
    opening.addEventListener('open', () => {
      failures = 0
      for (const stream of new Map([...listeners].map(({ stream: one }) => [keyOf(one), one])).values()) say('subscribe', stream)
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
  const again = (): void => {
    clearTimeout(timer)
    if (!isWanted()) return
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 6))
    // All the pages of a commune lose a server at the same moment; they do not come back at the same moment.
    timer = setTimeout(
      () => {
        if (failures >= FAILURES_BEFORE_ASKING) catchUp()
        connect()
      },
      failures >= FAILURES_BEFORE_ASKING ? ASK_EVERY_MS : pause * (0.5 + Math.random())
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
  }
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiddenTimer)
    if (document.visibilityState === 'hidden') hiddenTimer = setTimeout(end, HIDDEN_MS)
    else connect()
  })
  window.addEventListener('online', connect)

  return {
    add(listening) {
      const isNew = ![...listeners].some(({ stream }) => keyOf(stream) === keyOf(listening.stream))
      listeners.add(listening)
      if (isNew) say('subscribe', listening.stream)
      connect()
      return () => {
        listeners.delete(listening)
        if (![...listeners].some(({ stream }) => keyOf(stream) === keyOf(listening.stream))) say('unsubscribe', listening.stream)
        if (listeners.size === 0) timer = setTimeout(() => listeners.size === 0 && end(), IDLE_MS)
      }
    }
  }
}

/** As the server names streams in its events. */
function keyOf({ stream, tag, list, thread }: LiveStream): string {
  return [stream, tag ?? list ?? thread].filter((part) => part !== undefined).join(' ')
}

function parsed(data: string): { event: string; payload: unknown; stream: string[] } | null {
  try {
    const { event, payload, stream } = JSON.parse(data) as { event?: string; payload?: string; stream?: string[] }
    if (event === undefined || !Array.isArray(stream)) return null
    return { event, payload: payload?.startsWith('{') ? JSON.parse(payload) : payload, stream }
  } catch {
    return null
  }
}
