// Writes objects: local and remote alike, with their tags, recipients and thread. Callers decide whether they may; readers are elsewhere.
import { randomInt } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { fanIn } from './home.ts'
import { jsonForPostgres } from './json.ts'
import type { ObjectRow } from './rows.ts'

export { fanIn }
export { storeRemoteObject, storeRemoteObjects, updateRemoteObject } from './remote-objects.ts'

type Required = 'iri' | 'type' | 'local' | 'actor_id' | 'visibility' | 'published' | 'doc'

/** An object to write. What is left out takes the column's empty value; `id` is made from the clock when absent. */
export interface NewObject {
  row: Pick<ObjectRow, Required> & Partial<ObjectRow>
  /** Folded names without # (protocol: foldTag). */
  hashtags?: string[]
  recipients?: { actor_id: string; mention: boolean }[]
}

const COLUMNS = [
  'id',
  'iri',
  'type',
  'kind',
  'local',
  'actor_id',
  'author_id',
  'group_id',
  'visibility',
  'in_reply_to_iri',
  'in_reply_to_id',
  'root_id',
  'reblog_of_id',
  'name',
  'summary',
  'content',
  'content_html',
  'source',
  'language',
  'sensitive',
  'url',
  'start_time',
  'end_time',
  'timezone',
  'event_status',
  'place',
  'latitude',
  'longitude',
  'attachments',
  'tags',
  'poll',
  'quote_policy',
  'reply_policy',
  'published',
  'updated',
  'created_at',
  'deleted_at',
  'doc'
] as const satisfies readonly (keyof ObjectRow)[]

/** Writes one object. Returns its row, or null when an object with this IRI (or this boost) is already there. */
export async function insertObject(ctx: Ctx, trx: Knex, object: NewObject): Promise<ObjectRow | null> {
  return (await insertObjects(ctx, trx, [object]))[0] ?? null
}

/**
 * Writes many objects in four statements, whatever their number, and links replies that were waiting for them.
 * Returns the rows that are new, in order; what was already there is left as it is (idempotent by IRI).
 */
export async function insertObjects(ctx: Ctx, trx: Knex, objects: NewObject[]): Promise<ObjectRow[]> {
  if (objects.length === 0) return []
  const rows = objects.map((object) => fullRow(ctx, object))
  const written = await insertRows(trx, rows)
  const fresh = rows.filter((row) => written.has(row))
  if (fresh.length === 0) return []
  await insertTags(trx, objects, rows, written)
  await insertRecipients(trx, objects, rows, written)
  await linkWaitingReplies(
    ctx,
    trx,
    fresh.map((row) => row.iri)
  )
  return fresh
}

/** Ids carry random low bits: a clash within a busy millisecond is met by other ids, this many times. */
const MAX_ROUNDS = 6

/** The rows that are new. Rows whose id (not IRI) was taken get another id, in place. */
async function insertRows(trx: Knex, rows: ObjectRow[]): Promise<Set<ObjectRow>> {
  const list = COLUMNS.join(', ')
  const fresh = new Set<ObjectRow>()
  let left = rows
  for (let round = 0; round < MAX_ROUNDS && left.length > 0; round += 1) {
    const written = await trx.raw<{ rows: { iri: string }[] }>(
      `insert into objects (${list}) select ${list} from json_populate_recordset(null::objects, ?::json) on conflict do nothing returning iri`,
      [jsonForPostgres(left)]
    )
    const inserted = new Set(written.rows.map((row) => row.iri))
    // Of two rows with one IRI in a batch only the first counts.
    const unclaimed = new Set(inserted)
    for (const row of left) if (unclaimed.delete(row.iri)) fresh.add(row)
    const missing = left.filter((row) => !inserted.has(row.iri))
    left = missing.length === 0 ? [] : await withFreeIds(trx, missing)
  }
  return fresh
}

async function withFreeIds(trx: Knex, rows: ObjectRow[]): Promise<ObjectRow[]> {
  const taken = await trx<ObjectRow>('objects')
    .whereRaw('id = any(?::bigint[])', [rows.map((row) => row.id)])
    .select('id', 'iri')
  const owners = new Map(taken.map((row) => [row.id, row.iri]))
  const clashing = rows.filter((row) => owners.has(row.id) && owners.get(row.id) !== row.iri)
  for (const row of clashing) {
    const id = (BigInt(row.id) + BigInt(randomInt(1, 0x40000))).toString()
    Object.assign(row, { id, root_id: row.root_id === row.id ? id : row.root_id })
  }
  return clashing
}

function fullRow(ctx: Ctx, { row }: NewObject): ObjectRow {
  const id = row.id ?? newId(ctx.clock.now())
  return {
    kind: null,
    author_id: null,
    group_id: null,
    in_reply_to_iri: null,
    in_reply_to_id: null,
    reblog_of_id: null,
    name: null,
    summary: null,
    content: '',
    content_html: '',
    source: null,
    language: null,
    sensitive: false,
    url: null,
    start_time: null,
    end_time: null,
    timezone: null,
    event_status: null,
    place: null,
    latitude: row.place?.latitude ?? null,
    longitude: row.place?.longitude ?? null,
    attachments: [],
    tags: [],
    poll: null,
    quote_policy: null,
    reply_policy: null,
    updated: null,
    created_at: ctx.clock.now(),
    deleted_at: null,
    ...row,
    id,
    root_id: row.root_id ?? id
  }
}

async function insertTags(trx: Knex, objects: NewObject[], rows: ObjectRow[], written: Set<ObjectRow>): Promise<void> {
  const tags: string[] = []
  const owners: string[] = []
  objects.forEach((object, index) => {
    const row = rows[index]!
    if (!written.has(row)) return
    for (const tag of object.hashtags ?? []) {
      tags.push(tag)
      owners.push(row.id)
    }
  })
  if (tags.length === 0) return
  await trx.raw('insert into object_tags (tag, object_id) select * from unnest(?::text[], ?::bigint[]) on conflict do nothing', [
    tags,
    owners
  ])
}

async function insertRecipients(trx: Knex, objects: NewObject[], rows: ObjectRow[], written: Set<ObjectRow>): Promise<void> {
  const owners: string[] = []
  const actors: string[] = []
  const mentions: boolean[] = []
  objects.forEach((object, index) => {
    const row = rows[index]!
    if (!written.has(row)) return
    for (const recipient of object.recipients ?? []) {
      owners.push(row.id)
      actors.push(recipient.actor_id)
      mentions.push(recipient.mention)
    }
  })
  if (owners.length === 0) return
  await trx.raw(
    'insert into object_recipients (object_id, actor_id, mention) select * from unnest(?::bigint[], ?::bigint[], ?::boolean[]) on conflict do nothing',
    [owners, actors, mentions]
  )
}

/**
 * Gives replies that came before their parent their place in the thread. A parent that stands inside the reply's own thread is not
 * linked: threads stay trees. An unresolved reply is the root of its own thread until then.
 */
async function linkWaitingReplies(ctx: Ctx, trx: Knex, iris: string[]): Promise<void> {
  const linked = await trx.raw<{ rows: { id: string }[] }>(
    `with linked as (
       update objects reply set in_reply_to_id = parent.id, root_id = coalesce(parent.root_id, parent.id) from objects parent
       where parent.iri = any(?::text[]) and parent.deleted_at is null and reply.in_reply_to_iri = parent.iri and reply.in_reply_to_id is null
         and coalesce(parent.root_id, parent.id) <> reply.id
       returning reply.id, reply.root_id),
     moved as (update objects below set root_id = linked.root_id from linked where below.root_id = linked.id and below.id <> linked.id)
     select id from linked`,
    [iris]
  )
  await fanIn(ctx, trx, linked.rows)
}

/** Stored object by IRI, deleted ones included; undefined when we never saw it. */
export async function findObjectByIri(trx: Knex, iri: string): Promise<ObjectRow | undefined> {
  return trx<ObjectRow>('objects').where({ iri }).first()
}

/** Stored object by row id, deleted ones included. */
export async function findObject(trx: Knex, id: string): Promise<ObjectRow | undefined> {
  return trx<ObjectRow>('objects').where({ id }).first()
}

/** True when this id was deleted, by its author or before we ever saw it. Nothing comes back (P7). */
export async function isTombstoned(trx: Knex, iri: string): Promise<boolean> {
  return (await trx('tombstones').where({ iri }).first('iri')) !== undefined
}

/** Tables whose rows speak of an object and mean nothing without it. */
export const HANGING_ON = [
  'home_items',
  'object_tags',
  'object_recipients',
  'object_edits',
  'likes',
  'poll_votes',
  'bookmarks',
  'filter_statuses',
  'featured',
  'notifications',
  'participations',
  'event_invitations',
  'events',
  'event_messages',
  'carpools',
  'votes',
  'ideas',
  'idea_helps',
  'idea_objections',
  'amendments',
  'proposal_arguments',
  'proposals',
  'tasks',
  'processes',
  'process_items',
  'room_items',
  'object_followers',
  'journal'
]

/** One statement: a Delete arrives for every fortieth post, and twenty small ones cost more than all its other effects. */
const WIPE = `with ${HANGING_ON.map((table) => `from_${table} as (delete from ${table} where object_id = :id)`).join(', ')}
  delete from quotes where quote_id = :id`

/**
 * Deletes an object for good: a tombstone under its IRI, the row emptied and marked, everything that hung on it removed.
 * The row itself stays, so that its address answers 410 and threads keep their shape.
 */
export async function wipeObject(ctx: Ctx, trx: Knex, object: ObjectRow): Promise<void> {
  const now = ctx.clock.now()
  const owner = await trx('actors').where({ id: object.actor_id }).first<{ iri: string } | undefined>('iri')
  await rememberDeleted(trx, { iri: object.iri, actorIri: owner?.iri ?? null, formerType: object.type, at: now })
  await trx('objects').where({ reblog_of_id: object.id }).delete()
  await trx.raw(WIPE, { id: object.id })
  // A conversation shows the message before, for who was in it. Plan: conversations_last, objects_root.
  if (object.visibility === 'direct') {
    await trx.raw(
      `update conversations c set last_id = coalesce((select max(o.id) from objects o join object_recipients r on r.object_id = o.id
         where o.root_id = c.root_id and o.visibility = 'direct' and o.deleted_at is null and o.id <> c.last_id
           and c.owner_id in (o.actor_id, r.actor_id)), c.last_id) where c.last_id = ?`,
      [object.id]
    )
    // Nothing is left of it.
    await trx('conversations').where({ last_id: object.id }).delete()
  }
  await trx('objects')
    .where({ id: object.id, deleted_at: null })
    .update({
      deleted_at: now,
      name: null,
      summary: null,
      content: '',
      content_html: '',
      source: null,
      place: null,
      latitude: null,
      longitude: null,
      attachments: '[]',
      tags: '[]',
      poll: null,
      doc: JSON.stringify({ id: object.iri, type: 'Tombstone', formerType: object.type })
    })
}

/** Remembers a deleted id for ever (an id we never saw too: Delete before Create). */
export async function rememberDeleted(
  trx: Knex,
  tombstone: { iri: string; actorIri: string | null; formerType: string | null; at: Date }
): Promise<void> {
  await trx('tombstones')
    .insert({ iri: tombstone.iri, actor_iri: tombstone.actorIri, former_type: tombstone.formerType, deleted_at: tombstone.at })
    .onConflict('iri')
    .ignore()
}
