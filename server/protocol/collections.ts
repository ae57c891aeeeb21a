// The collections that hang on actors and objects (federation.md §1.6). Counts for everybody, members for nobody, pages by cursor.
import type { Ctx } from '../context.ts'
import { isRowId } from '../core/ids.ts'
import {
  countMembers,
  countPublished,
  featuredIris,
  moderatorIris,
  objectDocs,
  outboxItems,
  replyIris,
  threadIris,
  type OutboxItem,
  type ServedActor,
  type ServedObject
} from '../db/documents.ts'
import { countStream } from '../db/streams.ts'
import { inlineCollection } from '../vocab/collection.ts'
import type { WireDocument } from '../vocab/context.ts'
import { toWireForm } from '../vocab/working-form.ts'

const PAGE_SIZE = 20
const MAX_THREAD = 200

/** Names of the collections of an actor; the last four are empty, but Mobilizon stops its whole refresh on a missing one. */
export const ACTOR_COLLECTIONS = [
  'outbox',
  'followers',
  'following',
  'featured',
  'tags',
  'members',
  'moderators',
  'events',
  'posts',
  'resources',
  'todos',
  'discussions'
] as const
export type ActorCollection = (typeof ACTOR_COLLECTIONS)[number]

export const OBJECT_COLLECTIONS = ['replies', 'likes', 'shares', 'context', 'attendees'] as const
export type ObjectCollection = (typeof OBJECT_COLLECTIONS)[number]

/** A collection of a local actor, or one of its pages when `page` says so. Null: no such page. */
export async function actorCollection(
  ctx: Ctx,
  actor: ServedActor,
  name: ActorCollection,
  page: string | null
): Promise<WireDocument | null> {
  const id = `${actor.iri}/${name}`
  switch (name) {
    case 'outbox':
      return page === null ? outbox(ctx, actor, id) : outboxPage(ctx, actor, id, page)
    case 'followers':
    case 'following':
      // Without `first` peers understand that the list is not shown (federation.md §1.6): who follows whom is personal.
      return { id, type: 'OrderedCollection', totalItems: await countStream(ctx.db, name, actor.iri), [`${name}Of`]: actor.iri }
    case 'featured':
      return inlineCollection(id, await featuredIris(ctx.db, actor.id))
    case 'tags':
      return inlineCollection(id, [], false)
    case 'members':
      return { ...inlineCollection(id, []), totalItems: await countMembers(ctx.db, actor.id) }
    case 'moderators':
      return inlineCollection(id, await moderatorIris(ctx.db, actor.id))
    case 'events':
      return inlineCollection(id, await objectDocs(ctx.db, actor.id, 'Event', ctx.clock.now()))
    case 'posts':
      return inlineCollection(id, await objectDocs(ctx.db, actor.id, 'Article', null))
    default:
      return inlineCollection(id, [])
  }
}

/** A collection of a visible local object. Null: no such page. */
export async function objectCollection(
  ctx: Ctx,
  object: ServedObject,
  iri: string,
  name: ObjectCollection,
  page: string | null
): Promise<WireDocument | null> {
  const id = `${iri}/${name}`
  if (name === 'likes') return { id, type: 'Collection', totalItems: object.likes, likesOf: iri }
  if (name === 'shares') return { id, type: 'Collection', totalItems: object.shares, sharesOf: iri }
  // How many, never who (decision 6 of federation.md §7.1).
  if (name === 'attendees')
    return object.joining === null ? null : { id, type: 'OrderedCollection', totalItems: object.joining.participants }
  if (name === 'context') {
    const iris = await threadIris(ctx.db, object.id, MAX_THREAD)
    return { ...inlineCollection(id, iris), attributedTo: object.doc['attributedTo'] }
  }
  const after = page === null || isFirst(page) ? null : page
  if (after !== null && !isRowId(after)) return null
  const first = await repliesPage(ctx, object.id, id, after)
  return page === null ? { id, type: 'Collection', repliesOf: iri, first } : first
}

async function outbox(ctx: Ctx, actor: ServedActor, id: string): Promise<WireDocument> {
  const collection = toWireForm(await ctx.apex.engine().buildCollection(id, true, await countPublished(ctx.db, actor.id)))
  return { ...collection, last: `${id}?page=last`, outboxOf: actor.iri }
}

async function outboxPage(ctx: Ctx, actor: ServedActor, id: string, page: string): Promise<WireDocument | null> {
  const before = isFirst(page) || page === 'last' ? null : page
  if (before !== null && !isRowId(before)) return null
  const items = await outboxItems(ctx.db, actor.id, PAGE_SIZE, before, page === 'last')
  const isEnd = page === 'last' || items.length < PAGE_SIZE
  const document = toWireForm(await ctx.apex.engine().buildCollectionPage(id, page, true, isEnd ? null : items.at(-1)!.id))
  return { ...document, orderedItems: items.map(outboxEntry) }
}

/** A Create with its object as it is today; an Announce of something of ours with its Create inside: Gancio and Mobilizon read no bare IRI here. */
function outboxEntry(item: OutboxItem): WireDocument {
  const activity = parse(item.body)
  if (item.type === 'Create' && item.doc !== null) return { ...activity, object: item.doc }
  if (item.created_body !== null && item.doc !== null) return { ...activity, object: { ...parse(item.created_body), object: item.doc } }
  return activity
}

function parse(body: string): WireDocument {
  const { '@context': _context, ...document } = JSON.parse(body) as WireDocument
  return document
}

async function repliesPage(ctx: Ctx, objectId: string, id: string, after: string | null): Promise<WireDocument> {
  const rows = await replyIris(ctx.db, objectId, PAGE_SIZE, after)
  return {
    id: `${id}?page=${after ?? '1'}`,
    type: 'CollectionPage',
    partOf: id,
    ...(rows.length < PAGE_SIZE ? {} : { next: `${id}?page=${rows.at(-1)!.id}` }),
    items: rows.map((row) => row.iri)
  }
}

/** The engine's first page is `true`, as Mastodon's; people type 1. */
function isFirst(page: string): boolean {
  return page === 'true' || page === '1'
}
