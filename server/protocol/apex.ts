// activitypub-express behind our boundary: built here, once per origin, with everything it may not do replaced in one list.
// It mints IRIs, builds activities and collections and runs the outbox pipeline. It never fetches, verifies, delivers or sees a key.
import ActivitypubExpress, { type ApexEngine } from 'activitypub-express'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { sameOrigin } from '../core/iri.ts'
import { requireSite } from '../db/site.ts'
import { KnexApexStore } from '../db/store.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import { toWireForm, toWorkingForm, type WorkingDocument } from '../vocab/working-form.ts'
import { audienceOf, enqueue } from './address.ts'

export interface Apex {
  /** The engine for the site's origin. Throws site.not-set-up before set-up. */
  engine(): ApexEngine
}

/** Makes the holder of the engine; the engine itself is made at first use, since the origin is known only after set-up. */
export function createApex(ctx: Ctx): Apex {
  let made: { origin: string; engine: ApexEngine } | null = null
  return {
    engine() {
      const { origin } = requireSite(ctx)
      if (made?.origin !== origin) made = { origin, engine: buildEngine(ctx, origin) }
      return made.engine
    }
  }
}

/** Our URL plan (federation.md §1.1). The last three are the engine's private lists: we keep none under an address. */
const ROUTES = {
  actor: '/ap/actors/:id',
  object: '/ap/objects/:id',
  activity: '/ap/activities/:id',
  inbox: '/ap/actors/:id/inbox',
  outbox: '/ap/actors/:id/outbox',
  followers: '/ap/actors/:id/followers',
  following: '/ap/actors/:id/following',
  liked: '/ap/actors/:id/liked',
  shares: '/ap/objects/:id/shares',
  likes: '/ap/objects/:id/likes',
  collections: '/ap/actors/:actor/c/:id',
  blocked: '/ap/actors/:id/blocked',
  rejected: '/ap/actors/:id/rejected',
  rejections: '/ap/actors/:id/rejections'
}

function buildEngine(ctx: Ctx, origin: string): ApexEngine {
  const engine = ActivitypubExpress({
    name: 'Communer',
    version: '0.1.0',
    baseUrl: origin,
    actorParam: 'id',
    objectParam: 'id',
    activityParam: 'id',
    collectionParam: 'id',
    pageParam: 'page',
    itemsPerPage: 20,
    routes: ROUTES,
    store: new KnexApexStore(ctx.db, origin),
    // Nothing may leave even if an override were forgotten.
    offlineMode: true,
    requestTimeout: 1,
    // It prints actors and activity types: personal data (security.md §B2 row 34).
    logger: { info: nothing, warn: nothing, error: nothing }
  })
  return Object.assign(engine, overrides(ctx, origin), { utils: { ...engine.utils, ...utilOverrides(origin) } })
}

/** Everything of activitypub-express that is replaced or closed, with the reason (rows are those of security.md §B2). */
function overrides(ctx: Ctx, origin: string): Record<string, unknown> {
  return {
    // Rows 7, 28: real JSON-LD costs 400 µs and lets a foreign context decide the meaning. Ours is plain and lossless.
    fromJSONLD: async (document: WorkingDocument) => toWorkingForm(document),
    toJSONLD: async (working: WorkingDocument) => toWireForm(working),
    // Row 31: an allow-list writes what we publish (vocab/working-form.ts), so there is one way to bytes.
    stringifyPublicJSONLD: (working: WorkingDocument) => JSON.stringify(toWireForm(working)),
    // Row 29: fetches any address and keeps the answer for ever.
    jsonldContextLoader: closed('jsonldContextLoader'),
    // Row 27: prefix comparison takes https://commune.fr.evil for local.
    isLocalIRI: (iri: string) => sameOrigin(origin, iri),
    // Row 30: ownership read from the payload. Authorisation is protocol/authorise.ts, on stored rows.
    validateOwner: () => false,
    // It compares with `as:Public` only; we keep the full IRI (W4).
    isPublic: (activity: WorkingDocument) => [activity['to'], activity['cc']].flat().includes(PUBLIC),
    // Row 21: loads whole collections, hides recipients it cannot reach. Ours names them; SQL finds their inboxes.
    address: async (activity: WorkingDocument) => audienceOf(activity),
    // Rows 22, 25: queued after the answer, in memory, with the private key. Ours are rows of the same transaction.
    queueForDelivery: async (_actor: unknown, _activity: unknown, audience: string[]) => enqueue(ctx, audience),
    // Rows 24, 25: sending is protocol/deliver.ts.
    startDelivery: closed('startDelivery'),
    runDelivery: closed('runDelivery'),
    deliver: closed('deliver'),
    // Rows 23, 19, 20: fetching is protocol/fetch.ts, resolving protocol/actors.ts and protocol/remote-objects.ts.
    requestObject: closed('requestObject'),
    resolveObject: closed('resolveObject'),
    resolveUnknown: closed('resolveUnknown'),
    resolveActivity: closed('resolveActivity'),
    // Row 18: unbounded breadth. Threads are budgeted work after the answer.
    resolveReferences: async () => [],
    // Row 17: turns every like into an Update for all followers.
    publishUpdate: closed('publishUpdate'),
    publishUndoUpdate: closed('publishUndoUpdate'),
    acceptFollow: closed('acceptFollow'),
    embedCollections: closed('embedCollections'),
    updateCollection: closed('updateCollection'),
    // Row 26: RSA-4096 on the request path and the key inside the document. Ours is protocol/local-actors.ts.
    createActor: closed('createActor'),
    // Row 32: pages cut before visibility. Ours are keyset queries in db/, the builders stay the engine's.
    getCollection: closed('getCollection'),
    // Rows 1–20: its middlewares are never mounted; an instance that cannot be used as one.
    net: Object.freeze({})
  }
}

/** IRI factories: the engine's for objects and activities are used; these are unsafe or unwanted. */
function utilOverrides(origin: string): Record<string, unknown> {
  return {
    // Row 27: dots unescaped in regular expressions.
    iriToCollectionInfo: () => undefined,
    // Our activities carry no likes and shares of their own: their objects do.
    idToActivityCollections: () => ({}),
    // Actors are found by id, never by a name pasted into a path.
    usernameToIRI: () => {
      throw new AppError('apex.closed', 500, 'Not available.', { cause: new Error(`usernameToIRI of ${origin}`) })
    }
  }
}

function closed(name: string): () => never {
  return () => {
    throw new AppError('apex.closed', 500, 'Not available.', { cause: new Error(`activitypub-express may not use ${name}`) })
  }
}

function nothing(): void {}
