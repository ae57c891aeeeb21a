// Hashtags in the Mastodon API: read one, follow it, show it on one's profile (docs.joinmastodon.org/methods/tags, featured_tags).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow } from '../../db/rows.ts'
import { tagsUsedBy, tagUseOf } from '../../db/tags.ts'
import {
  featureTag,
  featuredTags,
  followedTags,
  followTag,
  MAX_FEATURED_TAGS,
  readTag,
  removeFeaturedTag,
  unfeatureTag,
  unfollowTag
} from '../../features/tags/tags.ts'
import { requireAuth } from '../plugins/auth.ts'
import { idParam, linkPages, notFound, readPage, readParams, textOf, viewerOf, type Params } from './params.ts'
import { presentTags } from './present.ts'
import type { FeaturedTag, Tag } from './serialise/entities.ts'
import { toFeaturedTag } from './serialise/tag.ts'

const READ_FOLLOWS = { config: { scope: 'read:follows' } }
const WRITE_FOLLOWS = { config: { scope: 'write:follows' } }
const READ_ACCOUNTS = { config: { scope: 'read:accounts' } }
const WRITE_ACCOUNTS = { config: { scope: 'write:accounts' } }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonTags(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const show = async (request: FastifyRequest): Promise<Tag> => {
    const [tag] = await presentTags(ctx, [readTag(nameOf(request))], viewerOf(request))
    return tag!
  }
  const change = (work: (ctx: Ctx, actorId: string, name: string) => Promise<unknown>) => async (request: FastifyRequest) => {
    await work(ctx, requireAuth(request).actor.id, nameOf(request))
    return show(request)
  }
  app.get('/tags/:name', { config: { public: true } }, show)
  app.post('/tags/:name/follow', WRITE_FOLLOWS, change(followTag))
  app.post('/tags/:name/unfollow', WRITE_FOLLOWS, change(unfollowTag))
  app.post('/tags/:name/feature', WRITE_ACCOUNTS, change(featureTag))
  app.post('/tags/:name/unfeature', WRITE_ACCOUNTS, change(unfeatureTag))

  app.get('/followed_tags', READ_FOLLOWS, async (request, reply) => {
    const page = readPage(request, 100, 200)
    const rows = await followedTags(ctx, requireAuth(request).actor.id, page)
    linkPages(
      ctx,
      request,
      reply,
      rows.map((row) => row.id),
      page
    )
    return presentTags(ctx, rows, viewerOf(request))
  })

  const showFeatured = async (actor: ActorRow, only?: string): Promise<FeaturedTag[]> => {
    const rows = (await featuredTags(ctx, actor.id)).filter(({ id }) => only === undefined || id === only)
    const uses = await tagUseOf(
      ctx,
      actor.id,
      rows.map(({ tag }) => tag)
    )
    return rows.map((row) => toFeaturedTag(ctx, row, actor, uses.get(row.tag)))
  }

  app.get('/featured_tags', READ_ACCOUNTS, async (request) => showFeatured(requireAuth(request).actor))

  app.post('/featured_tags', WRITE_ACCOUNTS, async (request) => {
    const { actor } = requireAuth(request)
    const { id } = await featureTag(ctx, actor.id, textOf((await readParams(request))['name']) ?? '')
    return (await showFeatured(actor, id))[0]
  })

  app.delete('/featured_tags/:id', WRITE_ACCOUNTS, async (request) => {
    await removeFeaturedTag(ctx, requireAuth(request).actor.id, idParam(request))
    return {}
  })

  app.get('/featured_tags/suggestions', READ_ACCOUNTS, async (request) => {
    const tags = await tagsUsedBy(ctx, requireAuth(request).actor.id, MAX_FEATURED_TAGS)
    return presentTags(
      ctx,
      tags.map((tag) => ({ tag, name: tag })),
      viewerOf(request)
    )
  })

  app.get('/accounts/:id/featured_tags', { config: { public: true } }, async (request) => {
    const actor = await findActor(ctx, idParam(request))
    if (actor === null || actor.deleted_at !== null || actor.suspended_at !== null) throw notFound()
    return showFeatured(actor)
  })
}

function nameOf(request: FastifyRequest): string {
  return textOf((request.params as Params)['name']) ?? ''
}
