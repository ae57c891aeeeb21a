// A fake fediverse host: serves actors, documents and WebFinger on the test network, records every request and every activity it
// receives, and posts signed activities. It must know nothing of our server's code.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Response } from 'undici'
import type { Network } from '../../network/network.ts'
import { createKey, signCavage, type CavageOptions, type PeerKey } from './sign.ts'

export const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public'
export const CONTEXT = ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1']
const ACTIVITY_JSON = 'application/activity+json; charset=utf-8'

export type Json = Record<string, unknown>

export type ActorExtra = Json & { id?: string; keyId?: string; key?: PeerKey }

export interface MockActor {
  iri: string
  name: string
  inbox: string
  key: PeerKey
  document: Json
  host: MockHost
  /** Posts a signed activity; `body` sends other bytes than the activity's own JSON. */
  post(inbox: string, activity: unknown, options?: PostOptions): Promise<Response>
}

export interface PostOptions extends CavageOptions {
  body?: string
  headers?: Record<string, string | null>
  /** Signs these bytes instead of those sent. */
  signedBody?: string
}

export interface Received {
  path: string
  headers: IncomingMessage['headers']
  raw: string
  json: Json
}

export interface MockHost {
  name: string
  origin: string
  requests: { method: string; path: string; signed: boolean }[]
  received: Received[]
  /** Status for deliveries to this host's inboxes; 202 unless changed. */
  inboxStatus: number
  /** `key`: an existing one, where many actors are needed (making a key takes a while). */
  actor(name: string, extra?: ActorExtra): MockActor
  serve(path: string, answer: Json | RequestListener, contentType?: string): void
  forget(path: string, status?: number): void
  activitiesOf(type: string): Json[]
}

/** Puts `name` on the network. */
export function createMockHost(network: Network, name: string): MockHost {
  const documents = new Map<string, RequestListener>()
  const actors = new Map<string, MockActor>()
  const origin = `https://${name}`
  const host: MockHost = {
    name,
    origin,
    requests: [],
    received: [],
    inboxStatus: 202,
    serve(path, answer, contentType = ACTIVITY_JSON) {
      documents.set(
        path,
        typeof answer === 'function'
          ? answer
          : (_request, response) => {
              response.writeHead(200, { 'content-type': contentType }).end(JSON.stringify(answer))
            }
      )
    },
    forget(path, status = 410) {
      documents.set(path, (_request, response) => void response.writeHead(status).end())
    },
    activitiesOf: (type) => host.received.map((one) => one.json).filter((json) => json.type === type),
    actor(username, extra = {}) {
      const made = makeActor(network, host, username, extra)
      actors.set(username.toLowerCase(), made)
      host.serve(new URL(made.iri).pathname + new URL(made.iri).search, made.document)
      return made
    }
  }
  network.front.route(name, (request, response) => answer(host, documents, actors, request, response))
  return host
}

function makeActor(network: Network, host: MockHost, username: string, extra: ActorExtra): MockActor {
  const { id, keyId, key: shared, ...rest } = extra
  const iri = id ?? `${host.origin}/users/${username}`
  const key = shared === undefined ? createKey(keyId ?? `${iri}#main-key`) : { ...shared, id: `${iri}#main-key` }
  const document: Json = {
    '@context': CONTEXT,
    id: iri,
    type: 'Person',
    preferredUsername: username,
    name: username,
    summary: '',
    url: iri,
    inbox: `${iri}/inbox`,
    outbox: `${iri}/outbox`,
    followers: `${iri}/followers`,
    following: `${iri}/following`,
    endpoints: { sharedInbox: `${host.origin}/inbox` },
    publicKey: { id: key.id, owner: iri, publicKeyPem: key.publicPem },
    ...rest
  }
  return {
    iri,
    name: username,
    inbox: String(document.inbox),
    key,
    document,
    host,
    post(inbox, activity, options = {}) {
      const body = Buffer.from(options.body ?? JSON.stringify(activity))
      const signed = signCavage(key, 'POST', inbox, options.signedBody === undefined ? body : Buffer.from(options.signedBody), options)
      const headers: Record<string, string> = {
        'content-type': 'application/activity+json',
        accept: 'application/activity+json',
        ...signed
      }
      for (const [name, value] of Object.entries(options.headers ?? {})) {
        if (value === null) delete headers[name]
        else headers[name] = value
      }
      return network.fetch(inbox, { method: 'POST', body, headers })
    }
  }
}

function answer(
  host: MockHost,
  documents: Map<string, RequestListener>,
  actors: Map<string, MockActor>,
  request: IncomingMessage,
  response: ServerResponse
): void {
  const path = request.url ?? '/'
  host.requests.push({ method: request.method ?? '', path, signed: request.headers.signature !== undefined })
  if (request.method === 'POST') return record(host, request, response)
  const known = documents.get(path)
  if (known !== undefined) return known(request, response)
  if (path.startsWith('/.well-known/webfinger')) return webfinger(host, actors, path, response)
  if (path === '/.well-known/nodeinfo' || !path.includes('/')) return void response.writeHead(404).end()
  response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
}

function webfinger(host: MockHost, actors: Map<string, MockActor>, path: string, response: ServerResponse): void {
  const resource = new URL(path, host.origin).searchParams.get('resource') ?? ''
  const username = /^acct:@?([^@]+)@/.exec(resource)?.[1]?.toLowerCase() ?? ''
  const found = actors.get(username) ?? [...actors.values()].find((one) => one.iri === resource)
  if (found === undefined) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-type': 'application/jrd+json' }).end(
    JSON.stringify({
      subject: `acct:${found.document.preferredUsername}@${host.name}`,
      links: [{ rel: 'self', type: 'application/activity+json', href: found.iri }]
    })
  )
}

function record(host: MockHost, request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const raw = Buffer.concat(chunks).toString()
    if (host.inboxStatus < 300)
      host.received.push({ path: request.url ?? '', headers: request.headers, raw, json: JSON.parse(raw) as Json })
    response.writeHead(host.inboxStatus).end()
  })
}
