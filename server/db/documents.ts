// Reads behind the ActivityPub documents we serve: one query each, only what is ours, only what anyone may see unless said otherwise.
import type { Knex } from 'knex'
import type { ActivityRow, ActorRow, EventRow, ObjectRow } from './rows.ts'
import { ANYONE, visibleTo, type Viewer } from './visibility.ts'

/** Grows with every write of the row and of its counters: the version of a served document. */
export interface ObjectVersion {
  id: string
  version: string
  deleted: boolean
  likes: number
  shares: number
}

export type ServedObject = ObjectVersion &
  Pick<ObjectRow, 'doc' | 'type' | 'published' | 'deleted_at'> & {
    url: string | null
    /** Null: not an event. */
    joining: Pick<EventRow, 'join_mode' | 'external_url' | 'capacity' | 'participants'> | null
  }

/** A local object that `viewer` may see, or that was deleted; undefined for everything else. */
export async function findServedObject(db: Knex, iri: string, viewer: Viewer): Promise<ServedObject | undefined> {
  const columns = [
    'objects.id',
    'objects.doc',
    'objects.type',
    'objects.url',
    'objects.published',
    'objects.deleted_at',
    db.raw("objects.xmin::text || '.' || coalesce(s.likes, 0) || '.' || coalesce(s.shares, 0) || coalesce('.' || e.xmin, '') as version"),
    db.raw(`case when e.object_id is null then null else json_build_object('join_mode', e.join_mode, 'external_url', e.external_url,
      'capacity', e.capacity, 'participants', e.participants) end as joining`),
    db.raw('coalesce(s.likes, 0) as likes, coalesce(s.shares, 0) as shares, objects.deleted_at is not null as deleted')
  ]
  return db('objects')
    .leftJoin('object_stats as s', 's.object_id', 'objects.id')
    .leftJoin('events as e', 'e.object_id', 'objects.id')
    .where({ 'objects.iri': iri, 'objects.local': true })
    .where((query) => query.whereNotNull('objects.deleted_at').orWhere((seen) => visibleTo(seen, viewer)))
    .first<ServedObject | undefined>(columns)
}

/** What remains of something deleted, by IRI. */
export async function findTombstone(db: Knex, iri: string): Promise<{ former_type: string | null; deleted_at: Date } | undefined> {
  return db('tombstones').where({ iri }).first<{ former_type: string | null; deleted_at: Date } | undefined>('former_type', 'deleted_at')
}

export type ServedActor = Pick<ActorRow, 'id' | 'iri' | 'type' | 'doc' | 'url' | 'published' | 'suspended_at' | 'deleted_at'> & {
  version: string
  key_iri: string | null
  public_pem: string | null
}

/** A local actor with its public key. `by`: its IRI, or its username whatever the case. */
export async function findServedActor(db: Knex, by: { iri: string } | { username: string }): Promise<ServedActor | undefined> {
  const query = db('actors as a')
    .joinRaw(`left join lateral (select key_iri, public_pem, xmin from actor_keys k where k.actor_id = a.id and k.retired_at is null
      order by k.created_at desc limit 1) k on true`)
    .where('a.local', true)
  if ('iri' in by) query.where('a.iri', by.iri)
  else query.whereRaw('lower(a.username) = lower(?)', [by.username])
  return query.first<ServedActor | undefined>([
    'a.id',
    'a.iri',
    'a.type',
    'a.doc',
    'a.url',
    'a.published',
    'a.suspended_at',
    'a.deleted_at',
    'k.key_iri',
    'k.public_pem',
    db.raw("a.xmin::text || '.' || coalesce(k.xmin::text, '') as version")
  ])
}

export type ServedActivity = Pick<ActivityRow, 'body' | 'published' | 'type'> & { gone: boolean }

/** One of our public activities. `gone`: what it said was deleted or taken back since. */
export async function findServedActivity(db: Knex, iri: string): Promise<ServedActivity | undefined> {
  return db('activities as a')
    .leftJoin('objects as o', 'o.iri', 'a.object_iri')
    .where('a.iri', iri)
    .whereIn('a.visibility', ['public', 'unlisted'])
    .whereRaw('(select w.suspended_at is null from actors w where w.id = a.actor_id)')
    .where((query) =>
      query
        .whereNotIn('a.type', ['Create', 'Update', 'Announce'])
        .orWhere((announced) =>
          announced
            .where('a.type', 'Announce')
            .where((boosted) =>
              boosted
                .whereExists(boostOf(db, 'a'))
                .orWhereRaw('not exists (select 1 from objects boost where boost.iri = a.iri and boost.deleted_at is null)')
            )
        )
        .orWhereNotNull('o.deleted_at')
        .orWhereNull('o.id')
        .orWhere((seen) => visibleTo(seen, ANYONE, 'o'))
    )
    .first<ServedActivity | undefined>([
      'a.body',
      'a.published',
      'a.type',
      db.raw(
        `(a.type in ('Create', 'Update', 'Announce') and o.deleted_at is not null) or exists (select 1 from tombstones t where t.iri = a.iri) as gone`
      )
    ])
}

export interface OutboxItem {
  id: string
  type: string
  body: string
  /** Present document of a Create's object, or of what an Announce boosts when it is ours. */
  doc: Record<string, unknown> | null
  /** The Create of a boosted object of ours. */
  created_body: string | null
}

/**
 * A page of an outbox: what still stands of the actor's public Creates and Announces, newest first, or the oldest ones with `fromEnd`.
 * Index: activities_outbox; objects and the Create by unique or equality indexes.
 */
export async function outboxItems(db: Knex, actorId: string, limit: number, before: string | null, fromEnd = false): Promise<OutboxItem[]> {
  const query = db('activities as a')
    .leftJoin(
      visibleTo(db('objects').where({ local: true }), ANYONE)
        .select('iri', 'doc')
        .as('o'),
      'o.iri',
      'a.object_iri'
    )
    .where('a.actor_id', actorId)
    .whereIn('a.visibility', ['public', 'unlisted'])
    .whereIn('a.type', ['Create', 'Announce'])
    .where((standing) =>
      standing
        .where((created) => created.where('a.type', 'Create').whereNotNull('o.iri'))
        .orWhere((boosted) => boosted.where('a.type', 'Announce').whereExists(boostOf(db, 'a')))
    )
    .orderBy('a.id', fromEnd ? 'asc' : 'desc')
    .limit(limit)
  if (before !== null) query.where('a.id', '<', before)
  const rows = await query.select<OutboxItem[]>([
    'a.id',
    'a.type',
    'a.body',
    'o.doc',
    db.raw(`case when a.type = 'Announce' and o.iri is not null then
      (select c.body from activities c where c.object_iri = a.object_iri and c.type = 'Create' order by c.id limit 1) end as created_body`)
  ])
  return fromEnd ? rows.toReversed() : rows
}

/** The boost an Announce made, while it and what it boosts may be seen by anyone: a suspended author is not shown through others. */
function boostOf(db: Knex, activity: string): Knex.QueryBuilder {
  return visibleTo(db('objects as boost').whereRaw('boost.iri = ??', [`${activity}.iri`]), ANYONE, 'boost').select(db.raw('1'))
}

/** More is not counted: an actor with a hundred thousand posts would cost a second each time somebody reads its outbox. */
const MAX_COUNTED = 10_000

/** How many public statuses an actor shows, posts and boosts, at most `max`. Index: objects_actor. */
export async function countPublished(db: Knex, actorId: string, max = MAX_COUNTED): Promise<number> {
  const shown = visibleTo(db('objects').where('objects.actor_id', actorId), ANYONE).select(db.raw('1')).limit(max)
  const [row] = await db.from(shown.as('shown')).count<{ count: string }[]>({ count: '*' })
  return Number(row?.count ?? 0)
}

/** IRIs of the actor's pinned public objects, newest pin first. */
export async function featuredIris(db: Knex, actorId: string): Promise<string[]> {
  const rows = await visibleTo(
    db('featured').join('objects', 'objects.id', 'featured.object_id').where('featured.actor_id', actorId),
    ANYONE
  )
    .orderBy('featured.created_at', 'desc')
    .limit(20)
    .select<{ iri: string }[]>('objects.iri')
  return rows.map((row) => row.iri)
}

/** IRIs of those who look after a group. */
export async function moderatorIris(db: Knex, groupId: string): Promise<string[]> {
  const rows = await db('memberships as m')
    .join('actors as a', 'a.id', 'm.actor_id')
    .where({ 'm.group_id': groupId, 'm.state': 'active' })
    .whereIn('m.role', ['owner', 'moderator'])
    .whereNull('a.deleted_at')
    .orderBy('m.created_at')
    .select<{ iri: string }[]>('a.iri')
  return rows.map((row) => row.iri)
}

export async function countMembers(db: Knex, groupId: string): Promise<number> {
  const [row] = await db('memberships').where({ group_id: groupId, state: 'active' }).count<{ count: string }[]>({ count: '*' })
  return Number(row?.count ?? 0)
}

/** Documents of an actor's public objects of a type, at most 50: coming events soonest first, other things newest first. */
export async function objectDocs(db: Knex, actorId: string, type: string, startingAfter: Date | null): Promise<Record<string, unknown>[]> {
  const query = visibleTo(db('objects').where({ 'objects.actor_id': actorId, 'objects.type': type, 'objects.local': true }), ANYONE).limit(
    50
  )
  if (startingAfter === null) query.orderBy('objects.id', 'desc')
  else query.whereRaw('coalesce(objects.end_time, objects.start_time) >= ?', [startingAfter]).orderBy('objects.start_time')
  const rows = await query.select<{ doc: Record<string, unknown> }[]>('objects.doc')
  return rows.map((row) => row.doc)
}

/** IRIs of public answers to an object, oldest first, after a row id. Index: objects_replies. */
export async function replyIris(db: Knex, objectId: string, limit: number, after: string | null): Promise<{ id: string; iri: string }[]> {
  const query = visibleTo(db('objects').where('objects.in_reply_to_id', objectId), ANYONE).orderBy('objects.id').limit(limit)
  if (after !== null) query.where('objects.id', '>', after)
  return query.select('objects.id', 'objects.iri')
}

/** IRIs of a thread's public objects in the order they were said (FEP-7888). Index: objects_root. */
export async function threadIris(db: Knex, rootId: string, limit: number): Promise<string[]> {
  const rows = await visibleTo(
    db('objects').where((query) => query.where('objects.root_id', rootId).orWhere('objects.id', rootId)),
    ANYONE
  )
    .orderBy('objects.id')
    .limit(limit)
    .select<{ iri: string }[]>('objects.iri')
  return rows.map((row) => row.iri)
}

/** IRI of the local object that an HTML address shows: its row id stands in the path. */
export async function iriOfLocalObject(db: Knex, id: string): Promise<string | undefined> {
  const row = await db('objects').where({ id, local: true }).first<{ iri: string } | undefined>('iri')
  return row?.iri
}

/** Row id of a local actor that can receive, by IRI. `gone` when it was deleted. */
export async function findRecipient(db: Knex, iri: string): Promise<{ id: string; gone: boolean } | undefined> {
  return db('actors')
    .where({ iri, local: true })
    .first<{ id: string; gone: boolean } | undefined>(['id', db.raw('deleted_at is not null as gone')])
}

/** True when we hold this actor, local or remote. */
export async function isKnownActor(db: Knex, iri: string): Promise<boolean> {
  return (await db('actors').where({ iri }).first('id')) !== undefined
}

/** True when the actor of this key is suspended, of a blocked server, or blocked by whoever the document at this address is of. */
export async function isRefusedReader(db: Knex, keyIri: string, iri: string): Promise<boolean> {
  const found = await db.raw<{ rows: unknown[] }>(
    `select 1 from actor_keys k join actors reader on reader.id = k.actor_id and not reader.local
     where k.key_iri = :keyIri and (reader.suspended_at is not null or reader.host_action = 'block' or exists (
       select 1 from blocks b where b.blocked_id = reader.id and b.blocker_id in (
         select id from actors where iri = :iri
         union all select actor_id from objects where iri = :iri
         union all select author_id from objects where iri = :iri
         union all select actor_id from activities where iri = :iri)))`,
    { keyIri, iri }
  )
  return found.rows.length > 0
}
