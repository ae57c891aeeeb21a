// Streaming for Mastodon's apps: WebSocket at /api/v1/streaming, server-sent events below it (docs.joinmastodon.org/methods/streaming).
import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import { coversScope } from '../../core/scopes.ts'
import { isSession } from '../../features/accounts/tokens.ts'
import { textOf, type Params } from '../mastodon/params.ts'
import { requireAuth, type Auth } from '../plugins/auth.ts'
import { assertSameOrigin } from '../plugins/csrf.ts'
import { createHub, type Hub, type LiveEvent, type Subscriber } from './hub.ts'
import { readStream, scopeOf, type Stream, type StreamQuestion } from './streams.ts'

/** What a slow reader may leave unread before the connection ends: some hundred posts. */
const MAX_UNSENT_BYTES = 1024 * 1024
/** Questions of clients are short. */
const MAX_MESSAGE_BYTES = 4096
const MAX_STREAMS = 50
/** Questions of one connection that may wait for their answer. */
const MAX_QUESTIONS = 100
/** What is left unread at the end has this long. */
const LAST_WORDS_MS = 2_000
/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 20_000

/** Server-sent events by path, and the scope each needs. */
const PATHS: Record<string, { stream: string; scope: string }> = {
  user: { stream: 'user', scope: 'read:statuses' },
  'user/notification': { stream: 'user:notification', scope: 'read:notifications' },
  public: { stream: 'public', scope: 'read:statuses' },
  'public/local': { stream: 'public:local', scope: 'read:statuses' },
  'public/remote': { stream: 'public:remote', scope: 'read:statuses' },
  hashtag: { stream: 'hashtag', scope: 'read:statuses' },
  'hashtag/local': { stream: 'hashtag:local', scope: 'read:statuses' },
  list: { stream: 'list', scope: 'read:lists' },
  direct: { stream: 'direct', scope: 'read:statuses' },
  groups: { stream: 'groups', scope: 'read:statuses' },
  thread: { stream: 'thread', scope: 'read:statuses' },
  account: { stream: 'account', scope: 'read:statuses' }
}

/** Fastify plugin, to register under /api/v1/streaming. */
export async function streaming(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const hub = createHub(ctx)
  app.addHook('preClose', () => hub.close())
  await app.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES } })

  app.get('/health', { config: { public: true } }, async (_request, reply) => reply.type('text/plain; charset=utf-8').send('OK'))

  for (const [path, { stream, scope }] of Object.entries(PATHS))
    app.get(`/${path}`, { config: { scope, tokenInUrl: true } }, async (request, reply) => serveEvents(ctx, hub, request, reply, stream))

  // With and without a slash at the end.
  app.route({
    method: 'GET',
    url: '/',
    config: { scope: 'read:statuses', tokenInUrl: true },
    // W19: a page of elsewhere opens no socket with the cookie of the person who looks at it.
    preValidation: async (request) => refuseForeignPages(ctx, request),
    handler: async () => {
      throw new AppError('stream.websocket-only', 426, 'This address speaks WebSocket.')
    },
    wsHandler: (socket, request) => void serveSocket(ctx, hub, socket, request)
  })
}

/** A browser's session counts only on our own pages. */
function refuseForeignPages(ctx: Ctx, request: FastifyRequest): void {
  if (isSession(requireAuth(request).token)) assertSameOrigin(ctx, request)
}

async function serveEvents(ctx: Ctx, hub: Hub, request: FastifyRequest, reply: FastifyReply, name: string): Promise<FastifyReply> {
  const auth = requireAuth(request)
  if (isSession(auth.token)) assertSameOrigin(ctx, request, { whenSaid: true })
  const stream = await openStream(ctx, auth, { stream: name, ...questionOf(request.query as Params) })
  const { raw } = reply
  const write = (text: string): void => {
    if (raw.destroyed || raw.writableEnded) return
    if (raw.writableLength > MAX_UNSENT_BYTES) raw.destroy()
    else raw.write(text)
  }
  const subscriber = subscriberOf(auth, {
    send: ({ event, payload }) => write(`event: ${event}\n${payload === undefined ? '' : `data: ${payload}\n`}\n`),
    end: () => {
      raw.end()
      // Who reads slowly would keep a connection that is over.
      setTimeout(() => raw.destroy(), LAST_WORDS_MS).unref()
    }
  })
  subscriber.streams.set(keyOf(stream), stream)
  const heartbeat = setInterval(() => raw.headersSent && write(':thump\n\n'), HEARTBEAT_MS)
  // Before anything is waited for: who leaves meanwhile is not kept.
  raw.on('error', () => raw.destroy())
  raw.on('close', () => {
    clearInterval(heartbeat)
    hub.remove(subscriber)
  })
  if (!(await hub.add(subscriber))) throw tooMany()
  reply.hijack()
  if (raw.destroyed) {
    hub.remove(subscriber)
    return reply
  }
  const headers = {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream',
    'cache-control': 'private, no-store',
    'x-accel-buffering': 'no'
  }
  raw.writeHead(200, headers as Record<string, string>)
  write(':)\n\n')
  return reply
}

async function serveSocket(ctx: Ctx, hub: Hub, socket: WebSocket, request: FastifyRequest): Promise<void> {
  const auth = requireAuth(request)
  const send = (message: object): void => {
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) return socket.terminate()
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
  }
  const subscriber = subscriberOf(auth, { send, end: () => socket.close(4001) })
  const change = async (type: unknown, question: StreamQuestion): Promise<void> => {
    try {
      const stream = await openStream(ctx, auth, question)
      if (type === 'unsubscribe') subscriber.streams.delete(keyOf(stream))
      else if (subscriber.streams.size < MAX_STREAMS) subscriber.streams.set(keyOf(stream), stream)
    } catch (error) {
      if (!isAppError(error)) ctx.log.warn({ err: error }, 'a stream could not be opened')
      send(isAppError(error) ? { error: error.message, status: error.status } : { error: 'Unexpected error', status: 500 })
    }
  }
  // Messages are answered one after the other; those that come before the hub listens wait.
  let turn: Promise<void> = (async () => {
    if (!(await hub.add(subscriber))) return socket.close(4029)
    const query = request.query as Params
    const first = textOf(query['stream'])
    if (first !== undefined && first !== '') await change('subscribe', { stream: first, ...questionOf(query) })
  })()
  let waiting = 0
  socket.on('message', (text: Buffer) => {
    if (waiting >= MAX_QUESTIONS) return socket.terminate()
    const message = readMessage(text)
    if (message === null) return send({ error: 'Error parsing message', status: 400 })
    waiting += 1
    turn = turn
      .then(() => change(message['type'], { stream: textOf(message['stream']) ?? '', ...questionOf(message) }))
      .finally(() => (waiting -= 1))
  })
  let alive = true
  socket.on('pong', () => (alive = true))
  const heartbeat = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, HEARTBEAT_MS)
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearInterval(heartbeat)
    hub.remove(subscriber)
  })
  await turn
}

async function openStream(ctx: Ctx, auth: Auth, question: StreamQuestion): Promise<Stream> {
  const stream = await readStream(ctx, auth.actor.id, question)
  if (!coversScope(auth.scopes, scopeOf(stream)))
    throw new AppError('auth.scope', 403, 'This action is outside the authorized scopes', { details: { scope: scopeOf(stream) } })
  return stream
}

function subscriberOf({ actor, token, scopes }: Auth, out: { send(event: LiveEvent): void; end(): void }): Subscriber {
  return { actorId: actor.id, tokenId: token.id, scopes, streams: new Map(), ...out }
}

/** What is asked, not how it was spelled. */
function keyOf(stream: Stream): string {
  return stream.kind === 'hashtag' ? `${stream.name[0]} ${stream.tag}` : stream.name.join(' ')
}

function questionOf(params: Params): Omit<StreamQuestion, 'stream'> {
  return { tag: textOf(params['tag']), list: textOf(params['list']), thread: textOf(params['thread']), account: textOf(params['account']) }
}

function readMessage(text: Buffer): Params | null {
  try {
    const message: unknown = JSON.parse(String(text))
    return typeof message === 'object' && message !== null && !Array.isArray(message) ? (message as Params) : null
  } catch {
    return null
  }
}

function tooMany(): AppError {
  return new AppError('stream.too-many', 429, 'You have too many open streams.', { retryAfterSeconds: 30 })
}
