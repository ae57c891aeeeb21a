// A private internet for one test: HTTPS servers of *.test names on loopback, behind the real address guard (they resolve to public-looking
// addresses). Names in the certificate: see fixtures/tls. Nothing here softens a check of ours.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Ctx } from '../context.ts'
import { closeSockets, createSockets } from '../protocol/fetch.ts'
import { signRequest, type SignatureScheme } from '../protocol/sign.ts'
import type { SignedRequest } from '../protocol/verify.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

export interface SeenRequest {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: Buffer
}

export interface RemoteActor {
  iri: string
  keyIri: string
  privateKey: KeyObject
  publicPem: string
  json: Record<string, unknown>
}

export interface Host {
  name: string
  origin: string
  /** Every request the host got, oldest first. */
  seen: SeenRequest[]
  /** Answers a path (query included, or without) with a document, a status, or a function. */
  on(path: string, answer: Record<string, unknown> | number | Handler, contentType?: string): void
  /** Publishes an actor with a key and its WebFinger. */
  actor(username: string, overrides?: Record<string, unknown>): RemoteActor
}

export interface Internet {
  host(name: string): Host
  /** What a name resolves to instead of a public address. */
  addresses: Map<string, string[]>
  /** Names nothing listens for. */
  down: Set<string>
}

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const ca = fixture('tls/ca.pem')
const sharedKey = JSON.parse(fixture('signatures/rsa.json')) as { priv: string; pub: string }
export const AS2 = 'application/activity+json'

/** Replaces the context's sockets by ones that reach only this test's hosts. */
export async function testInternet(t: { teardown(work: () => Promise<void> | void): void }, ctx: Ctx): Promise<Internet> {
  const hosts = new Map<string, { host: Host; routes: Map<string, Handler> }>()
  const addresses = new Map<string, string[]>()
  const down = new Set<string>()
  const server = createServer({ key: fixture('tls/key.pem'), cert: fixture('tls/cert.pem') }, (request, response) => {
    void collect(request).then((body) => {
      const name = request.headers.host ?? ''
      if (down.has(name)) return void request.socket.destroy()
      const known = hosts.get(name)
      known?.host.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      const path = request.url ?? ''
      const handler = known?.routes.get(path) ?? known?.routes.get(path.split('?')[0]!)
      if (handler === undefined) response.writeHead(404).end()
      else handler(request, response)
    })
  })
  await listen(server)
  const port = (server.address() as AddressInfo).port
  const old = ctx.sockets
  ctx.sockets = createSockets(ctx.config, {
    ca,
    lookup: async (name) => (addresses.get(name) ?? ['11.22.33.44']).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    connectTo: (name) => ({ address: '127.0.0.1', port: down.has(name) ? 1 : port })
  })
  if (old !== undefined) await closeSockets(old)
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { addresses, down, host: (name) => hosts.get(name)?.host ?? addHost(hosts, name) }
}

function addHost(hosts: Map<string, { host: Host; routes: Map<string, Handler> }>, name: string): Host {
  const routes = new Map<string, Handler>()
  const origin = `https://${name}`
  const on: Host['on'] = (path, answer, contentType = AS2) => {
    routes.set(path, (request, response) => {
      if (typeof answer === 'function') return answer(request, response)
      if (typeof answer === 'number') return void response.writeHead(answer).end()
      response.writeHead(200, { 'content-type': contentType }).end(JSON.stringify(answer))
    })
  }
  const host: Host = { name, origin, seen: [], on, actor: (username, overrides = {}) => addActor(host, username, overrides) }
  hosts.set(name, { host, routes })
  return host
}

function addActor(host: Host, username: string, overrides: Record<string, unknown>): RemoteActor {
  const iri = `${host.origin}/users/${username}`
  const json = {
    '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
    id: iri,
    type: 'Person',
    preferredUsername: username,
    name: username,
    inbox: `${iri}/inbox`,
    outbox: `${iri}/outbox`,
    followers: `${iri}/followers`,
    endpoints: { sharedInbox: `${host.origin}/inbox` },
    publicKey: { id: `${iri}#main-key`, owner: iri, publicKeyPem: sharedKey.pub },
    ...overrides
  }
  host.on(`/users/${username}`, json)
  host.on(
    `/.well-known/webfinger?resource=${encodeURIComponent(`acct:${username}@${host.name}`)}`,
    jrd(`${username}@${host.name}`, iri),
    'application/jrd+json'
  )
  return { iri, keyIri: `${iri}#main-key`, privateKey: createPrivateKey(sharedKey.priv), publicPem: sharedKey.pub, json }
}

/** A WebFinger answer with one self link. */
export function jrd(handle: string, actorIri: string): Record<string, unknown> {
  return { subject: `acct:${handle}`, links: [{ rel: 'self', type: AS2, href: actorIri }] }
}

/** A key pair unlike the shared one. */
export function freshKey(): { privateKey: KeyObject; publicPem: string } {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey: pair.privateKey, publicPem: createPublicKey(pair.privateKey).export({ type: 'spki', format: 'pem' }).toString() }
}

/** A POST to our shared inbox (or `path`) signed by a remote actor, as verifyRequest() sees it. */
export async function signedPost(
  ctx: Ctx,
  actor: Pick<RemoteActor, 'keyIri' | 'privateKey'>,
  json: unknown,
  opts: { path?: string; scheme?: SignatureScheme; extra?: Record<string, string> } = {}
): Promise<SignedRequest> {
  const body = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  const target = opts.path ?? '/ap/inbox'
  const headers = await signRequest({
    method: 'POST',
    url: `${ctx.site!.origin}${target}`,
    body,
    keyIri: actor.keyIri,
    privateKey: actor.privateKey,
    scheme: opts.scheme ?? 'cavage',
    date: ctx.clock.now(),
    extra: opts.extra ?? {}
  })
  return asRequest('POST', target, headers, body)
}

/** Headers as Node hands them over. */
export function asRequest(method: string, target: string, headers: Record<string, string>, body: Buffer | null): SignedRequest {
  return { method, target, headers, rawHeaders: Object.entries(headers).flat(), body }
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}
