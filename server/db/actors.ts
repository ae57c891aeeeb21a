// Reads and writes rows of actors. Remote documents are judged before they come here; local rows are never changed by this file.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { jsonForPostgres } from './json.ts'
import { replaceRemoteKeys } from './keys.ts'
import type { ActorEmoji, ActorField, ActorImage, ActorRow } from './rows.ts'

/** A remote actor's document as we understand it. */
export interface RemoteActor {
  iri: string
  type: string
  kind: string | null
  username: string
  host: string
  name: string
  /** HTML, sanitised. */
  summary: string
  url: string | null
  inbox: string
  sharedInbox: string | null
  outbox: string | null
  followersIri: string | null
  followingIri: string | null
  featuredIri: string | null
  locked: boolean
  discoverable: boolean
  indexable: boolean
  icon: ActorImage | null
  image: ActorImage | null
  fields: ActorField[]
  emojis: ActorEmoji[]
  published: Date | null
  updated: Date | null
  /** FEP-2c59 `webfinger`, unchecked. */
  claimedHandle: string | null
  keys: { iri: string; pem: string }[]
  /** The part of the document that has no column. */
  doc: Record<string, unknown>
}

/** What WebFinger said of an actor's handle. */
export interface HandleFact {
  username: string
  domain: string
  verified: boolean
}

export async function findActorByIri(trx: Knex, iri: string): Promise<ActorRow | null> {
  return (await trx<ActorRow>('actors').where({ iri }).first()) ?? null
}

export async function findActorById(trx: Knex, id: string): Promise<ActorRow | null> {
  return (await trx<ActorRow>('actors').where({ id }).first()) ?? null
}

/** The actor behind `username@domain` when its handle is verified (always so for local ones), or null. */
export async function findActorWithHandle(trx: Knex, username: string, domain: string): Promise<ActorRow | null> {
  const row = await trx<ActorRow>('actors')
    .whereRaw('lower(username) = lower(?) and lower(domain) = lower(?)', [username, domain])
    .where({ handle_verified: true })
    .whereNull('deleted_at')
    .orderBy('local', 'desc')
    .first()
  return row ?? null
}

/** The actor shown at this page, or null. */
export async function findActorByUrl(trx: Knex, host: string, url: string): Promise<ActorRow | null> {
  return (await trx<ActorRow>('actors').where({ host, url }).whereNull('deleted_at').first()) ?? null
}

/**
 * Inserts or updates a remote actor with its keys. Without a handle fact the stored one stays as long as the username does.
 * Gives null when the IRI belongs to a local actor (security.md O05, S14).
 */
export async function writeRemoteActor(ctx: Ctx, trx: Knex, actor: RemoteActor, handle: HandleFact | null): Promise<ActorRow | null> {
  const facts = columnsOf(ctx, actor)
  const named = {
    username: handle?.username ?? actor.username,
    domain: handle?.domain ?? actor.host,
    handle_verified: handle?.verified ?? false
  }
  const [row] = await trx('actors')
    .insert({ id: newId(ctx.clock.now()), iri: actor.iri, local: false, host: actor.host, ...facts, ...named })
    .onConflict('iri')
    .merge({ ...facts, ...(handle === null ? keepHandle(trx, actor) : named) })
    .where({ 'actors.local': false })
    .returning<ActorRow[]>('*')
  if (row === undefined) return null
  if (handle?.verified) await claimHandle(trx, row.id, handle)
  await replaceRemoteKeys(ctx, trx, row.id, actor.keys)
  return row
}

/** The stored handle, verified or not, unless the document now has another username than the one it was verified with. */
function keepHandle(trx: Knex, actor: RemoteActor): Record<string, Knex.Raw> {
  const same = 'lower(actors.username) = lower(?)'
  return {
    username: trx.raw(`case when ${same} then actors.username else ? end`, [actor.username, actor.username]),
    domain: trx.raw(`case when ${same} then actors.domain else ? end`, [actor.username, actor.host]),
    handle_verified: trx.raw(`case when ${same} then actors.handle_verified else false end`, [actor.username])
  }
}

/** Makes a remote profile count as read at `fetchedAt`, so that it is looked at again sooner. */
export async function backdateActor(trx: Knex, actorId: string, fetchedAt: Date): Promise<void> {
  await trx('actors').where({ id: actorId, local: false }).update({ fetched_at: fetchedAt })
}

/** WebFinger names one actor: whoever had this handle before (an account made anew) has it no longer. */
async function claimHandle(trx: Knex, actorId: string, handle: HandleFact): Promise<void> {
  await trx('actors')
    .whereRaw('lower(username) = lower(?) and lower(domain) = lower(?)', [handle.username, handle.domain])
    .where({ local: false, handle_verified: true })
    .whereNot({ id: actorId })
    .update({ handle_verified: false })
}

function columnsOf(ctx: Ctx, actor: RemoteActor): Record<string, unknown> {
  const now = ctx.clock.now()
  return {
    type: actor.type,
    kind: actor.kind,
    name: actor.name,
    summary: actor.summary,
    url: actor.url,
    inbox: actor.inbox,
    shared_inbox: actor.sharedInbox,
    outbox: actor.outbox,
    followers_iri: actor.followersIri,
    following_iri: actor.followingIri,
    featured_iri: actor.featuredIri,
    locked: actor.locked,
    discoverable: actor.discoverable,
    indexable: actor.indexable,
    icon: actor.icon === null ? null : jsonForPostgres(actor.icon),
    image: actor.image === null ? null : jsonForPostgres(actor.image),
    fields: jsonForPostgres(actor.fields),
    emojis: jsonForPostgres(actor.emojis),
    doc: jsonForPostgres(actor.doc),
    published: actor.published ?? now,
    updated: actor.updated,
    fetched_at: now
  }
}
