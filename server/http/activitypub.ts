// ActivityPub over HTTP: documents and collections at their addresses, and machines that ask for a page's document.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import { isRowId } from '../core/ids.ts'
import { findServedActor, findServedObject, iriOfLocalObject } from '../db/documents.ts'
import { followersAt } from '../db/followers.ts'
import { requireSite } from '../db/site.ts'
import { ANYONE, type Viewer } from '../db/visibility.ts'
import {
  ACTOR_COLLECTIONS,
  actorCollection,
  OBJECT_COLLECTIONS,
  objectCollection,
  type ActorCollection,
  type ObjectCollection
} from '../protocol/collections.ts'
import { prepare } from '../protocol/document-cache.ts'
import {
  activityBytes,
  actorBytes,
  actorStubBytes,
  goneBytes,
  objectBytes,
  objectBytesFor,
  quoteAuthorization
} from '../protocol/documents.ts'
import { verifyRequest } from '../protocol/verify.ts'
import { inlineCollection } from '../vocab/collection.ts'
import { serialise, type WireDocument } from '../vocab/context.ts'
import { actorIris, instanceActorIri } from '../vocab/iris.ts'
import { readerOf, type Reader } from './activitypub-gate.ts'
import { localIri, notFound, sendDocument } from './activitypub-reply.ts'
import { wantsActivity } from './negotiate.ts'

export { wantsActivity } from './negotiate.ts'

type Page = { Querystring: { page?: string } }
type ActorParams = { Params: { uuid: string; collection: string } }

const PUBLIC_ROUTE = { config: { public: true } }

/** Routes under /ap/ that are read, and the negotiation at HTML addresses for the whole application. */
export async function activityPub(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    if (isPageAddress(request) && wantsActivity(request)) return sendPageDocument(ctx, request, reply)
    return undefined
  })
  const origin = (): string => requireSite(ctx).origin

  // Never behind a signature: two servers that both want signed requests read each other's instance actor first.
  app.get('/ap/actor', PUBLIC_ROUTE, async (request, reply) =>
    sendDocument(request, reply, await actorBytes(ctx, instanceActorIri(origin())))
  )
  app.get<{ Params: { collection: string } } & Page>('/ap/actor/:collection', PUBLIC_ROUTE, async (request, reply) =>
    sendActorCollection(ctx, request, reply, instanceActorIri(origin()), request.params.collection)
  )
  app.get<ActorParams>('/ap/actors/:uuid', PUBLIC_ROUTE, async (request, reply) =>
    sendActor(ctx, request, reply, localIri(ctx, 'actors', request.params.uuid))
  )
  app.get<ActorParams>('/ap/actors/:uuid/followers_synchronization', PUBLIC_ROUTE, async (request, reply) =>
    sendFollowers(ctx, request, reply, localIri(ctx, 'actors', request.params.uuid))
  )
  app.get<ActorParams & Page>('/ap/actors/:uuid/:collection', PUBLIC_ROUTE, async (request, reply) =>
    sendActorCollection(ctx, request, reply, localIri(ctx, 'actors', request.params.uuid), request.params.collection)
  )
  app.get<ActorParams>('/ap/objects/:uuid', PUBLIC_ROUTE, async (request, reply) =>
    sendObject(ctx, request, reply, localIri(ctx, 'objects', request.params.uuid))
  )
  app.get<ActorParams & Page>('/ap/objects/:uuid/:collection', PUBLIC_ROUTE, async (request, reply) =>
    sendObjectCollection(ctx, request, reply, localIri(ctx, 'objects', request.params.uuid), request.params.collection)
  )
  app.get<ActorParams>('/ap/quote-authorizations/:uuid', PUBLIC_ROUTE, async (request, reply) =>
    sendStamp(ctx, request, reply, localIri(ctx, 'quote-authorizations', request.params.uuid))
  )
  app.get<ActorParams>('/ap/activities/:uuid', PUBLIC_ROUTE, async (request, reply) =>
    sendActivity(ctx, request, reply, localIri(ctx, 'activities', request.params.uuid))
  )
}

// The hook must see the requests of pages, which are registered beside this plugin.
Object.assign(activityPub, { [Symbol.for('skip-override')]: true })

/** The whole profile; in secure mode, and for whom is refused, only what verifying our signatures needs. */
async function sendActor(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, iri: string): Promise<FastifyReply> {
  const reader = await readerOf(ctx, request, iri)
  const isStub = reader.refused || reader.unknown !== null
  return sendDocument(request, reply, await (isStub ? actorStubBytes(ctx, iri) : actorBytes(ctx, iri)), reader.secure || isStub)
}

async function sendActivity(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, iri: string): Promise<FastifyReply> {
  const reader = await readerOf(ctx, request, iri)
  assertMayRead(reader)
  return sendDocument(request, reply, await activityBytes(ctx, iri), reader.secure)
}

/** A permission to quote (FEP-044f). */
async function sendStamp(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, iri: string): Promise<FastifyReply> {
  const reader = await readerOf(ctx, request, iri)
  assertMayRead(reader)
  return sendJson(request, reply, await quoteAuthorization(ctx, iri), reader.secure)
}

/** Throws 401 for strangers in secure mode, and 404 for whom is refused: they learn nothing. */
function assertMayRead(reader: Reader): void {
  if (reader.refused) throw notFound()
  if (reader.unknown !== null) throw reader.unknown
}

/** Public to all; followers-only and the like to whoever signs the request and may see it (federation.md §1.7). */
async function sendObject(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, iri: string): Promise<FastifyReply> {
  const reader = await readerOf(ctx, request, iri)
  assertMayRead(reader)
  if (reader.secure) {
    const seen = await objectBytesFor(ctx, iri, reader.viewer)
    return sendDocument(request, reply, seen ?? (await goneBytes(ctx, iri)), true)
  }
  const open = await objectBytes(ctx, iri)
  if (open !== null) return sendDocument(request, reply, open)
  const viewer = await signer(ctx, request)
  return sendDocument(request, reply, viewer === null ? null : await objectBytesFor(ctx, iri, viewer), true)
}

/** Who signed this GET, or null: a signature that fails is as good as none here. */
async function signer(ctx: Ctx, request: FastifyRequest): Promise<Viewer | null> {
  const { method, headers, rawHeaders, url } = request.raw
  if (headers.signature === undefined && headers.authorization?.startsWith('Signature ') !== true) return null
  try {
    const verified = await verifyRequest(ctx, { method: method!, target: url!, headers, rawHeaders, body: null })
    return { actorId: verified.actorId }
  } catch {
    return null
  }
}

async function sendActorCollection(
  ctx: Ctx,
  request: FastifyRequest<Page>,
  reply: FastifyReply,
  iri: string,
  name: string
): Promise<FastifyReply> {
  const reader = await readerOf(ctx, request, iri)
  assertMayRead(reader)
  const actor = isOneOf(ACTOR_COLLECTIONS, name) ? await findServedActor(ctx.db, { iri }) : undefined
  if (actor === undefined || actor.suspended_at !== null) return sendDocument(request, reply, null)
  if (actor.deleted_at !== null) return sendDocument(request, reply, await actorBytes(ctx, iri))
  return sendJson(request, reply, await actorCollection(ctx, actor, name as ActorCollection, request.query.page ?? null), reader.secure)
}

/** Followers on the host that asks, for its eyes only (FEP-8fcf). Throws 401 unless the request is signed. */
async function sendFollowers(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, iri: string): Promise<FastifyReply> {
  const reader = await readerOf(ctx, request, iri)
  if (reader.refused) throw notFound()
  const { method, headers, rawHeaders, url } = request.raw
  const { host } = await verifyRequest(ctx, { method: method!, target: url!, headers, rawHeaders, body: null })
  const actor = await findServedActor(ctx.db, { iri })
  if (actor === undefined || actor.suspended_at !== null || actor.deleted_at !== null) return sendDocument(request, reply, null)
  const items = await followersAt(ctx.db, actor.id, host)
  return sendJson(request, reply, inlineCollection(actorIris(iri).followersSync, items), true)
}

async function sendObjectCollection(
  ctx: Ctx,
  request: FastifyRequest<Page>,
  reply: FastifyReply,
  iri: string,
  name: string
): Promise<FastifyReply> {
  const reader = await readerOf(ctx, request, iri)
  assertMayRead(reader)
  const object = isOneOf(OBJECT_COLLECTIONS, name) ? await findServedObject(ctx.db, iri, ANYONE) : undefined
  if (object === undefined) return sendDocument(request, reply, null)
  if (object.deleted_at !== null) return sendDocument(request, reply, await objectBytes(ctx, iri))
  return sendJson(
    request,
    reply,
    await objectCollection(ctx, object, iri, name as ObjectCollection, request.query.page ?? null),
    reader.secure
  )
}

function sendJson(request: FastifyRequest, reply: FastifyReply, document: WireDocument | null, isPrivate: boolean): Promise<FastifyReply> {
  return sendDocument(request, reply, document === null ? null : prepare(serialise(document), '', 200, null), isPrivate)
}

/** Addresses of pages that show one thing of ours: the start page, profiles, posts, events. */
function isPageAddress(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  return /^\/(?:@[a-z0-9_]+(?:\/[0-9]+)?|evenements\/[0-9]+)?\/?(?:\?|$)/i.test(request.url)
}

/** The document of the thing an HTML address shows. Lemmy and Gancio ask the bare host for the instance. */
async function sendPageDocument(ctx: Ctx, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const [, first = '', second] = request.url.split('?')[0]!.split('/')
  if (first === '') return sendDocument(request, reply, await actorBytes(ctx, instanceActorIri(requireSite(ctx).origin)))
  if (second !== undefined && second !== '') {
    const iri = isRowId(second) ? await iriOfLocalObject(ctx.db, second) : undefined
    return iri === undefined ? sendDocument(request, reply, null) : sendObject(ctx, request, reply, iri)
  }
  const actor = await findServedActor(ctx.db, { username: first.slice(1) })
  return actor === undefined ? sendDocument(request, reply, null) : sendActor(ctx, request, reply, actor.iri)
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name)
}
