// Posts as Atom feeds anyone may subscribe to, of the commune and of each local actor. Public things only (security.md V03).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import type { ActorPart } from '../db/status-parts.ts'
import { requireSite } from '../db/site.ts'
import { atomFeed } from '../features/feeds/atom.ts'
import { feedPosts, findFeedOwner } from '../features/feeds/sources.ts'
import { sendFeed } from './feed-answer.ts'
import { notFound } from './mastodon/params.ts'

const READ = { config: { public: true } }

/** Fastify plugin: /feed.atom and /@username/feed.atom. */
export async function feeds(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/feed.atom', READ, async (request, reply) => sendPosts(ctx, request, reply, null))
  app.get<{ Params: { username: string } }>('/@:username/feed.atom', READ, async (request, reply) => {
    const owner = await findFeedOwner(ctx, request.params.username)
    if (owner === null) throw notFound()
    return sendPosts(ctx, request, reply, owner)
  })
}

async function sendPosts(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, owner: ActorPart | null): Promise<FastifyReply> {
  const site = requireSite(ctx)
  const { rows, actors } = await feedPosts(ctx, owner)
  const pageUrl = owner === null ? `${site.origin}/` : `${site.origin}/@${owner.username}`
  const frame = {
    title: owner === null ? site.name : owner.name || owner.username,
    description: owner === null ? site.description : `@${owner.username}@${owner.domain}`,
    selfUrl: owner === null ? `${site.origin}/feed.atom` : `${pageUrl}/feed.atom`,
    pageUrl,
    since: owner?.published ?? new Date(0)
  }
  return sendFeed(request, reply, 'application/atom+xml; charset=utf-8', atomFeed(frame, rows, actors), rows)
}
