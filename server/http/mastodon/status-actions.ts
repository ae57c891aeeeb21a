// What people do with posts in the Mastodon API: like, boost, pin, keep, mute its thread, and who did (docs.joinmastodon.org/methods/statuses).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { findPublisher } from '../../db/publishers.ts'
import { boostersOf, likersOf } from '../../db/relationships.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import { boostObject, unboostObject } from '../../features/wall/boost.ts'
import { bookmarkObject, muteThread, unbookmarkObject, unmuteThread } from '../../features/wall/keep.ts'
import { likeObject, unlikeObject } from '../../features/wall/like.ts'
import { pinObject } from '../../features/wall/pin.ts'
import { requireAuth } from '../plugins/auth.ts'
import { idParam, notFound, readPage, readParams, textOf, viewerOf } from './params.ts'
import { presentAccounts, presentStatus } from './present.ts'
import type { Account, Status } from './serialise/entities.ts'

const FAVOURITES = { scope: 'write:favourites' }
const STATUSES = { scope: 'write:statuses' }
const ACCOUNTS = { scope: 'write:accounts' }
const BOOKMARKS = { scope: 'write:bookmarks' }
const MUTES = { scope: 'write:mutes' }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonStatusActions(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const act =
    (work: (actor: ActorRow, object: ObjectRow) => Promise<unknown>) =>
    async (request: FastifyRequest): Promise<Status> => {
      const { actor } = requireAuth(request)
      const object = await findVisibleObject(ctx, idParam(request), { actorId: actor.id })
      if (object === null) throw notFound()
      await work(actor, object)
      return presentStatus(ctx, object.id, { actorId: actor.id })
    }
  app.post(
    '/statuses/:id/favourite',
    { config: FAVOURITES },
    act((actor, object) => likeObject(ctx, actor, object))
  )
  app.post(
    '/statuses/:id/unfavourite',
    { config: FAVOURITES },
    act((actor, object) => unlikeObject(ctx, actor, object))
  )
  app.post(
    '/statuses/:id/unreblog',
    { config: STATUSES },
    act((actor, object) => unboostObject(ctx, actor, object))
  )
  app.post(
    '/statuses/:id/pin',
    { config: ACCOUNTS },
    act((actor, object) => pinObject(ctx, actor, object, true))
  )
  app.post(
    '/statuses/:id/unpin',
    { config: ACCOUNTS },
    act((actor, object) => pinObject(ctx, actor, object, false))
  )
  app.post(
    '/statuses/:id/bookmark',
    { config: BOOKMARKS },
    act((actor, object) => bookmarkObject(ctx, actor, object))
  )
  app.post(
    '/statuses/:id/unbookmark',
    { config: BOOKMARKS },
    act((actor, object) => unbookmarkObject(ctx, actor, object))
  )
  app.post(
    '/statuses/:id/mute',
    { config: MUTES },
    act((actor, object) => muteThread(ctx, actor, object))
  )
  app.post(
    '/statuses/:id/unmute',
    { config: MUTES },
    act((actor, object) => unmuteThread(ctx, actor, object))
  )

  app.post('/statuses/:id/reblog', { config: STATUSES }, async (request): Promise<Status> => {
    const { actor } = requireAuth(request)
    const params = await readParams(request)
    const object = await findVisibleObject(ctx, idParam(request), { actorId: actor.id })
    if (object === null) throw notFound()
    const booster = await findPublisher(ctx, actor, textOf(params['as']))
    const boost = await boostObject(ctx, booster, object, boostVisibility(params['visibility']))
    return presentStatus(ctx, boost.id, { actorId: actor.id })
  })

  const people =
    (list: typeof likersOf) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<Account[]> => {
      const object = await findVisibleObject(ctx, idParam(request), viewerOf(request))
      if (object === null) throw notFound()
      const page = readPage(request, 40, 80)
      return presentAccounts(ctx, request, reply, await list(ctx, object.id, page), page)
    }
  app.get('/statuses/:id/favourited_by', { config: { public: true } }, people(likersOf))
  app.get('/statuses/:id/reblogged_by', { config: { public: true } }, people(boostersOf))
}

function boostVisibility(value: unknown): 'public' | 'unlisted' | 'followers' {
  if (value === 'unlisted') return 'unlisted'
  return value === 'private' ? 'followers' : 'public'
}
