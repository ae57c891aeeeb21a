// Direct posts by thread, for each person in them. The database keeps the rows (migration 0042); here they are read, marked and put away.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { inOrder, pageOf, type Page } from '../../db/paging.ts'
import type { ConversationRow } from '../../db/rows.ts'
import { loadActorParts, loadStatusParts, type ActorPart, type StatusParts, type StatusRow } from '../../db/status-parts.ts'
import { findStatuses } from '../../db/timelines.ts'

/** A conversation with who else is in it; `last` is null when the person may not see the last post any more. */
export interface Conversation {
  row: ConversationRow
  people: ActorPart[]
  last: StatusRow | null
}

export interface ConversationPage {
  conversations: Conversation[]
  parts: StatusParts
}

/** A person's conversations, the latest message first; pages go by the id of that message. Plan: conversations_owner. */
export async function listConversations(ctx: Ctx, ownerId: string, page: Page): Promise<ConversationPage> {
  const rows = (await pageOf(own(ctx.db, ownerId), 'last_id', page)) as ConversationRow[]
  return withParts(ctx, ownerId, inOrder(rows, page))
}

/** Some of a person's conversations, by the id of a message in them. */
export async function conversationsAbout(ctx: Ctx, ownerId: string, objectIds: string[]): Promise<ConversationPage> {
  return withParts(ctx, ownerId, (await own(ctx.db, ownerId).whereIn('last_id', objectIds)) as ConversationRow[])
}

/** Marks a conversation as read or unread. Throws 404. */
export async function markConversation(ctx: Ctx, ownerId: string, id: string, unread: boolean): Promise<ConversationPage> {
  const rows = (await own(ctx.db, ownerId).where({ id }).update({ unread }).returning('*')) as ConversationRow[]
  if (rows.length === 0) throw new AppError('request.not-found', 404, 'Record not found')
  return withParts(ctx, ownerId, rows)
}

/** Takes a conversation off the list; its next message brings it back. Throws 404. */
export async function removeConversation(ctx: Ctx, ownerId: string, id: string): Promise<void> {
  if ((await own(ctx.db, ownerId).where({ id }).delete()) === 0) throw new AppError('request.not-found', 404, 'Record not found')
}

function own(db: Knex, ownerId: string): Knex.QueryBuilder {
  return db('conversations').where({ owner_id: ownerId })
}

async function withParts(ctx: Ctx, ownerId: string, rows: ConversationRow[]): Promise<ConversationPage> {
  const viewer = { actorId: ownerId }
  const lastIds = rows.map((row) => row.last_id)
  const statuses = await findStatuses(ctx, lastIds, viewer)
  const named = await ctx
    .db('object_recipients')
    .whereIn('object_id', lastIds)
    .select<{ object_id: string; actor_id: string }[]>('object_id', 'actor_id')
  const byId = new Map(statuses.map((status) => [status.id, status]))
  const inIt = (id: string): string[] => {
    const everyone = [byId.get(id)?.actor_id ?? [], named.flatMap((one) => (one.object_id === id ? one.actor_id : []))].flat()
    const others = [...new Set(everyone)].filter((actorId) => actorId !== ownerId)
    // A note to oneself.
    return others.length === 0 ? [ownerId] : others
  }
  const actors = await loadActorParts(ctx, [...new Set(lastIds.flatMap(inIt))])
  return {
    conversations: rows.map((row) => ({
      row,
      people: inIt(row.last_id).flatMap((id) => actors.get(id) ?? []),
      last: byId.get(row.last_id) ?? null
    })),
    parts: await loadStatusParts(ctx, statuses, viewer)
  }
}
