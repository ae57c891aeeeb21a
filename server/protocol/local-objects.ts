// Our own objects: written with IRI, document, thread and audience, and published in the caller's transaction. Who may is decided before.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { sanitize } from '../core/html.ts'
import { newId } from '../core/ids.ts'
import { jsonForPostgres } from '../db/json.ts'
import { notify, notifyMentions } from '../db/notifications.ts'
import { fanIn, insertObject, wipeObject } from '../db/objects.ts'
import type { ActorRow, ObjectRow, ObjectTag, Visibility } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { tombstone } from '../vocab/activity.ts'
import { addressing, type Addressing } from '../vocab/addressing.ts'
import { mintObjectIri, objectUrl, tagUrl } from '../vocab/iris.ts'
import { objectDocument } from '../vocab/object.ts'
import { foldTag } from './normalise-parts.ts'
import { publish } from './outbox.ts'

/** What is said, whatever its type. */
export type Wording = Pick<ObjectRow, 'name' | 'summary' | 'content' | 'source' | 'language' | 'sensitive' | 'attachments'> &
  Partial<Pick<ObjectRow, 'start_time' | 'end_time' | 'timezone' | 'event_status' | 'place'>>

/** What it answers: the object, its publisher, and the group it was said in. */
export interface ParentPart {
  object: ObjectRow
  actor: ActorRow
  group: ActorRow | null
}

export interface LocalDraft {
  type: string
  /** Who says it publicly: the person, or the group in whose name they speak (mode A, federation.md §3.6). */
  publisher: ActorRow
  /** The person. */
  author: ActorRow
  visibility: Visibility
  parent: ParentPart | null
  wording: Wording
  mentions: ActorRow[]
  /** As typed, without #. */
  hashtags: string[]
  /** Category of an event. */
  category?: string
}

/** Writes and publishes a new object: row, thread, home timelines, notifications, Create with its deliveries. */
export async function createLocalObject(ctx: Ctx, trx: Knex, draft: LocalDraft): Promise<ObjectRow> {
  const { origin } = requireSite(ctx)
  const { publisher, parent, visibility } = draft
  const now = ctx.clock.now()
  const id = newId(now)
  const speaksForGroup = publisher.id !== draft.author.id
  const group = parent !== null && !speaksForGroup ? parent.group : null
  const mentioned = withParentAuthor(draft)
  const base = {
    id,
    iri: mintObjectIri(origin),
    type: draft.type,
    kind: null,
    local: true,
    actor_id: publisher.id,
    author_id: speaksForGroup ? draft.author.id : null,
    group_id: group?.id ?? (publisher.type === 'Group' ? publisher.id : null),
    visibility,
    in_reply_to_iri: parent?.object.iri ?? null,
    in_reply_to_id: parent?.object.id ?? null,
    ...(parent === null ? {} : { root_id: parent.object.root_id ?? parent.object.id }),
    url: objectUrl(origin, draft.type, publisher.username, id),
    start_time: null,
    end_time: null,
    timezone: null,
    event_status: null,
    place: null,
    ...draft.wording,
    content_html: sanitize(draft.wording.content),
    tags: tagsOf(origin, draft.hashtags, mentioned),
    published: now,
    updated: null,
    created_at: now
  }
  const audience = await audienceOf(trx, draft, mentioned, group)
  const doc = objectDocument(base, {
    origin,
    actorIri: publisher.iri,
    authorIri: speaksForGroup ? draft.author.iri : null,
    groupIri: audience.groupIri,
    to: audience.to,
    cc: audience.cc,
    contextIri: typeof parent?.object.doc['context'] === 'string' ? parent.object.doc['context'] : null,
    ...(draft.category === undefined ? {} : { event: { category: draft.category } })
  })
  const recipients = mentioned.map((actor) => ({ actor_id: actor.id, mention: true }))
  const row = await insertObject(ctx, trx, { row: { ...base, doc }, hashtags: foldAll(draft.hashtags), recipients })
  if (row === null) throw new Error(`The object ${base.iri} is already there`)
  await trx('actors').where({ id: publisher.id }).update({ last_status_at: now })
  await fanIn(ctx, trx, row)
  await notifyMentions(ctx, trx, [row])
  await publish(ctx, trx, { actor: publisher, type: 'Create', object: doc, to: audience.to, cc: audience.cc, visibility })
  return row
}

export interface LocalEdit {
  row: ObjectRow
  publisher: ActorRow
  wording: Wording
  mentions: ActorRow[]
  hashtags: string[]
  category?: string
}

/** Replaces what a local object says; keeps the former text; sends Update to everyone who got the original. */
export async function updateLocalObject(ctx: Ctx, trx: Knex, edit: LocalEdit): Promise<ObjectRow> {
  const { row: stored, publisher, wording } = edit
  const { origin } = requireSite(ctx)
  const before = stored.updated ?? stored.published
  // Strictly later than the version before, whatever the clock says: peers drop the rest (W13).
  const updated = new Date(Math.max(ctx.clock.now().getTime(), before.getTime() + 1000))
  const mentioned = distinct([...(await storedMentions(trx, stored.id)), ...edit.mentions])
  const row: ObjectRow = {
    ...stored,
    ...wording,
    content_html: sanitize(wording.content),
    tags: tagsOf(origin, edit.hashtags, mentioned),
    updated
  }
  row.latitude = row.place?.latitude ?? null
  row.longitude = row.place?.longitude ?? null
  const { to, cc } = addressesOf(stored, edit.mentions)
  const authorIri = typeof stored.doc['actor'] === 'string' && stored.doc['actor'] !== publisher.iri ? stored.doc['actor'] : null
  const category = edit.category ?? (typeof stored.doc['category'] === 'string' ? stored.doc['category'] : undefined)
  row.doc = objectDocument(row, {
    origin,
    actorIri: publisher.iri,
    authorIri,
    to,
    cc,
    groupIri: typeof stored.doc['audience'] === 'string' ? stored.doc['audience'] : null,
    contextIri: typeof stored.doc['context'] === 'string' ? stored.doc['context'] : null,
    ...(category === undefined ? {} : { event: { category } })
  })
  await keepVersion(trx, stored, before)
  await writeRow(trx, row, edit.hashtags)
  await addRecipients(trx, row.id, edit.mentions)
  await notifyMentions(ctx, trx, [row])
  await notifyBoosters(ctx, trx, row)
  await publish(ctx, trx, { actor: publisher, type: 'Update', object: row.doc, to, cc, visibility: row.visibility, alsoInboxesOf: row.iri })
  return row
}

/** Deletes a local object for everyone who got it: Delete with a Tombstone, and nothing readable left here. */
export async function deleteLocalObject(ctx: Ctx, trx: Knex, row: ObjectRow, publisher: ActorRow): Promise<void> {
  const { to, cc } = addressesOf(row, [])
  const object = tombstone({ iri: row.iri, formerType: row.type, published: row.published, deleted: ctx.clock.now() })
  await publish(ctx, trx, { actor: publisher, type: 'Delete', object, to, cc, visibility: row.visibility, alsoInboxesOf: row.iri })
  await trx('media').where({ object_id: row.id }).update({ object_id: null })
  await wipeObject(ctx, trx, row)
}

/** The one who is answered is told, whether the text names them or not (federation.md §4.1); a group of ours reads its own thread. */
function withParentAuthor({ parent, mentions, publisher, author }: LocalDraft): ActorRow[] {
  const answered = parent === null || (parent.actor.local && parent.actor.type === 'Group') ? [] : [parent.actor]
  return distinct([...answered, ...mentions]).filter((actor) => actor.id !== publisher.id && actor.id !== author.id)
}

async function audienceOf(
  trx: Knex,
  draft: LocalDraft,
  mentioned: ActorRow[],
  group: ActorRow | null
): Promise<Addressing & { groupIri: string | null }> {
  const { publisher, visibility } = draft
  const open = visibility === 'public' || visibility === 'unlisted'
  const groupIri = visibility === 'members' ? publisher.iri : open ? (group?.iri ?? null) : null
  const members = visibility === 'members' ? await remoteMembers(trx, publisher.id) : []
  const mentions = mentioned.map((actor) => actor.iri)
  const addresses = addressing({
    visibility,
    followersIri: publisher.followers_iri ?? `${publisher.iri}/followers`,
    groupIri,
    mentions,
    members
  })
  return { ...addresses, groupIri: open ? groupIri : null }
}

async function remoteMembers(trx: Knex, groupId: string): Promise<string[]> {
  const rows = await trx('memberships as m')
    .join('actors as a', 'a.id', 'm.actor_id')
    .where({ 'm.group_id': groupId, 'm.state': 'active', 'a.local': false })
    .select<{ iri: string }[]>('a.iri')
  return rows.map((row) => row.iri)
}

function tagsOf(origin: string, hashtags: string[], mentioned: ActorRow[]): ObjectTag[] {
  const names = new Map(hashtags.map((name) => [foldTag(name) ?? name, name]))
  return [
    ...mentioned.map((actor) => ({ type: 'Mention', name: `@${actor.username}@${actor.domain}`, href: actor.iri })),
    ...[...names.values()].map((name) => ({ type: 'Hashtag', name: `#${name}`, href: tagUrl(origin, name) }))
  ]
}

function foldAll(hashtags: string[]): string[] {
  return [...new Set(hashtags.flatMap((name) => foldTag(name) ?? []))]
}

function addressesOf(row: ObjectRow, more: ActorRow[]): Addressing {
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.filter((iri): iri is string => typeof iri === 'string') : [])
  const to = list(row.doc['to'])
  const added = more.map((actor) => actor.iri)
  if (row.visibility === 'direct') return { to: [...new Set([...to, ...added])], cc: list(row.doc['cc']) }
  return { to, cc: [...new Set([...list(row.doc['cc']), ...added])].filter((iri) => !to.includes(iri)) }
}

async function storedMentions(trx: Knex, objectId: string): Promise<ActorRow[]> {
  return trx<ActorRow>('actors').whereIn('id', trx('object_recipients').where({ object_id: objectId, mention: true }).select('actor_id'))
}

async function addRecipients(trx: Knex, objectId: string, actors: ActorRow[]): Promise<void> {
  if (actors.length === 0) return
  const rows = actors.map((actor) => ({ object_id: objectId, actor_id: actor.id, mention: true }))
  await trx('object_recipients').insert(rows).onConflict(['object_id', 'actor_id']).ignore()
}

async function keepVersion(trx: Knex, stored: ObjectRow, at: Date): Promise<void> {
  await trx('object_edits')
    .insert({ object_id: stored.id, at, content_html: stored.content_html, summary: stored.summary, name: stored.name })
    .onConflict(['object_id', 'at'])
    .ignore()
}

async function writeRow(trx: Knex, row: ObjectRow, hashtags: string[]): Promise<void> {
  const {
    name,
    summary,
    content,
    content_html,
    source,
    language,
    sensitive,
    start_time,
    end_time,
    timezone,
    event_status,
    latitude,
    longitude,
    updated
  } = row
  await trx('objects')
    .where({ id: row.id })
    .update({
      name,
      summary,
      content,
      content_html,
      source,
      language,
      sensitive,
      start_time,
      end_time,
      timezone,
      event_status,
      latitude,
      longitude,
      updated,
      place: row.place === null ? null : jsonForPostgres(row.place),
      attachments: jsonForPostgres(row.attachments),
      tags: jsonForPostgres(row.tags),
      doc: jsonForPostgres(row.doc)
    })
  const tags = foldAll(hashtags)
  await trx('object_tags').where({ object_id: row.id }).whereNotIn('tag', tags).delete()
  if (tags.length > 0)
    await trx('object_tags')
      .insert(tags.map((tag) => ({ tag, object_id: row.id })))
      .onConflict(['tag', 'object_id'])
      .ignore()
}

/** Who passed it on learns that it says something else now, as on Mastodon (`update`). */
async function notifyBoosters(ctx: Ctx, trx: Knex, row: ObjectRow): Promise<void> {
  const boosters = await trx('objects')
    .where({ reblog_of_id: row.id })
    .whereNull('deleted_at')
    .limit(200)
    .select<{ actor_id: string }[]>('actor_id')
  await notify(
    ctx,
    trx,
    boosters.map(({ actor_id: ownerId }) => ({ ownerId, type: 'update', fromId: row.author_id ?? row.actor_id, objectId: row.id }))
  )
}

function distinct(actors: ActorRow[]): ActorRow[] {
  return [...new Map(actors.map((actor) => [actor.id, actor])).values()]
}
