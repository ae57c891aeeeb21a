// Who listens to what in this process, and what each of them gets when something happens. Every notice is read again for every person:
// what they may see, have muted, filter and hold a token for is decided at that moment, by the same queries as their timelines.
import type { Ctx } from '../../context.ts'
import { coversScope } from '../../core/scopes.ts'
import {
  conversingAmong,
  homesWith,
  listen,
  liveObjects,
  livingTokens,
  notifiedAmong,
  type Listener,
  type LiveObject,
  type Notice
} from '../../db/live.ts'
import { ANYONE, deletionAudience } from '../../db/visibility.ts'
import { currentAnnouncements } from '../../features/announcements/announcements.ts'
import { conversationsAbout } from '../../features/conversations/conversations.ts'
import { findNotification } from '../../features/notifications/list.ts'
import { toConversations } from '../mastodon/conversations.ts'
import { presentStatuses } from '../mastodon/present.ts'
import { toAnnouncement } from '../mastodon/serialise/announcement.ts'
import { toNotification } from '../mastodon/serialise/notification.ts'
import { belonging, type Stream } from './streams.ts'

/** One event for one connection. */
export interface LiveEvent {
  event:
    | 'update'
    | 'status.update'
    | 'delete'
    | 'notification'
    | 'conversation'
    | 'filters_changed'
    | 'announcement'
    | 'announcement.delete'
    | 'announcement.reaction'
  /** JSON, or an id; none for filters_changed. */
  payload?: string
  stream: string[]
}

export interface Subscriber {
  actorId: string
  tokenId: string
  scopes: string[]
  /** By their name. */
  streams: Map<string, Stream>
  send(event: LiveEvent): void
  /** The token ended, or the connection cannot follow. */
  end(): void
}

export interface Hub {
  /** Adds a connection; it hears what happens from the moment this resolves. False: the person has too many already. */
  add(subscriber: Subscriber): Promise<boolean>
  remove(subscriber: Subscriber): void
  /** Ends every connection. */
  close(): Promise<void>
}

const MAX_CONNECTIONS_PER_PERSON = 20
/** Notices that wait while others are being told; what comes beyond is not live any more: clients read timelines again. */
const MAX_WAITING = 500
/** A token that ends closes its connections within this time (security.md V08: 5 s). */
const CHECK_TOKENS_MS = 3_000

/** Nothing runs, and no connection to the database is held, while nobody listens. */
export function createHub(ctx: Ctx): Hub {
  const subscribers = new Set<Subscriber>()
  let listener: Listener | null = null
  let checker: NodeJS.Timeout | null = null
  const waiting: Notice[] = []
  let working = false

  const work = async (): Promise<void> => {
    if (working) return
    working = true
    for (let notice = waiting.shift(); notice !== undefined; notice = waiting.shift()) {
      try {
        await dispatch(ctx, [...subscribers], notice)
      } catch (error) {
        ctx.log.warn({ err: error, kind: notice.kind }, 'a live update could not be told')
      }
    }
    working = false
  }
  const hear = (notice: Notice): void => {
    if (waiting.length >= MAX_WAITING) return ctx.count('streaming.dropped')
    waiting.push(notice)
    void work()
  }
  const checkTokens = async (): Promise<void> => {
    const living = await livingTokens(ctx, [...new Set([...subscribers].map(({ tokenId }) => tokenId))])
    for (const subscriber of subscribers) if (!living.has(subscriber.tokenId)) subscriber.end()
  }
  const rest = (): void => {
    if (subscribers.size > 0) return
    if (checker !== null) clearInterval(checker)
    checker = null
    void listener?.close()
    listener = null
  }
  return {
    async add(subscriber) {
      const own = [...subscribers].filter(({ actorId }) => actorId === subscriber.actorId)
      if (own.length >= MAX_CONNECTIONS_PER_PERSON) return false
      subscribers.add(subscriber)
      listener ??= listen(ctx, hear)
      checker ??= setInterval(
        () =>
          void checkTokens().catch((error: unknown) => ctx.log.warn({ err: error }, 'the tokens of live connections could not be checked')),
        CHECK_TOKENS_MS
      )
      await listener.ready
      return true
    },
    remove(subscriber) {
      subscribers.delete(subscriber)
      rest()
    },
    async close() {
      for (const subscriber of subscribers) subscriber.end()
      subscribers.clear()
      const last = listener
      rest()
      await last?.close()
    }
  }
}

async function dispatch(ctx: Ctx, subscribers: Subscriber[], { kind, ids }: Notice): Promise<void> {
  if (subscribers.length === 0) return
  switch (kind) {
    case 'posted':
      await tellStatuses(ctx, subscribers, 'update', await liveObjects(ctx, ids))
      return tellConversations(ctx, subscribers, ids)
    case 'object-updated':
      return tellStatuses(ctx, subscribers, 'status.update', await liveObjects(ctx, ids))
    case 'object-deleted':
      return tellDeleted(ctx, subscribers, ids)
    case 'boost-ended':
      return tellAll(subscribers, isTimeline, 'delete', ids)
    case 'notified':
      return tellNotifications(ctx, subscribers, ids)
    case 'filters-changed':
      for (const subscriber of subscribers)
        if (ids.includes(subscriber.actorId))
          forStreams(subscriber, isUser, (stream) => subscriber.send({ event: 'filters_changed', stream }))
      return
    case 'announcement-deleted':
      return tellAll(subscribers, isUser, 'announcement.delete', ids)
    case 'announced':
      return tellAll(subscribers, isUser, 'announcement', await announcementPayloads(ctx, ids))
    case 'announcement-reacted':
      return tellAll(subscribers, isUser, 'announcement.reaction', await reactionPayloads(ctx, ids))
  }
}

const isUser = ({ kind }: Stream): boolean => kind === 'user'
const isTimeline = ({ kind }: Stream): boolean => kind !== 'notifications' && kind !== 'direct'

async function tellStatuses(ctx: Ctx, subscribers: Subscriber[], event: 'update' | 'status.update', objects: LiveObject[]): Promise<void> {
  if (objects.length === 0) return
  const people = owners(subscribers, isUser)
  const atHome = await homesWith(
    ctx,
    people,
    objects.map(({ id }) => id)
  )
  // Two tabs of one person show the same: asked once.
  const known = new Map<string, Promise<string[]>>()
  for (const subscriber of subscribers) {
    for (const [key, stream] of subscriber.streams) {
      if (stream.kind === 'user' && !atHome.has(subscriber.actorId)) continue
      const asked = `${subscriber.actorId} ${key}`
      if (!known.has(asked)) known.set(asked, payloadsOf(ctx, subscriber.actorId, stream, objects).catch(nothing(ctx)))
      for (const payload of await known.get(asked)!) subscriber.send({ event, payload, stream: stream.name })
    }
  }
}

/** What fails for one person is not live for that person alone. */
function nothing(ctx: Ctx): (error: unknown) => string[] {
  return (error) => {
    ctx.log.warn({ err: error }, 'a live update could not be shown to somebody')
    return []
  }
}

async function payloadsOf(ctx: Ctx, actorId: string, stream: Stream, objects: LiveObject[]): Promise<string[]> {
  const rows = await belonging(ctx, actorId, stream, objects)
  return rows.length === 0 ? [] : (await presentStatuses(ctx, rows, { actorId })).map((status) => JSON.stringify(status))
}

async function tellConversations(ctx: Ctx, subscribers: Subscriber[], ids: string[]): Promise<void> {
  const isDirect = ({ kind }: Stream): boolean => kind === 'direct'
  const people = owners(subscribers, isDirect)
  if (people.length === 0) return
  for (const ownerId of await conversingAmong(ctx, ids, people)) {
    const payloads = toConversations(ctx, await conversationsAbout(ctx, ownerId, ids)).map((one) => JSON.stringify(one))
    for (const subscriber of subscribers.filter(({ actorId }) => actorId === ownerId))
      for (const payload of payloads)
        forStreams(subscriber, isDirect, (stream) => subscriber.send({ event: 'conversation', payload, stream }))
  }
}

async function tellNotifications(ctx: Ctx, subscribers: Subscriber[], ids: string[]): Promise<void> {
  const wants = ({ kind }: Stream): boolean => kind === 'user' || kind === 'notifications'
  for (const { id, owner_id: ownerId } of await notifiedAmong(ctx, ids, owners(subscribers, wants))) {
    const page = await findNotification(ctx, ownerId, id)
    const [row] = page.rows
    const notification = row === undefined ? null : toNotification(ctx, row, page)
    if (notification === null) continue
    const payload = JSON.stringify(notification)
    for (const subscriber of subscribers) {
      if (subscriber.actorId !== ownerId || !coversScope(subscriber.scopes, 'read:notifications')) continue
      forStreams(subscriber, wants, (stream) => subscriber.send({ event: 'notification', payload, stream }))
    }
  }
}

async function tellDeleted(ctx: Ctx, subscribers: Subscriber[], ids: string[]): Promise<void> {
  const people = owners(subscribers, isTimeline)
  for (const id of ids) {
    const audience = new Set(await deletionAudience(ctx, id, people))
    tellAll(
      subscribers.filter(({ actorId }) => audience.has(actorId)),
      isTimeline,
      'delete',
      [id]
    )
  }
}

/** As nobody in particular sees them: for everybody they are new. */
async function announcementPayloads(ctx: Ctx, ids: string[]): Promise<string[]> {
  const current = await currentAnnouncements(ctx, ANYONE)
  return current.filter(({ id }) => ids.includes(id)).map((one) => JSON.stringify(toAnnouncement(one)))
}

async function reactionPayloads(ctx: Ctx, ids: string[]): Promise<string[]> {
  const current = new Map((await currentAnnouncements(ctx, ANYONE)).map((one) => [one.id, one]))
  return ids.flatMap((one) => {
    const [id, name] = one.split(' ') as [string, string]
    const announcement = current.get(id)
    const count = announcement?.reactions.find((reaction) => reaction.name === name)?.count ?? 0
    return announcement === undefined ? [] : [JSON.stringify({ name, count, announcement_id: id })]
  })
}

function tellAll(subscribers: Subscriber[], wants: (stream: Stream) => boolean, event: LiveEvent['event'], payloads: string[]): void {
  for (const subscriber of subscribers)
    for (const payload of payloads) forStreams(subscriber, wants, (stream) => subscriber.send({ event, payload, stream }))
}

function forStreams(subscriber: Subscriber, wants: (stream: Stream) => boolean, work: (name: string[]) => void): void {
  for (const stream of subscriber.streams.values()) if (wants(stream)) work(stream.name)
}

function owners(subscribers: Subscriber[], wants: (stream: Stream) => boolean): string[] {
  return [...new Set(subscribers.filter(({ streams }) => [...streams.values()].some(wants)).map(({ actorId }) => actorId))]
}
