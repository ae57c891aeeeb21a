// The TLS front of the test network: one listener for every host, routing by Host to a loopback port or to a function, as a reverse
// proxy would (X-Forwarded-*). Its access log is a judge of what really went over the wire.
import { createServer as createHttps } from 'node:https'
import { Agent, request as httpRequest, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Authority } from './certificates.ts'

export interface Access {
  at: number
  host: string
  method: string
  path: string
  status: number
  signed: boolean
  userAgent: string
}

export interface Front {
  port: number
  log: Access[]
  /** Sends a host's requests to a loopback port, or answers them here. */
  route(host: string, target: number | RequestListener): void
  /** The host answers nothing any more: its connections are cut. */
  cut(host: string): void
  close(): Promise<void>
}

/** Starts the front on loopback (or on all of this namespace's addresses with `everywhere`). */
export async function startFront(authority: Authority, port: number, everywhere = false): Promise<Front> {
  const routes = new Map<string, number | RequestListener>()
  const log: Access[] = []
  // A connection each, as common proxies do by default: a reused one may be closing just then.
  const agent = new Agent({ keepAlive: false })
  const server = createHttps({
    // Never closes an idle connection by itself: a client that reuses one just then would see it reset.
    keepAliveTimeout: 0,
    SNICallback: (name, done) => {
      authority.certificateFor(name.toLowerCase()).then((context) => done(null, context), done)
    }
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const host = (request.headers.host ?? '').toLowerCase().replace(/:443$/, '')
    const access: Access = {
      at: Date.now(),
      host,
      method: request.method ?? '',
      path: request.url ?? '',
      status: 0,
      signed: request.headers.signature !== undefined,
      userAgent: String(request.headers['user-agent'] ?? '')
    }
    log.push(access)
    response.on('close', () => {
      access.status = response.statusCode
    })
    const target = routes.get(host)
    if (target === undefined) return void request.socket.destroy()
    if (typeof target === 'function') return target(request, response)
    forward(agent, target, request, response)
  })
  // WebSocket, as proxies do that are told to (README, "In production").
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = routes.get((request.headers.host ?? '').toLowerCase().replace(/:443$/, ''))
    if (typeof target !== 'number') return void socket.destroy()
    const headers = { ...request.headers, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' }
    const onward = httpRequest({ host: '127.0.0.1', port: target, method: request.method, path: request.url, headers })
    upgraded.add(socket)
    socket.on('close', () => upgraded.delete(socket))
    onward.on('upgrade', (answer, inner, rest) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`)
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
      inner.write(head)
      socket.write(rest)
      inner.pipe(socket).pipe(inner)
      inner.on('error', () => socket.destroy())
      socket.on('error', () => inner.destroy())
    })
    onward.on('response', () => socket.destroy())
    onward.on('error', () => socket.destroy())
    onward.end()
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, everywhere ? '0.0.0.0' : '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    log,
    route: (host, target) => {
      routes.set(host.toLowerCase(), target)
    },
    cut: (host) => {
      routes.delete(host.toLowerCase())
    },
    close: () =>
      new Promise((resolve) => {
        agent.destroy()
        server.closeAllConnections()
        for (const socket of upgraded) socket.destroy()
        server.close(() => resolve())
      })
  }
}

/** Belong to one connection and are never passed on: the other side of the front keeps its own connections in its own way. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade']

function passedOn<T extends IncomingMessage['headers']>(headers: T): T {
  const rest = { ...headers }
  for (const name of HOP_BY_HOP) delete rest[name]
  return rest
}

function forward(agent: Agent, port: number, request: IncomingMessage, response: ServerResponse): void {
  const remote = request.socket.remoteAddress ?? '127.0.0.1'
  const headers = {
    ...passedOn(request.headers),
    'x-forwarded-for': remote,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': request.headers.host
  }
  const onward = httpRequest({ host: '127.0.0.1', port, method: request.method, path: request.url, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
    answer.pipe(response)
  })
  onward.on('error', () => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502).end()
  })
  request.pipe(onward)
}
