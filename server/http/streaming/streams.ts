// The streams of the Mastodon API (docs.joinmastodon.org/methods/streaming): each is a timeline, asked only for what just happened, so
// that a stream shows exactly what its timeline would show this person.
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import { listedAmong, type LiveObject } from '../../db/live.ts'
import type { Page } from '../../db/paging.ts'
import type { ListRow } from '../../db/rows.ts'
import type { StatusRow } from '../../db/status-parts.ts'
import {
  actorTimeline,
  findVisibleObject,
  groupsTimeline,
  homeTimeline,
  listTimeline,
  publicTimeline,
  tagTimeline,
  threadTimeline
} from '../../db/timelines.ts'
import { getList } from '../../features/lists/lists.ts'
import { readTag } from '../../features/tags/tags.ts'
import { AppError } from '../../core/errors.ts'

/** A stream somebody listens to. `name` is what events carry: the stream's word, and the hashtag or list. */
export type Stream =
  | { kind: 'user' | 'notifications' | 'direct'; name: string[] }
  | { kind: 'public'; name: string[]; local: boolean; remote: boolean; onlyMedia: boolean }
  | { kind: 'hashtag'; name: string[]; tag: string; local: boolean }
  | { kind: 'list'; name: string[]; list: ListRow }
  // Ours: what is said in one's groups, under one post, and by one person or group.
  | { kind: 'groups'; name: string[] }
  | { kind: 'account'; name: string[]; actorId: string }
  | { kind: 'thread'; name: string[]; rootId: string }

export interface StreamQuestion {
  stream: string
  tag?: string
  list?: string
  /** Id of a post of the thread. */
  thread?: string
  /** Id of a person or group. */
  account?: string
}

/** The stream a person asks for. Throws stream.unknown (400), 404 for a list that is not theirs or what is no hashtag. */
export async function readStream(ctx: Ctx, ownerId: string, { stream, tag, list, thread, account }: StreamQuestion): Promise<Stream> {
  const [, ...more] = stream.split(':')
  const flags = new Set(more)
  // Each stream has one name: other spellings would ask the same again.
  const isPublic = /^public(:(local|remote))?(:media)?$/.test(stream)
  if (stream === 'user' || stream === 'direct') return { kind: stream, name: [stream] }
  if (stream === 'user:notification') return { kind: 'notifications', name: [stream] }
  if (isPublic)
    return { kind: 'public', name: [stream], local: flags.has('local'), remote: flags.has('remote'), onlyMedia: flags.has('media') }
  if (stream === 'hashtag' || stream === 'hashtag:local')
    return { kind: 'hashtag', name: [stream, tag ?? ''], tag: readTag(tag ?? '').tag, local: flags.has('local') }
  if (stream === 'list' && isRowId(list)) return { kind: stream, name: [stream, list], list: await getList(ctx, ownerId, list) }
  if (stream === 'groups') return { kind: stream, name: [stream] }
  // Whoever is not there says nothing.
  if (stream === 'account' && isRowId(account)) return { kind: stream, name: [stream, account], actorId: account }
  if (stream === 'thread' && isRowId(thread)) {
    const post = await findVisibleObject(ctx, thread, { actorId: ownerId })
    if (post !== null) return { kind: stream, name: [stream, thread], rootId: post.root_id ?? post.id }
  }
  throw new AppError('stream.unknown', 400, 'Unknown stream type')
}

/** The scope a stream needs. */
export function scopeOf(stream: Stream): string {
  if (stream.kind === 'notifications') return 'read:notifications'
  return stream.kind === 'list' ? 'read:lists' : 'read:statuses'
}

/** The objects of these that belong into the stream of this person, oldest first. None without asking when none can. */
export async function belonging(ctx: Ctx, ownerId: string, stream: Stream, objects: LiveObject[]): Promise<StatusRow[]> {
  const viewer = { actorId: ownerId }
  const among = (some: LiveObject[]): Page => ({
    maxId: null,
    sinceId: null,
    minId: '0',
    limit: some.length,
    ids: some.map(({ id }) => id)
  })
  const open = objects.filter(({ visibility }) => visibility === 'public')
  const read = async (some: LiveObject[], timeline: (page: Page) => Promise<StatusRow[]>): Promise<StatusRow[]> =>
    some.length === 0 ? [] : (await timeline(among(some))).toReversed()
  switch (stream.kind) {
    case 'user':
      return read(objects, (page) => homeTimeline(ctx, ownerId, page))
    case 'public':
      return read(stream.local ? objects.filter(({ visibility }) => visibility === 'public' || visibility === 'local') : open, (page) =>
        publicTimeline(ctx, viewer, stream, page)
      )
    case 'hashtag':
      return read(
        open.filter(({ tags }) => tags.includes(stream.tag)),
        (page) => tagTimeline(ctx, viewer, stream.tag, stream, page)
      )
    case 'list': {
      const listed = await listedAmong(
        ctx,
        stream.list.id,
        objects.map(({ actor_id: actorId }) => actorId)
      )
      return read(
        objects.filter(({ actor_id: actorId }) => listed.has(actorId)),
        (page) => listTimeline(ctx, stream.list, page)
      )
    }
    case 'groups':
      return read(
        objects.filter(({ group_id: groupId }) => groupId !== null),
        (page) => groupsTimeline(ctx, ownerId, page)
      )
    case 'account':
      return read(
        objects.filter(({ actor_id: actorId }) => actorId === stream.actorId),
        (page) => actorTimeline(ctx, viewer, stream.actorId, {}, page)
      )
    case 'thread':
      return read(
        objects.filter(({ root_id: rootId }) => rootId === stream.rootId),
        (page) => threadTimeline(ctx, viewer, stream.rootId, page)
      )
    case 'notifications':
    case 'direct':
      return []
  }
}
