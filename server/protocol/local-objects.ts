// Our own objects: written with IRI, document, thread and audience, and published in the caller's transaction. Who may is decided before.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { sanitize } from '../core/html.ts'
import { newId } from '../core/ids.ts'
import type { ReplyPolicy } from '../core/reply-policy.ts'
import { saveJoining, tellOfDeletion, type Joining } from '../db/events.ts'
import { notifyMentions } from '../db/notifications.ts'
import { fanIn, insertObject, wipeObject } from '../db/objects.ts'
import type { ActorRow, ObjectRow, ObjectTag, Poll, QuotePolicy, Visibility } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { tombstone } from '../vocab/activity.ts'
import { addressing, type Addressing } from '../vocab/addressing.ts'
import { mintObjectIri, objectUrl, tagUrl } from '../vocab/iris.ts'
import type { Dress } from '../vocab/dress.ts'
import { objectDocument, type QuoteLinks } from '../vocab/object.ts'
import { wireAttachmentsOf } from './media-address.ts'
import { announceSaid, embeddable, followersOf, passOnLocal } from './group-voice.ts'
import { foldTag } from './normalise-parts.ts'
import { publish } from './outbox.ts'
import { askForTwins } from './event-twins.ts'
import { askForCards } from './preview-cards.ts'
import { interactionPolicyOf } from './interaction-policy.ts'
import { tellNotified } from './reactions.ts'
import { planRelay } from './relay.ts'

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
  /** The group it is said in, when it starts a thread there (mode B); an answer stays in its parent's group. */
  group?: ActorRow | null
  wording: Wording
  mentions: ActorRow[]
  /** As typed, without #. */
  hashtags: string[]
  /** What only events have. */
  event?: { category?: string; joining: Joining }
  /** What it is for us beside its type: `idea`, `vote`, `proposal`, `process`, `amendment`, `argument`, `task`. */
  kind?: string
  /** The conversation it belongs to without being an answer: titled objects have no inReplyTo. */
  contextIri?: string | null
  /** What its document has because of its kind; later ones are read by protocol/kinds.ts. */
  dress?: Dress
  /** IRI of the process it belongs to. */
  processIri?: string | null
  /** Choices of a Question. */
  poll?: Poll
  quote?: QuoteLinks
  /** Who may quote it; default: everyone what is open. */
  quotePolicy?: QuotePolicy
  /** Who may answer; default: everyone it reaches. */
  replyPolicy?: ReplyPolicy | null
  /** IRI of an object: every inbox that got it gets this too. */
  alsoInboxesOf?: string
}

/** Writes and publishes a new object: row, thread, home timelines, notifications, Create with its deliveries. */
export async function createLocalObject(ctx: Ctx, trx: Knex, draft: LocalDraft): Promise<ObjectRow> {
  const { publisher, parent, visibility } = draft
  // Who speaks for a group speaks to its followers, whatever group the parent was said in.
  const group = publisher.id === draft.author.id ? (parent?.group ?? draft.group ?? null) : null
  const mentioned = withParentAuthor(draft)
  const columns = columnsOf(ctx, draft, mentioned, group)
  const { to, cc, groupIri } = await audienceOf(trx, draft, mentioned, group)
  const doc = objectDocument(
    { ...columns, attachments: wireAttachmentsOf(ctx, columns) },
    {
      origin: requireSite(ctx).origin,
      actorIri: publisher.iri,
      authorIri: columns.author_id === null ? null : draft.author.iri,
      groupIri,
      to,
      cc,
      contextIri: typeof parent?.object.doc['context'] === 'string' ? parent.object.doc['context'] : (draft.contextIri ?? null),
      ...(draft.event === undefined ? {} : { event: { ...draft.event, joining: { ...draft.event.joining, participants: 0 } } }),
      ...(draft.quote === undefined ? {} : { quote: draft.quote }),
      dress: draft.dress ?? null,
      processIri: draft.processIri ?? null,
      interactionPolicy: interactionPolicyOf(
        { quote_policy: columns.quote_policy ?? null, reply_policy: columns.reply_policy ?? null },
        publisher,
        groupIri
      ),
      commentsEnabled: columns.reply_policy !== 'nobody'
    }
  )
  const recipients = mentioned.map((actor) => ({ actor_id: actor.id, mention: true }))
  const row = await insertObject(ctx, trx, { row: { ...columns, doc }, hashtags: foldAll(draft.hashtags), recipients })
  if (row === null) throw new Error(`The object ${columns.iri} is already there`)
  if (draft.event !== undefined) await saveJoining(trx, row.id, draft.event.joining)
  await trx('actors').where({ id: publisher.id }).update({ last_status_at: row.published })
  await fanIn(ctx, trx, row)
  await askForCards(ctx, trx, [row])
  await askForTwins(ctx, trx, [row])
  await notifyMentions(ctx, trx, [row])
  const { body } = await publish(ctx, trx, {
    actor: publisher,
    type: 'Create',
    object: doc,
    to,
    cc,
    visibility,
    ...(draft.alsoInboxesOf === undefined ? {} : { alsoInboxesOf: draft.alsoInboxesOf }),
    ...(groupIri === null ? {} : { extra: { audience: groupIri } })
  })
  if (group?.local === true) await announceSaid(ctx, trx, { group, object: row, author: publisher, activity: embeddable(body) })
  await planRelay(ctx, trx, row, publisher)
  return row
}

type Columns = Omit<Parameters<typeof insertObject>[2]['row'], 'doc'> &
  Parameters<typeof objectDocument>[0] & { id: string; author_id: string | null }

function columnsOf(ctx: Ctx, draft: LocalDraft, mentioned: ActorRow[], group: ActorRow | null): Columns {
  const { origin } = requireSite(ctx)
  const { publisher, author, parent, type, visibility, wording } = draft
  const now = ctx.clock.now()
  const id = newId(now)
  return {
    id,
    iri: mintObjectIri(origin),
    type,
    kind: draft.kind ?? null,
    local: true,
    actor_id: publisher.id,
    author_id: publisher.id === author.id ? null : author.id,
    group_id: group?.id ?? (publisher.type === 'Group' ? publisher.id : null),
    visibility,
    in_reply_to_iri: parent?.object.iri ?? null,
    in_reply_to_id: parent?.object.id ?? null,
    ...(parent === null ? {} : { root_id: parent.object.root_id ?? parent.object.id }),
    url: objectUrl(origin, draft.kind ?? type, publisher.username, id),
    start_time: null,
    end_time: null,
    timezone: null,
    event_status: null,
    place: null,
    poll: draft.poll ?? null,
    quote_policy: visibility === 'public' || visibility === 'unlisted' ? (draft.quotePolicy ?? 'public') : 'nobody',
    reply_policy: draft.replyPolicy ?? null,
    ...wording,
    content_html: sanitize(wording.content),
    tags: tagsOf(origin, draft.hashtags, mentioned),
    published: now,
    updated: null,
    created_at: now
  }
}

/** Deletes a local object for everyone who got it: Delete with a Tombstone, in its group too, and nothing readable left here. */
export async function deleteLocalObject(ctx: Ctx, trx: Knex, row: ObjectRow, publisher: ActorRow): Promise<void> {
  const { to, cc } = addressesOf(row, [])
  const object = tombstone({ iri: row.iri, formerType: row.type, published: row.published, deleted: ctx.clock.now() })
  const { body } = await publish(ctx, trx, {
    actor: publisher,
    type: 'Delete',
    object,
    to,
    cc,
    visibility: row.visibility,
    alsoInboxesOf: row.iri,
    ...audienceOfDoc(row)
  })
  if (row.group_id !== publisher.id) await passOnLocal(ctx, trx, row, body)
  await trx('media').where({ object_id: row.id }).update({ object_id: null })
  await tellNotified(ctx, trx, await tellOfDeletion(ctx, trx, row))
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
  const among = group ?? publisher
  const groupIri = visibility === 'members' ? among.iri : open ? (group?.iri ?? null) : null
  const members = visibility === 'members' ? await remoteMembers(trx, among.id) : []
  const mentions = mentioned.map((actor) => actor.iri)
  const addresses = addressing({
    visibility,
    followersIri: followersOf(publisher),
    groupIri,
    groupFollowersIri: open && group?.local === true ? followersOf(group) : null,
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

/** The `tags` column: mentions, then hashtags, each once. */
export function tagsOf(origin: string, hashtags: string[], mentioned: ActorRow[]): ObjectTag[] {
  const names = new Map(hashtags.map((name) => [foldTag(name) ?? name, name]))
  return [
    ...mentioned.map((actor) => ({ type: 'Mention', name: `@${actor.username}@${actor.domain}`, href: actor.iri })),
    ...[...names.values()].map((name) => ({ type: 'Hashtag', name: `#${name}`, href: tagUrl(origin, name) }))
  ]
}

/** Hashtags as object_tags keeps them. */
export function foldAll(hashtags: string[]): string[] {
  return [...new Set(hashtags.flatMap((name) => foldTag(name) ?? []))]
}

/** `to` and `cc` an object already has, and more people. */
export function addressesOf(row: ObjectRow, more: ActorRow[]): Addressing {
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.filter((iri): iri is string => typeof iri === 'string') : [])
  const to = list(row.doc['to'])
  const added = more.map((actor) => actor.iri)
  if (row.visibility === 'direct') return { to: [...new Set([...to, ...added])], cc: list(row.doc['cc']) }
  return { to, cc: [...new Set([...list(row.doc['cc']), ...added])].filter((iri) => !to.includes(iri)) }
}

/** The `audience` an object already has, for activities about it. */
export function audienceOfDoc(row: Pick<ObjectRow, 'doc'>): { extra?: Record<string, unknown> } {
  return typeof row.doc['audience'] === 'string' ? { extra: { audience: row.doc['audience'] } } : {}
}

/** Each actor once, in order. */
export function distinct(actors: ActorRow[]): ActorRow[] {
  return [...new Map(actors.map((actor) => [actor.id, actor])).values()]
}
