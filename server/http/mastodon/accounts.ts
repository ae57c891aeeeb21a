// Accounts in the Mastodon API: find, read, their posts, who follows whom (docs.joinmastodon.org/methods/accounts).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import {
  blockedBy,
  endorsedBy,
  followRequestsOf,
  followedBy,
  followersOf,
  loadRelationships,
  mutedByActor
} from '../../db/relationships.ts'
import { loadActorParts, type ActorPart } from '../../db/status-parts.ts'
import { actorTimeline } from '../../db/timelines.ts'
import { findByAcct } from '../../features/search/lookup.ts'
import { search } from '../../features/search/search.ts'
import { askForFeatured } from '../../protocol/featured.ts'
import { foldTag } from '../../protocol/normalise-parts.ts'
import { requireAuth } from '../plugins/auth.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { boolOf, idParam, listOf, notFound, offsetOf, readPage, textOf, viewerOf, type Params } from './params.ts'
import { presentAccounts, presentPage } from './present.ts'
import { toAccount } from './serialise/account.ts'
import type { Account, MutedAccount } from './serialise/entities.ts'
import { toRelationship } from './serialise/relationship.ts'

const READ = { public: true }
/** People asked about in one request; a page of anything has fewer. */
const MAX_RELATIONSHIPS = 80

/** Fastify plugin, to register under /api/v1. */
export async function mastodonAccounts(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const lookups = limitLookups(app, ctx)
  /** With the account it went on as, one hop. */
  const withMoved = async (actor: ActorPart): Promise<Account> => {
    const target = actor.moved_to_id === null ? undefined : (await loadActorParts(ctx, [actor.moved_to_id])).get(actor.moved_to_id)
    return { ...toAccount(ctx, actor, actor), moved: target === undefined || isGone(target) ? null : toAccount(ctx, target, target) }
  }

  app.get('/accounts/lookup', { config: READ }, async (request) => {
    const id = await findByAcct(ctx, textOf((request.query as Params)['acct']) ?? '')
    if (id === null) throw notFound()
    return withMoved(await getActor(ctx, id))
  })

  app.get('/accounts/search', { config: { scope: 'read:accounts' } }, async (request) => {
    const query = request.query as Params
    const { limit } = readPage(request, 40, 80)
    const input = {
      text: textOf(query['q']) ?? '',
      types: ['accounts' as const],
      mayAsk: boolOf(query['resolve']) ? lookups(request) : null,
      limit,
      offset: offsetOf(query['offset']),
      following: boolOf(query['following']) ?? false
    }
    const { actors } = await search(ctx, viewerOf(request), input)
    return actors.map((actor) => toAccount(ctx, actor, actor))
  })

  app.get('/accounts/relationships', { config: { scope: 'read:follows' } }, async (request) => {
    const query = request.query as Params
    const ids = (listOf(query['id'] ?? query['ids'], MAX_RELATIONSHIPS) ?? []).filter(isRowId)
    return (await loadRelationships(ctx, requireAuth(request).actor.id, [...new Set(ids)])).map(toRelationship)
  })

  app.get('/accounts', { config: READ }, async (request) => {
    const query = request.query as Params
    const ids = (listOf(query['id'] ?? query['ids'], 40) ?? []).filter(isRowId)
    const actors = await loadActorParts(ctx, ids)
    return ids.flatMap((id) => {
      const actor = actors.get(id)
      return actor === undefined || isGone(actor) ? [] : [toAccount(ctx, actor, actor)]
    })
  })

  app.get('/accounts/:id', { config: READ }, async (request) => withMoved(await getActor(ctx, idParam(request))))

  app.get('/accounts/:id/statuses', { config: READ }, async (request, reply) => {
    const query = request.query as Params
    const actor = await getActor(ctx, idParam(request))
    const page = readPage(request)
    const pinned = boolOf(query['pinned']) ?? false
    // Only people of ours make the server ask others for anything (F24).
    if (pinned && viewerOf(request).actorId !== null) await askForFeatured(ctx, actor)
    const rows = await actorTimeline(
      ctx,
      viewerOf(request),
      actor.id,
      {
        excludeReplies: boolOf(query['exclude_replies']) ?? false,
        excludeReblogs: boolOf(query['exclude_reblogs']) ?? false,
        onlyMedia: boolOf(query['only_media']) ?? false,
        pinned,
        tag: foldTag(textOf(query['tagged']) ?? '')
      },
      page
    )
    return presentPage(ctx, request, reply, rows, page)
  })

  const listOfActor =
    (list: typeof followersOf) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<Account[]> => {
      const actor = await getActor(ctx, idParam(request))
      // Whom one follows and who follows may be for oneself alone (Mastodon's hide_collections).
      if (actor.hide_collections && viewerOf(request).actorId !== actor.id) return []
      const page = readPage(request, 40, 80)
      return presentAccounts(ctx, request, reply, await list(ctx, actor.id, page), page)
    }
  app.get('/accounts/:id/followers', { config: READ }, listOfActor(followersOf))
  app.get('/accounts/:id/following', { config: READ }, listOfActor(followedBy))

  app.get('/accounts/:id/endorsements', { config: READ }, async (request, reply) => {
    const actor = await getActor(ctx, idParam(request))
    const page = readPage(request, 40, 80)
    return presentAccounts(ctx, request, reply, await endorsedBy(ctx, actor.id, page), page)
  })

  const ownList =
    (list: typeof followersOf) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<Account[]> => {
      const page = readPage(request, 40, 80)
      return presentAccounts(ctx, request, reply, await list(ctx, requireAuth(request).actor.id, page), page)
    }
  app.get('/follow_requests', { config: { scope: 'read:follows' } }, ownList(followRequestsOf))
  app.get('/endorsements', { config: { scope: 'read:accounts' } }, ownList(endorsedBy))
  app.get('/blocks', { config: { scope: 'read:blocks' } }, ownList(blockedBy))
  app.get('/mutes', { config: { scope: 'read:mutes' } }, async (request, reply): Promise<MutedAccount[]> => {
    const page = readPage(request, 40, 80)
    const actors = await mutedByActor(ctx, requireAuth(request).actor.id, page)
    const ends = new Map(actors.map((actor) => [actor.id, actor.mute_ends]))
    return presentAccounts(ctx, request, reply, actors, page).map((account) => ({
      ...account,
      mute_expires_at: ends.get(account.id)?.toISOString() ?? null
    }))
  })
}

/** An actor that is there to be seen. Someone suspended or waiting for approval is nobody. */
async function getActor(ctx: Ctx, id: string): Promise<ActorPart> {
  const actor = (await loadActorParts(ctx, [id])).get(id)
  if (actor === undefined || isGone(actor)) throw notFound()
  return actor
}

function isGone(actor: ActorPart): boolean {
  return actor.suspended_at !== null || actor.deleted_at !== null || actor.host_action === 'block'
}
