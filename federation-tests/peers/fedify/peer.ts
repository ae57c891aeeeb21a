// A fediverse server built on Fedify: its own signatures, JSON-LD and vocabulary, nothing of ours. A control port makes its one
// actor follow, write, vote, quote, like, boost, edit and delete, and shows what it received and understood.
import './navigator.ts'
import { createServer, type IncomingMessage } from 'node:http'
import { Temporal as Polyfill } from '@js-temporal/polyfill' // the one Fedify itself uses
import { createFederation, generateCryptoKeyPair, InProcessMessageQueue, MemoryKvStore, type Context } from '@fedify/fedify'
import {
  Accept,
  Activity,
  Announce,
  Create,
  Delete,
  Endpoints,
  Follow,
  isActor,
  Like,
  Mention,
  Note,
  Person,
  PUBLIC_COLLECTION,
  QuoteAuthorization,
  QuoteRequest,
  Tombstone,
  Undo,
  Update,
  type Object as AsObject,
  type Recipient
} from '@fedify/vocab'

const host = process.env.PEER_HOST ?? 'fedify.test'
const origin = `https://${host}`
const username = process.env.PEER_USER ?? 'carole'
const notes = new Map<string, Note>()
const stamps = new Map<string, QuoteAuthorization>()
const followers = new Map<string, Recipient>()
const understood: { type: string; json: unknown; object: unknown }[] = []
const posts: { path: string; status: number; headers: IncomingMessage['headers']; body: string }[] = []
const keys = [await generateCryptoKeyPair('RSASSA-PKCS1-v1_5'), await generateCryptoKeyPair('Ed25519')]

const federation = createFederation<void>({ kv: new MemoryKvStore(), queue: new InProcessMessageQueue(), origin })
federation
  .setActorDispatcher('/users/{identifier}', async (ctx, identifier) => {
    if (identifier !== username) return null
    const pairs = await ctx.getActorKeyPairs(identifier)
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: 'Carole (Fedify)',
      url: new URL(`/users/${identifier}`, origin),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0]?.cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey)
    })
  })
  .setKeyPairsDispatcher((_ctx, identifier) => (identifier === username ? keys : []))
federation.setOutboxDispatcher('/users/{identifier}/outbox', () => ({ items: [] }))
federation.setFollowersDispatcher('/users/{identifier}/followers', () => ({ items: [...followers.values()] }))
federation.setObjectDispatcher(Note, '/users/{identifier}/notes/{id}', (_ctx, { id }) => notes.get(id) ?? null)
federation.setObjectDispatcher(QuoteAuthorization, '/users/{identifier}/stamps/{id}', (_ctx, { id }) => stamps.get(id) ?? null)

federation
  .setInboxListeners('/users/{identifier}/inbox', '/inbox')
  .setSharedKeyDispatcher(() => ({ identifier: username }))
  .on(Activity, async (ctx, activity) => {
    const object =
      activity instanceof Create || activity instanceof Update || activity instanceof Announce ? await activity.getObject(ctx) : null
    understood.push({
      type: activity.constructor.name,
      json: await activity.toJsonLd({ format: 'compact', contextLoader: ctx.contextLoader }),
      object:
        object === null
          ? null
          : {
              type: object.constructor.name,
              id: object.id?.href,
              name: object.name?.toString(),
              summary: object.summary?.toString(),
              content: object.content?.toString(),
              ...timesOf(object)
            }
    })
    if (activity instanceof Follow) await accept(ctx, activity)
    if (activity instanceof QuoteRequest) await allowQuote(ctx, activity)
  })

function timesOf(object: AsObject): Record<string, unknown> {
  return { startTime: object.startTime?.toString(), endTime: object.endTime?.toString(), location: object.locationId?.href ?? null }
}

async function accept(ctx: Context<void>, follow: Follow): Promise<void> {
  const follower = await follow.getActor(ctx)
  if (follower === null || follower.id === null) return
  followers.set(follower.id.href, follower)
  await ctx.sendActivity(
    { identifier: username },
    follower,
    new Accept({
      id: new URL(`#accepts/${Date.now()}`, ctx.getActorUri(username)),
      actor: ctx.getActorUri(username),
      object: follow
    }),
    { immediate: true }
  )
}

/** Everybody may quote its notes (FEP-044f). */
async function allowQuote(ctx: Context<void>, request: QuoteRequest): Promise<void> {
  const asking = await request.getActor(ctx)
  if (asking === null || asking.id === null) return
  const [id, actor] = [newId('stamps'), ctx.getActorUri(username)]
  stamps.set(
    id.pathname.split('/').at(-1)!,
    new QuoteAuthorization({ id, attribution: actor, interactingObject: request.instrumentId, interactionTarget: request.objectId })
  )
  await send(ctx, asking, new Accept({ id: newId('accepts'), actor, object: request, result: id }))
}

const context = (): Context<void> => federation.createContext(new URL(origin), undefined)
const now = (): Temporal.Instant => Polyfill.Now.instant() as unknown as Temporal.Instant
let serial = 0
const newId = (kind: string): URL => new URL(`/users/${username}/${kind}/${(serial += 1)}-${Date.now()}`, origin)

async function actorOf(ctx: Context<void>, iri: string) {
  const found = await ctx.lookupObject(iri, { documentLoader: await ctx.getDocumentLoader({ identifier: username }) })
  if (found === null || !isActor(found) || found.id === null) throw new Error(`no actor at ${iri}`)
  return found
}

async function send(ctx: Context<void>, to: Recipient | Recipient[], activity: Activity): Promise<string> {
  await ctx.sendActivity({ identifier: username }, to, activity, { immediate: true })
  return activity.id?.href ?? ''
}

interface Command {
  do: string
  target?: string
  object?: string
  text?: string
  /** Options to vote for. */
  names?: string[]
  id?: string
  to?: string
}

/** One word of the control port, one gesture of the actor. */
async function perform(command: Command): Promise<unknown> {
  const ctx = context()
  const actor = ctx.getActorUri(username)
  const public_ = { actor, to: PUBLIC_COLLECTION, cc: ctx.getFollowersUri(username) }
  const target = command.target === undefined ? null : await actorOf(ctx, command.target)
  const everyone = [...followers.values(), ...(target === null ? [] : [target])]
  switch (command.do) {
    case 'lookup': {
      const found = await ctx.lookupObject(command.object!, { documentLoader: await ctx.getDocumentLoader({ identifier: username }) })
      return found === null
        ? null
        : { type: found.constructor.name, id: found.id?.href, json: await found.toJsonLd({ contextLoader: ctx.contextLoader }) }
    }
    case 'follow':
      return send(ctx, target!, new Follow({ id: newId('follows'), actor, object: target!.id }))
    case 'unfollow':
      return send(
        ctx,
        target!,
        new Undo({ id: newId('undos'), actor, object: new Follow({ id: new URL(command.id!), actor, object: target!.id }) })
      )
    case 'note': {
      const id = newId('notes')
      const mention = target === null ? [] : [new Mention({ href: target.id, name: command.target })]
      const note = new Note({
        id,
        attribution: actor,
        to: PUBLIC_COLLECTION,
        ccs: [ctx.getFollowersUri(username), ...(target?.id ? [target.id] : [])],
        content: command.text!,
        tags: mention,
        replyTarget: command.object === undefined ? null : new URL(command.object),
        published: now()
      })
      notes.set(id.pathname.split('/').at(-1)!, note)
      await send(ctx, everyone, new Create({ id: new URL('#create', id), ...public_, object: note }))
      return id.href
    }
    case 'vote': {
      const common = { attribution: actor, to: target!.id, replyTarget: new URL(command.object!) }
      const ballots = command.names!.map((name) => new Note({ id: newId('votes'), name, ...common }))
      return send(ctx, target!, new Create({ id: newId('votes'), actor, to: target!.id, objects: ballots }))
    }
    case 'quote': {
      const id = newId('notes')
      const quoted = new URL(command.object!)
      const note = new Note({
        id,
        attribution: actor,
        to: PUBLIC_COLLECTION,
        cc: ctx.getFollowersUri(username),
        content: command.text!,
        quote: quoted,
        published: now()
      })
      notes.set(id.pathname.split('/').at(-1)!, note)
      await send(ctx, target!, new QuoteRequest({ id: newId('quotes'), actor, object: quoted, instrument: note }))
      return id.href
    }
    case 'update': {
      const key = new URL(command.object!).pathname.split('/').at(-1)!
      const note = notes.get(key)!.clone({ content: command.text!, updated: now() })
      notes.set(key, note)
      return send(ctx, everyone, new Update({ id: newId('updates'), ...public_, object: note }))
    }
    case 'delete': {
      notes.delete(new URL(command.object!).pathname.split('/').at(-1)!)
      return send(
        ctx,
        everyone,
        new Delete({ id: newId('deletes'), actor, to: PUBLIC_COLLECTION, object: new Tombstone({ id: new URL(command.object!) }) })
      )
    }
    case 'like':
      return send(ctx, target!, new Like({ id: newId('likes'), actor, object: new URL(command.object!) }))
    case 'unlike':
      return send(
        ctx,
        target!,
        new Undo({ id: newId('undos'), actor, object: new Like({ id: new URL(command.id!), actor, object: new URL(command.object!) }) })
      )
    case 'announce':
      return send(ctx, everyone, new Announce({ id: newId('boosts'), ...public_, object: new URL(command.object!) }))
    case 'unannounce':
      return send(
        ctx,
        everyone,
        new Undo({
          id: newId('undos'),
          ...public_,
          object: new Announce({ id: new URL(command.id!), actor, object: new URL(command.object!) })
        })
      )
    case 'received':
      return understood
    case 'posts':
      return posts
    default:
      throw new Error(`unknown command ${command.do}`)
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

createServer(async (request, response) => {
  const body = await bodyOf(request)
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers.set(name, String(value))
  const answer = await federation.fetch(
    new Request(new URL(request.url ?? '/', origin), {
      method: request.method,
      headers,
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {})
    }),
    { contextData: undefined }
  )
  if (request.method === 'POST')
    posts.push({ path: request.url ?? '', status: answer.status, headers: request.headers, body: body.toString() })
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()))
}).listen(Number(process.env.PEER_PORT), '127.0.0.1')

createServer(async (request, response) => {
  try {
    const result = await perform(JSON.parse((await bodyOf(request)).toString()) as Command)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result: result ?? null }))
  } catch (error) {
    response
      .writeHead(500, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: error instanceof Error ? `${error.message} ${error.stack}` : String(error) }))
  }
}).listen(Number(process.env.CONTROL_PORT), '127.0.0.1', () => console.log('peer ready'))
