// Turns normalised objects from elsewhere into rows: visibility from their addresses, thread, recipients, group, sanitised HTML.
// Whether they may be stored at all was decided before (protocol/authorise.ts); here only tombstones, suspended authors and ids of actors stop them.
import { randomInt } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { sanitize } from '../core/html.ts'
import type { NormObject } from './incoming.ts'
import { scheduleChores } from './chores.ts'
import { findEvent, saveRemoteJoining } from './events.ts'
import { jsonForPostgres } from './json.ts'
import { insertObjects, type NewObject } from './objects.ts'
import { findQuote, saveArrivedQuotes, saveQuote } from './quotes.ts'
import { findSurroundings, groupOf, visibilityOf, type Surroundings } from './remote-surroundings.ts'
import type { ActorRow, ObjectRow, Poll, Visibility } from './rows.ts'

export interface RemoteObject {
  norm: NormObject
  /** Row of the actor the object is attributed to. */
  author: ActorRow
  /** Row of the person behind what a group publishes. */
  writerId?: string | null
  /** Where it was decided that it is said: overrides what its addresses say. */
  place?: { groupId: string | null; visibility?: Visibility }
}

export interface StoredObject {
  /** Null: the id was deleted before or is an actor's, or its author is suspended; nothing was stored. */
  row: ObjectRow | null
  /** False when it was already there. */
  fresh: boolean
}

/** Types whose HTML may hold headings, tables and images (federation.md §3.11). */
const LONG_FORM = new Set(['Article', 'Event', 'Page', 'Document', 'Place'])

/** Stores one object, or gives the row that was already there; null when it must not come (tombstone, suspended author). */
export async function storeRemoteObject(
  ctx: Ctx,
  trx: Knex,
  norm: NormObject,
  author: ActorRow,
  writerId: string | null = null
): Promise<ObjectRow | null> {
  return (await storeRemoteObjects(ctx, trx, [{ norm, author, writerId }]))[0]!.row
}

/** Stores many objects in a fixed number of statements. One answer per object, in order. Idempotent by id; fan-in is the caller's. */
export async function storeRemoteObjects(
  ctx: Ctx,
  trx: Knex,
  objects: RemoteObject[],
  surroundings?: Surroundings
): Promise<StoredObject[]> {
  const around = surroundings ?? (await findSurroundings(trx, objects))
  const allowed = objects.filter(
    ({ norm, author }) =>
      author.suspended_at === null && author.deleted_at === null && !around.tombstones.has(norm.id) && !around.actors.has(norm.id)
  )
  const seen = new Set(around.known)
  const unseen = allowed.filter(({ norm }) => !seen.has(norm.id) && seen.add(norm.id).size > 0)
  const rows = await insertObjects(
    ctx,
    trx,
    unseen.map((object) => newObject(ctx, object, around))
  )
  const written = new Map(rows.map((row) => [row.iri, row]))
  await saveRemoteJoining(
    trx,
    unseen.flatMap(({ norm }) => {
      const row = written.get(norm.id)
      return row === undefined || norm.joining === null ? [] : [{ objectId: row.id, joining: norm.joining }]
    })
  )
  const missing = allowed.filter(({ norm }) => !written.has(norm.id)).map(({ norm }) => norm.id)
  const stored = missing.length === 0 ? [] : await trx<ObjectRow>('objects').whereIn('iri', missing)
  await touchAuthors(ctx, trx, rows)
  await keepQuotes(ctx, trx, unseen, written)
  return objects.map(({ norm }) => {
    const fresh = written.get(norm.id)
    if (fresh !== undefined) return { row: fresh, fresh: true }
    return { row: stored.find((row) => row.iri === norm.id) ?? null, fresh: false }
  })
}

/** What new posts quote; whether they may is looked into afterwards, with time for the network. */
async function keepQuotes(ctx: Ctx, trx: Knex, objects: RemoteObject[], written: Map<string, ObjectRow>): Promise<void> {
  const quotes = objects.flatMap(({ norm }) => {
    const row = written.get(norm.id)
    return row === undefined || norm.quote === null || norm.quote === norm.id
      ? []
      : [{ quoteIri: row.iri, quoteId: row.id, quotedIri: norm.quote }]
  })
  await saveArrivedQuotes(trx, quotes)
  await scheduleChores(
    trx,
    quotes.map(({ quoteIri }) => ({ kind: 'quote-check', subject: quoteIri, dueAt: ctx.clock.now() }))
  )
}

/** An edit may quote something else, nothing any more, or bring the stamp that was missing. */
async function keepChangedQuote(ctx: Ctx, trx: Knex, stored: ObjectRow, norm: NormObject): Promise<void> {
  const known = await findQuote(trx, stored.iri)
  if (norm.quote === null || norm.quote === norm.id) {
    if (known !== undefined) await trx('quotes').where({ quote_iri: stored.iri }).delete()
    return
  }
  if (known?.quoted_iri === norm.quote && (known.state === 'accepted' || known.state === 'revoked')) return
  const bare = { quoted_iri: norm.quote, quoted_id: null, state: 'pending' as const, stamp_iri: null, request_iri: null }
  await saveQuote(trx, { quote_iri: stored.iri, quote_id: stored.id, ...bare })
  await scheduleChores(trx, [{ kind: 'quote-check', subject: stored.iri, dueAt: ctx.clock.now() }])
}

function newObject(ctx: Ctx, object: RemoteObject, around: Surroundings): NewObject {
  const { norm, author } = object
  const now = ctx.clock.now()
  // A future date would pin the post at the top of every timeline (J14).
  const published = norm.published === null || norm.published > now ? now : norm.published
  const parent = norm.inReplyTo === null || norm.inReplyTo === norm.id ? undefined : around.parents.get(norm.inReplyTo)
  const visibility = object.place?.visibility ?? visibilityOf(norm, author)
  const row = {
    ...contentColumns(norm),
    id: idNear(published, now),
    iri: norm.id,
    type: norm.type,
    kind: norm.kind,
    local: false,
    actor_id: author.id,
    author_id: object.writerId ?? null,
    group_id: object.place === undefined ? groupOf(norm, author, around) : object.place.groupId,
    visibility,
    in_reply_to_iri: norm.inReplyTo,
    in_reply_to_id: parent?.id ?? null,
    published
  }
  if (parent !== undefined) Object.assign(row, { root_id: parent.root_id ?? parent.id })
  const recipients = recipientsOf(norm, author, around)
  return { row, hashtags: norm.hashtags, recipients }
}

/** What an Update may change: everything a reader sees, nothing that says who may see it. */
function contentColumns(
  norm: NormObject
): Pick<
  ObjectRow,
  | 'name'
  | 'summary'
  | 'content'
  | 'content_html'
  | 'language'
  | 'sensitive'
  | 'url'
  | 'start_time'
  | 'end_time'
  | 'timezone'
  | 'event_status'
  | 'place'
  | 'latitude'
  | 'longitude'
  | 'attachments'
  | 'tags'
  | 'poll'
  | 'quote_policy'
  | 'reply_policy'
  | 'updated'
  | 'doc'
> {
  return {
    name: norm.name,
    summary: norm.summary,
    content: norm.content,
    content_html: sanitize(norm.content, LONG_FORM.has(norm.type) ? 'long' : 'short'),
    language: norm.language,
    sensitive: norm.sensitive,
    url: norm.url,
    start_time: norm.startTime,
    end_time: norm.endTime,
    timezone: norm.timezone,
    event_status: norm.eventStatus ?? (norm.type === 'Event' ? 'CONFIRMED' : null),
    place: norm.place,
    latitude: norm.place?.latitude ?? null,
    longitude: norm.place?.longitude ?? null,
    attachments: norm.attachments,
    tags: norm.tags,
    poll: norm.poll,
    quote_policy: norm.quotePolicy,
    reply_policy: norm.replyPolicy,
    updated: norm.updated,
    doc: keptDocument(norm.json)
  }
}

/** Parts that are large, private or somebody else's word: never kept (J20, J21, O31). */
const DROPPED = ['@context', 'signature', 'proof', 'bto', 'bcc', 'replies', 'likes', 'shares', 'dislikes', 'comments']

function keptDocument(json: Record<string, unknown>): Record<string, unknown> {
  const doc = { ...json }
  for (const key of DROPPED) delete doc[key]
  return doc
}

function recipientsOf(norm: NormObject, author: ActorRow, around: Surroundings): { actor_id: string; mention: boolean }[] {
  const found: { actor_id: string; mention: boolean }[] = []
  for (const iri of new Set([...norm.mentions, ...norm.to, ...norm.cc])) {
    const actor = around.actors.get(iri)
    if (actor !== undefined && actor.id !== author.id) found.push({ actor_id: actor.id, mention: norm.mentions.includes(iri) })
  }
  return found
}

/** A row id that sorts at `published`. Most servers publish whole seconds: spread over that second, or a busy one collides. */
function idNear(published: Date, now: Date): string {
  const wholeSecond = published.getTime() % 1000 === 0 && now.getTime() - published.getTime() >= 1000
  const ms = published.getTime() + (wholeSecond ? randomInt(0, 1000) : 0)
  return ((BigInt(ms) << 16n) | BigInt(randomInt(0, 0x10000))).toString()
}

/** Keeps `last_status_at` true to the day: once a day is what readers see, and saves a write per post. */
async function touchAuthors(ctx: Ctx, trx: Knex, rows: ObjectRow[]): Promise<void> {
  const ids = [...new Set(rows.map((row) => row.actor_id))].sort()
  if (ids.length === 0) return
  const now = ctx.clock.now()
  await trx.raw(
    "update actors set last_status_at = ? where id = any(?::bigint[]) and (last_status_at is null or last_status_at < ?::timestamptz - interval '1 day')",
    [now, ids, now]
  )
}

/**
 * Replaces what a stored remote object says, if `norm` is newer (federation.md §3.1, O08): by `updated` when it has one, else by difference.
 * The former text goes to object_edits. Poll totals alone change without an edit. Returns the new row, or null when nothing changed.
 */
export async function updateRemoteObject(ctx: Ctx, trx: Knex, stored: ObjectRow, norm: NormObject): Promise<ObjectRow | null> {
  const columns = contentColumns(norm)
  const changed =
    columns.content !== stored.content ||
    columns.name !== stored.name ||
    columns.summary !== stored.summary ||
    !sameMoment(columns.start_time, stored.start_time) ||
    !sameMoment(columns.end_time, stored.end_time) ||
    columns.event_status !== stored.event_status ||
    differs(columns.attachments, stored.attachments) ||
    differs(columns.place, stored.place) ||
    differs(columns.tags, stored.tags)
  const before = stored.updated ?? stored.published
  const newer = norm.updated === null ? changed : norm.updated > before
  // A stamp comes without an edit.
  if (newer || sameMoment(norm.updated, stored.updated)) await keepChangedQuote(ctx, trx, stored, norm)
  // How many come changes without an edit, like the totals of a poll.
  const current = newer || sameMoment(norm.updated, stored.updated) || norm.updated === null
  const recounted = current && (await recount(trx, stored, norm))
  if (!newer && recounted) return stored
  if (!newer)
    return differs(columns.poll, stored.poll) && sameMoment(norm.updated, stored.updated) && norm.poll !== null
      ? writePoll(trx, stored, norm)
      : null
  const now = ctx.clock.now()
  const updated = norm.updated !== null && norm.updated <= now ? norm.updated : now
  if (changed) await keepVersion(trx, stored, before)
  const row: ObjectRow = { ...stored, ...columns, updated: changed ? updated : stored.updated }
  await trx('objects')
    .where({ id: stored.id })
    .update({
      ...columns,
      updated: row.updated,
      place: jsonOrNull(columns.place),
      attachments: jsonForPostgres(columns.attachments),
      tags: jsonForPostgres(columns.tags),
      poll: jsonOrNull(columns.poll),
      doc: jsonForPostgres(columns.doc)
    })
  await replaceTags(trx, stored.id, norm.hashtags)
  await forgetVotes(trx, stored, norm.poll)
  return row
}

async function writePoll(trx: Knex, stored: ObjectRow, norm: NormObject): Promise<ObjectRow> {
  await trx('objects')
    .where({ id: stored.id })
    .update({ poll: jsonOrNull(norm.poll) })
  await forgetVotes(trx, stored, norm.poll)
  return { ...stored, poll: norm.poll }
}

/** Other options are another question: what people here voted for is no longer asked (as Mastodon and GoToSocial do). */
async function forgetVotes(trx: Knex, stored: ObjectRow, poll: Poll | null): Promise<void> {
  const names = (of: Poll | null): string => JSON.stringify([of?.multiple, of?.options.map(({ name }) => name)])
  if (stored.poll !== null && names(stored.poll) !== names(poll)) await trx('poll_votes').where({ object_id: stored.id }).delete()
}

/** True when its server says something else about who may come and how many do. */
async function recount(trx: Knex, stored: ObjectRow, { joining }: NormObject): Promise<boolean> {
  if (joining === null || stored.type !== 'Event') return false
  const known = await findEvent(trx, stored.id)
  const same =
    known?.join_mode === joining.joinMode &&
    known.external_url === joining.externalUrl &&
    known.capacity === joining.capacity &&
    known.participants === joining.participants
  if (!same) await saveRemoteJoining(trx, [{ objectId: stored.id, joining }])
  return !same
}

async function keepVersion(trx: Knex, stored: ObjectRow, at: Date): Promise<void> {
  await trx('object_edits')
    .insert({ object_id: stored.id, at, content_html: stored.content_html, summary: stored.summary, name: stored.name })
    .onConflict(['object_id', 'at'])
    .ignore()
}

async function replaceTags(trx: Knex, objectId: string, tags: string[]): Promise<void> {
  await trx.raw('delete from object_tags where object_id = ? and not (tag = any(?::text[]))', [objectId, tags])
  if (tags.length > 0)
    await trx.raw('insert into object_tags (tag, object_id) select tag, ? from unnest(?::text[]) tag on conflict do nothing', [
      objectId,
      tags
    ])
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : jsonForPostgres(value)
}

function sameMoment(a: Date | null, b: Date | null): boolean {
  return (a?.getTime() ?? null) === (b?.getTime() ?? null)
}

/** jsonb gives keys back in its own order: compared key by key. */
function differs(a: unknown, b: unknown): boolean {
  return sorted(a) !== sorted(b)
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([x], [y]) => (x < y ? -1 : 1)))
      : item
  )
}
