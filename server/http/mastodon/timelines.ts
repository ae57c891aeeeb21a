// Timelines of the Mastodon API: home, public (the commune's wall with local=true), hashtag, list, and what one kept (docs.joinmastodon.org/methods/timelines).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { bookmarkedBy, homeTimeline, likedBy, listTimeline, publicTimeline, tagTimeline, type PublicScope } from '../../db/timelines.ts'
import { getList } from '../../features/lists/lists.ts'
import { foldTag } from '../../protocol/normalise-parts.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, idParam, linkPages, notFound, readPage, textOf, viewerOf, type Params } from './params.ts'
import { presentPage, presentStatuses } from './present.ts'
import type { Status } from './serialise/entities.ts'

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

  app.get('/timelines/list/:id', { config: { scope: 'read:lists' } }, async (request, reply) => {
    const list = await getList(ctx, requireAuth(request).actor.id, idParam(request))
    const page = readPage(request)
    return presentPage(ctx, request, reply, await listTimeline(ctx, list, page), page)
  })

  const kept =
    (list: typeof likedBy) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<Status[]> => {
      const page = readPage(request)
      const rows = await list(ctx, requireAuth(request).actor.id, page)
      linkPages(
        ctx,
        request,
        reply,
        rows.map((row) => row.page_key),
        page
      )
      return presentStatuses(ctx, rows, viewerOf(request))
    }
  app.get('/favourites', { config: { scope: 'read:favourites' } }, kept(likedBy))
  app.get('/bookmarks', { config: { scope: 'read:bookmarks' } }, kept(bookmarkedBy))

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
