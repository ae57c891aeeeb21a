// What the search box finds: people, posts and hashtags known here, and by handle or address anything of the fediverse.
import type { Ctx } from '../../context.ts'
import { findByHandle, searchActors, searchAlike, searchObjects, searchTags } from '../../db/search.ts'
import { loadActorParts, type ActorPart, type StatusRow } from '../../db/status-parts.ts'
import { findStatus } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { resolveUri, type MayAsk } from '../../protocol/resolve.ts'
import { readOperators } from './operators.ts'

export interface SearchInput {
  text: string
  types: ('accounts' | 'statuses' | 'hashtags')[]
  /** Other servers may be asked for a handle or an address, each time after this; only for people who are logged in. Null: they are not. */
  mayAsk: MayAsk | null
  limit: number
  offset: number
  /** Only posts of this actor (row id); only people the viewer follows and their posts; only posts older than this row id. */
  accountId?: string | null
  following?: boolean
  maxId?: string | null
}

export interface SearchResults {
  actors: ActorPart[]
  objects: StatusRow[]
  tags: string[]
}

/** Longer texts are nobody's search. */
const MAX_TEXT = 300

/** Searches here, and elsewhere when asked to. A server that does not answer gives nothing, never an error; `mayAsk` may throw. */
export async function search(ctx: Ctx, viewer: Viewer, input: SearchInput): Promise<SearchResults> {
  const text = input.text.trim().slice(0, MAX_TEXT)
  if (text === '') return { actors: [], objects: [], tags: [] }
  const isAddress = /^https?:\/\//i.test(text)
  const isHandle = /^@?[^\s@/]+@[^\s@/]+$/.test(text)
  if (isAddress || (isHandle && input.mayAsk !== null)) {
    const found = await resolve(ctx, viewer, text, input)
    if (found !== null || isAddress) return found ?? { actors: [], objects: [], tags: [] }
  }
  const wants = (type: SearchInput['types'][number]): boolean => input.types.includes(type)
  const [actors, objects, tags] = await Promise.all([
    wants('accounts') && !text.startsWith('#') ? findActors(ctx, text, viewer, input) : [],
    wants('statuses') && !text.startsWith('@') ? findObjects(ctx, text, viewer, input) : [],
    wants('hashtags') && !text.startsWith('@') && input.offset === 0 ? searchTags(ctx, text, input.limit) : []
  ])
  return { actors, objects, tags }
}

/** People and groups; when nobody has that name, those of here whose name is nearly that. */
async function findActors(ctx: Ctx, text: string, viewer: Viewer, input: SearchInput): Promise<ActorPart[]> {
  const actors = await searchActors(ctx, text, input.limit, input.offset, viewer, input.following)
  return actors.length > 0 || input.offset > 0 || input.following === true ? actors : searchAlike(ctx, text, input.limit)
}

async function findObjects(ctx: Ctx, text: string, viewer: Viewer, input: SearchInput): Promise<StatusRow[]> {
  const { from, ...asked } = readOperators(text)
  const writer = from === null ? (input.accountId ?? null) : from === 'me' ? viewer.actorId : await findByHandle(ctx, from)
  // Nobody of that name has written anything; nor has one person under two names.
  if (from !== null && (writer === null || (input.accountId ?? writer) !== writer)) return []
  // Without words or a writer this would be a walk through everything.
  if (asked.words === '' && writer === null) return []
  const narrowed = { ...asked, actorId: writer, followedOnly: input.following ?? false, maxId: input.maxId ?? null }
  return searchObjects(ctx, narrowed, viewer, input.limit, input.offset)
}

async function resolve(ctx: Ctx, viewer: Viewer, text: string, input: SearchInput): Promise<SearchResults | null> {
  const found = input.mayAsk === null ? await findKnown(ctx, text) : await resolveUri(ctx, text, input.mayAsk)
  if (found === null) return null
  if ('actor' in found) {
    if (found.actor.deleted_at !== null || found.actor.suspended_at !== null || !input.types.includes('accounts')) return null
    return { actors: [...(await loadActorParts(ctx, [found.actor.id])).values()], objects: [], tags: [] }
  }
  const object = input.types.includes('statuses') ? await findStatus(ctx, found.object.id, viewer) : null
  return object === null ? null : { actors: [], objects: [object], tags: [] }
}

/** An address that is already here needs nobody else's help. Plan: actors_iri_key, objects_iri_key. */
async function findKnown(
  ctx: Ctx,
  iri: string
): Promise<{ actor: { id: string; deleted_at: Date | null; suspended_at: Date | null } } | { object: { id: string } } | null> {
  const actor = await ctx
    .db('actors')
    .where({ iri })
    .first<{ id: string; deleted_at: Date | null; suspended_at: Date | null } | undefined>('id', 'deleted_at', 'suspended_at')
  if (actor !== undefined) return { actor }
  const object = await ctx.db('objects').where({ iri }).first<{ id: string } | undefined>('id')
  return object === undefined ? null : { object }
}
