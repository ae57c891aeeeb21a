// Timelines of the Mastodon API: home, public (the commune's wall with local=true), hashtag (docs.joinmastodon.org/methods/timelines).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { homeTimeline, likedBy, publicTimeline, tagTimeline, type PublicScope } from '../../db/timelines.ts'
import { foldTag } from '../../protocol/normalise-parts.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, linkPages, notFound, readPage, textOf, viewerOf, type Params } from './params.ts'
import { presentPage, presentStatuses } from './present.ts'

const READ = { public: true }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonTimelines(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/timelines/home', { config: { scope: 'read:statuses' } }, async (request, reply) => {
    const page = readPage(request)
    return presentPage(ctx, request, reply, await homeTimeline(ctx, requireAuth(request).actor.id, page), page)
  })

  app.get('/timelines/public', { config: READ }, async (request, reply) => {
    const page = readPage(request)
    return presentPage(ctx, request, reply, await publicTimeline(ctx, viewerOf(request), scopeOf(request), page), page)
  })

  app.get('/favourites', { config: { scope: 'read:favourites' } }, async (request, reply) => {
    const page = readPage(request)
    const rows = await likedBy(ctx, requireAuth(request).actor.id, page)
    linkPages(
      ctx,
      request,
      reply,
      rows.map((row) => row.page_key),
      page
    )
    return presentStatuses(ctx, rows, viewerOf(request))
  })

  app.get('/timelines/tag/:hashtag', { config: READ }, async (request, reply) => {
    const tag = foldTag(textOf((request.params as Params)['hashtag']) ?? '')
    if (tag === null) throw notFound()
    const page = readPage(request)
    return presentPage(ctx, request, reply, await tagTimeline(ctx, viewerOf(request), tag, scopeOf(request), page), page)
  })
}

function scopeOf(request: FastifyRequest): PublicScope {
  const query = request.query as Params
  return {
    local: boolOf(query['local']) ?? false,
    remote: boolOf(query['remote']) ?? false,
    onlyMedia: boolOf(query['only_media']) ?? false
  }
}
