// Conversations in the Mastodon API: direct posts by thread (docs.joinmastodon.org/methods/conversations).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import {
  listConversations,
  markConversation,
  removeConversation,
  type ConversationPage
} from '../../features/conversations/conversations.ts'
import { requireAuth } from '../plugins/auth.ts'
import { idParam, linkPages, readPage } from './params.ts'
import { toAccount } from './serialise/account.ts'
import type { ConversationEntity } from './serialise/entities.ts'
import { toStatus } from './serialise/status.ts'

const WRITE = { config: { scope: 'write:conversations' } }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonConversations(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/conversations', { config: { scope: 'read:statuses' } }, async (request, reply) => {
    const page = readPage(request)
    const found = await listConversations(ctx, requireAuth(request).actor.id, page)
    linkPages(
      ctx,
      request,
      reply,
      found.conversations.map(({ row }) => row.last_id),
      page
    )
    return toConversations(ctx, found)
  })

  app.delete('/conversations/:id', WRITE, async (request) => {
    await removeConversation(ctx, requireAuth(request).actor.id, idParam(request))
    return {}
  })

  const mark = (unread: boolean) => async (request: FastifyRequest) =>
    toConversations(ctx, await markConversation(ctx, requireAuth(request).actor.id, idParam(request), unread))[0]
  app.post('/conversations/:id/read', WRITE, mark(false))
  app.post('/conversations/:id/unread', WRITE, mark(true))
}

/** Conversation entities of a page, in order. */
export function toConversations(ctx: Ctx, { conversations, parts }: ConversationPage): ConversationEntity[] {
  return conversations.map(({ row, people, last }) => ({
    id: row.id,
    unread: row.unread,
    accounts: people.map((actor) => toAccount(ctx, actor, actor)),
    last_status: last === null ? null : toStatus(ctx, last, parts)
  }))
}
