// Our own actors: made with their IRIs, document and key; kept true when the profile changes. Never a remote actor.
import type { Knex } from 'knex'
import type { Ctx, Site } from '../context.ts'
import { newId } from '../core/ids.ts'
import { AppError } from '../core/errors.ts'
import { findCard } from '../db/directory.ts'
import { forgetSigningKeys, insertLocalKey, prepareKey, replaceLocalKey, type PreparedKey } from '../db/keys.ts'
import type { ActorField, ActorImage, ActorRow, GroupKind, GroupOpenness, GroupPosting } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { actorDocument, withPublicKey, type LocationSource } from '../vocab/actor.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import type { WireDocument } from '../vocab/context.ts'
import { actorIris, actorUrl, instanceActorIri, mintActorIri, sharedInboxIri } from '../vocab/iris.ts'
import { publish, type Published } from './outbox.ts'

export type { PreparedKey } from '../db/keys.ts'

export interface NewLocalActor {
  type: 'Person' | 'Group' | 'Application'
  kind?: GroupKind | null
  username: string
  name: string
  /** HTML. */
  summary?: string
  locked?: boolean
  discoverable?: boolean
  indexable?: boolean
  icon?: ActorImage | null
  image?: ActorImage | null
  fields?: ActorField[]
  /** Of a Group; the `groups` row itself is the caller's. */
  group?: { openness: GroupOpenness; posting: GroupPosting }
  /** Made by prepareKeys() before the transaction; without it the key is made here. */
  keys?: PreparedKey
  /** During set-up, when the context has no site yet. */
  site?: Pick<Site, 'origin' | 'host' | 'accountDomain' | 'name' | 'insee' | 'country' | 'latitude' | 'longitude'>
}

type SiteParts = NonNullable<NewLocalActor['site']>

/** An RSA-2048 pair, made on the thread pool. Call it before the transaction: it takes up to a second on a small machine. */
export function prepareKeys(): Promise<PreparedKey> {
  return prepareKey()
}

/** Inserts a local actor with its document and its sealed key. The username must be free and well formed (W18): the caller checked. */
export async function createLocalActor(ctx: Ctx, trx: Knex, input: NewLocalActor): Promise<ActorRow> {
  const site = input.site ?? requireSite(ctx)
  const iris = actorIris(input.type === 'Application' ? instanceActorIri(site.origin) : mintActorIri(site.origin))
  const now = ctx.clock.now()
  const row = {
    id: newId(now),
    iri: iris.iri,
    type: input.type,
    kind: input.kind ?? null,
    local: true,
    username: input.username,
    domain: site.accountDomain,
    host: site.host,
    handle_verified: true,
    name: input.name,
    summary: input.summary ?? '',
    url: input.type === 'Application' ? `${site.origin}/a-propos` : actorUrl(site.origin, input.username),
    inbox: iris.inbox,
    shared_inbox: sharedInboxIri(site.origin),
    outbox: iris.outbox,
    followers_iri: iris.followers,
    following_iri: iris.following,
    featured_iri: iris.featured,
    locked: input.locked ?? false,
    discoverable: input.discoverable ?? true,
    indexable: input.indexable ?? true,
    icon: input.icon ?? null,
    image: input.image ?? null,
    fields: input.fields ?? [],
    published: now,
    updated: null
  }
  const doc = actorDocument(row, actorLinks(site, row, input.group && { ...input.group, members: 1 }))
  const [inserted] = await trx<ActorRow>('actors')
    .insert({ ...row, icon: json(row.icon), image: json(row.image), fields: json(row.fields), doc: json(doc) } as never)
    .returning('*')
  await trx('actor_stats').insert({ actor_id: row.id }).onConflict('actor_id').ignore()
  await insertLocalKey(ctx, trx, row.id, iris.key, input.keys)
  return inserted!
}

/** Writes the document again from the actor's columns (and its group's settings) and stamps `updated`. Returns the fresh row. */
export async function refreshActorDocument(ctx: Ctx, trx: Knex, actorId: string): Promise<ActorRow> {
  const row = await trx<ActorRow>('actors').where({ id: actorId, local: true }).first()
  if (row === undefined) throw new Error(`No local actor ${actorId}`)
  const updated = ctx.clock.now()
  const group = await groupOf(trx, row)
  const doc = actorDocument(
    { ...row, updated },
    {
      ...actorLinks(requireSite(ctx), row, group),
      location: row.type === 'Group' ? await locationOf(trx, row.id) : null,
      movedTo: await movedTo(trx, row)
    }
  )
  const [fresh] = await trx<ActorRow>('actors')
    .where({ id: actorId })
    .update({ updated, doc: json(doc) } as never)
    .returning('*')
  return fresh!
}

/** The document as served and sent: with the public key (W8). */
export async function actorDocumentWithKey(trx: Knex, actor: ActorRow): Promise<WireDocument> {
  const key = await trx('actor_keys')
    .where({ actor_id: actor.id })
    .whereNull('retired_at')
    .orderBy('created_at', 'desc')
    .first<{ key_iri: string; public_pem: string } | undefined>('key_iri', 'public_pem')
  return key === undefined ? actor.doc : withPublicKey(actor.doc, { iri: key.key_iri, pem: key.public_pem })
}

/** After a change of the actor's columns: new document, and Update{actor} to all followers (federation.md §3.1). */
export async function publishActorUpdate(ctx: Ctx, trx: Knex, actorId: string): Promise<Published> {
  const actor = await refreshActorDocument(ctx, trx, actorId)
  return publish(ctx, trx, {
    actor,
    type: 'Update',
    object: await actorDocumentWithKey(trx, actor),
    to: [PUBLIC],
    cc: [actor.followers_iri!],
    visibility: 'public'
  })
}

/**
 * A new key for a local actor, announced by Update{actor} (federation.md §2.4). What waits to be sent is signed when it leaves, with the new
 * key; what was signed with the old one is believed by whoever knows that one. Gives the id of the new key.
 */
export async function rotateKey(ctx: Ctx, actorId: string): Promise<string> {
  const prepared = await prepareKeys()
  const keyIri = await ctx.db.transaction(async (trx) => {
    const actor = await trx<ActorRow>('actors').where({ id: actorId, local: true, deleted_at: null }).first()
    if (actor === undefined) throw new AppError('actor.unknown', 404, 'There is no such account here.')
    const iri = await replaceLocalKey(ctx, trx, actor, prepared)
    await publishActorUpdate(ctx, trx, actor.id)
    return iri
  })
  forgetSigningKeys(ctx)
  return keyIri
}

function actorLinks(site: SiteParts, actor: { kind: string | null }, group?: { openness: string; posting: string; members: number }) {
  return {
    origin: site.origin,
    ...(group ? { group } : {}),
    ...(actor.kind === 'commune'
      ? { territory: { name: site.name, insee: site.insee, country: site.country, latitude: site.latitude, longitude: site.longitude } }
      : {})
  }
}

/** Nothing of a card that is not listed, nor of what it keeps to itself. */
async function locationOf(trx: Knex, actorId: string): Promise<LocationSource | null> {
  const card = await findCard(trx, actorId)
  if (card === null || !card.listed || card.precision === 'hidden') return null
  const street = card.precision === 'commune' ? '' : card.street
  if (street + card.postal_code + card.locality === '' && card.shown_latitude === null) return null
  const { postal_code: postalCode, locality, shown_latitude: latitude, shown_longitude: longitude } = card
  return { street, postalCode, locality, latitude, longitude }
}

async function movedTo(trx: Knex, actor: ActorRow): Promise<string | null> {
  if (actor.moved_to_id === null) return null
  return (await trx('actors').where({ id: actor.moved_to_id }).first<{ iri: string } | undefined>('iri'))?.iri ?? null
}

async function groupOf(trx: Knex, actor: ActorRow): Promise<{ openness: string; posting: string; members: number } | undefined> {
  if (actor.type !== 'Group') return undefined
  const settings = await trx('groups')
    .where({ actor_id: actor.id })
    .first<{ openness: string; posting: string } | undefined>('openness', 'posting')
  if (settings === undefined) return undefined
  const [row] = await trx('memberships').where({ group_id: actor.id, state: 'active' }).count<{ count: string }[]>({ count: '*' })
  return { ...settings, members: Number(row?.count ?? 0) }
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
