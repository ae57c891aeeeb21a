// The documents at our addresses as bytes: actors, objects, activities, tombstones. What a stranger may not see does not exist here.
import type { Ctx } from '../context.ts'
import {
  findServedActivity,
  findServedActor,
  findServedObject,
  findTombstone,
  type ServedActor,
  type ServedObject
} from '../db/documents.ts'
import { findStamp } from '../db/quotes.ts'
import { ANYONE, type Viewer } from '../db/visibility.ts'
import { tombstone } from '../vocab/activity.ts'
import { withPublicKey } from '../vocab/actor.ts'
import { serialise, type WireDocument } from '../vocab/context.ts'
import { participation } from '../vocab/event.ts'
import { withFreshSeals } from './media-address.ts'
import { cachedDocument, prepare, type Answer, type Prepared } from './document-cache.ts'

/** The public document of an actor by IRI; 410 when it was deleted; null when unknown or suspended. */
export function actorBytes(ctx: Ctx, iri: string): Promise<Prepared | null> {
  return cachedDocument(ctx, iri, async () => {
    const actor = await findServedActor(ctx.db, { iri })
    return actor === undefined || actor.suspended_at !== null ? goneOrNull(ctx, iri) : actorAnswer(actor)
  })
}

/** What anybody may know of an actor in secure mode: enough to verify its signatures and to write to it (federation.md §2.6). */
export function actorStubBytes(ctx: Ctx, iri: string): Promise<Prepared | null> {
  return cachedDocument(ctx, `stub ${iri}`, async () => {
    const actor = await findServedActor(ctx.db, { iri })
    if (actor === undefined || actor.suspended_at !== null) return goneOrNull(ctx, iri)
    if (actor.deleted_at !== null || actor.key_iri === null || actor.public_pem === null) return actorAnswer(actor)
    const { id, type, preferredUsername, inbox } = actor.doc
    const key = { iri: actor.key_iri, pem: actor.public_pem }
    const build = (): string => serialise(withPublicKey({ id, type, preferredUsername, inbox }, key))
    return { version: actor.version, status: 200, url: null, build }
  })
}

/** The tombstone at an address, or null. */
export async function goneBytes(ctx: Ctx, iri: string): Promise<Prepared | null> {
  const gone = await goneOrNull(ctx, iri)
  return gone === null ? null : prepare(gone.build(), gone.version, gone.status, gone.url)
}

/** The public document of an object by IRI; 410 when it was deleted; null when it is not for everybody or unknown. */
export function objectBytes(ctx: Ctx, iri: string): Promise<Prepared | null> {
  return cachedDocument(ctx, iri, async () => {
    const object = await findServedObject(ctx.db, iri, ANYONE)
    return object === undefined ? goneOrNull(ctx, iri) : objectAnswer(iri, object)
  })
}

/** The document of an object for one viewer who proved who they are. Never cached: the answer depends on the signature. */
export async function objectBytesFor(ctx: Ctx, iri: string, viewer: Viewer): Promise<Prepared | null> {
  const object = await findServedObject(ctx.db, iri, viewer)
  if (object === undefined) return null
  const { build, version, status, url } = objectAnswer(iri, { ...object, doc: withFreshSeals(ctx, object.doc, object.id) })
  return prepare(build(), version, status, url)
}

/** One of our public activities exactly as it was sent (W20); 410 when what it said was deleted. */
export function activityBytes(ctx: Ctx, iri: string): Promise<Prepared | null> {
  return cachedDocument(ctx, iri, async () => {
    const activity = await findServedActivity(ctx.db, iri)
    if (activity === undefined) return goneOrNull(ctx, iri)
    if (activity.gone)
      return {
        version: 'gone',
        status: 410,
        url: null,
        build: () => serialise(tombstone({ iri, formerType: activity.type, deleted: activity.published }))
      }
    return { version: 'final', status: 200, url: null, build: () => activity.body }
  })
}

/** A permission to quote that stands (FEP-044f); null when it was revoked, or the quoted post is not for everybody any more. */
export async function quoteAuthorization(ctx: Ctx, iri: string): Promise<WireDocument | null> {
  const stamp = await findStamp(ctx.db, iri)
  if (stamp === undefined) return null
  return {
    id: iri,
    type: 'QuoteAuthorization',
    attributedTo: stamp.author_iri,
    interactingObject: stamp.quote_iri,
    interactionTarget: stamp.quoted_iri
  }
}

function actorAnswer(actor: ServedActor): Answer {
  const { iri, version, url } = actor
  if (actor.deleted_at !== null) {
    const deleted = actor.deleted_at
    return {
      version,
      status: 410,
      url: null,
      build: () => serialise(tombstone({ iri, formerType: actor.type, published: actor.published, deleted }))
    }
  }
  const key = actor.key_iri !== null && actor.public_pem !== null ? { iri: actor.key_iri, pem: actor.public_pem } : null
  return { version, status: 200, url, build: () => serialise(key === null ? actor.doc : withPublicKey(actor.doc, key)) }
}

function objectAnswer(iri: string, object: ServedObject): Answer {
  const { version, url } = object
  if (object.deleted_at !== null) {
    const deleted = object.deleted_at
    return {
      version,
      status: 410,
      url: null,
      build: () => serialise(tombstone({ iri, formerType: object.type, published: object.published, deleted }))
    }
  }
  // The counters of the stored document are those of its birth.
  const counted = {
    ...object.doc,
    likes: { id: `${iri}/likes`, type: 'Collection', totalItems: object.likes },
    shares: { id: `${iri}/shares`, type: 'Collection', totalItems: object.shares },
    ...(object.joining === null ? {} : participation(iri, url, object.joining))
  }
  return { version, status: 200, url, build: () => serialise(object.type === 'Announce' ? object.doc : counted) }
}

async function goneOrNull(ctx: Ctx, iri: string): Promise<Answer | null> {
  const found = await findTombstone(ctx.db, iri)
  if (found === undefined) return null
  return {
    version: 'gone',
    status: 410,
    url: null,
    build: () => serialise(tombstone({ iri, formerType: found.former_type ?? 'Object', deleted: found.deleted_at }))
  }
}
