// Following, blocking, muting and answering follow requests in the Mastodon API (docs.joinmastodon.org/methods/accounts).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { findActor } from '../../db/publishers.ts'
import { loadRelationships } from '../../db/relationships.ts'
import type { ActorRow } from '../../db/rows.ts'
import { blockActor, muteActor, unblockActor, unmuteActor } from '../../features/follows/block.ts'
import { endorseActor, unendorseActor } from '../../features/follows/endorse.ts'
import { noteActor } from '../../features/follows/note.ts'
import { followActor, unfollowActor } from '../../features/follows/follow.ts'
import { acceptRequest, rejectFollower } from '../../features/follows/requests.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, idParam, listOf, notFound, readParams, textOf, type Params } from './params.ts'
import type { Relationship } from './serialise/entities.ts'
import { toRelationship } from './serialise/relationship.ts'

type Work = (me: ActorRow, other: ActorRow, params: Params) => Promise<void>

/** Fastify plugin, to register under /api/v1. Each answers with how one now stands to the account. */
export async function mastodonAccountActions(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const act =
    (work: Work) =>
    async (request: FastifyRequest): Promise<Relationship> => {
      const { actor } = requireAuth(request)
      const params = await readParams(request)
      const other = await findActor(ctx, idParam(request))
      if (other === null || other.deleted_at !== null) throw notFound()
      await work(actor, other, params)
      const [row] = await loadRelationships(ctx, actor.id, [other.id])
      return toRelationship(row!)
    }
  const route = (path: string, scope: string, work: Work): void => {
    app.post(path, { config: { scope } }, act(work))
  }
  route('/accounts/:id/follow', 'write:follows', (me, other, params) =>
    followActor(ctx, me, other, {
      reblogs: boolOf(params['reblogs']),
      notify: boolOf(params['notify']),
      languages: params['languages'] === null || params['languages'] === '' ? [] : listOf(params['languages'])
    })
  )
  route('/accounts/:id/unfollow', 'write:follows', (me, other) => unfollowActor(ctx, me, other))
  route('/accounts/:id/remove_from_followers', 'write:follows', (me, other) => rejectFollower(ctx, me, other))
  for (const path of ['pin', 'endorse']) route(`/accounts/:id/${path}`, 'write:accounts', (me, other) => endorseActor(ctx, me, other))
  for (const path of ['unpin', 'unendorse']) route(`/accounts/:id/${path}`, 'write:accounts', (me, other) => unendorseActor(ctx, me, other))
  route('/accounts/:id/block', 'write:blocks', (me, other) => blockActor(ctx, me, other))
  route('/accounts/:id/unblock', 'write:blocks', (me, other) => unblockActor(ctx, me, other))
  route('/accounts/:id/mute', 'write:mutes', (me, other, params) =>
    muteActor(ctx, me, other, {
      notifications: boolOf(params['notifications']) ?? true,
      durationSeconds: Math.floor(Number(textOf(params['duration']) ?? 0)) || 0
    })
  )
  route('/accounts/:id/unmute', 'write:mutes', (me, other) => unmuteActor(ctx, me, other))
  route('/accounts/:id/note', 'write:accounts', (me, other, params) => noteActor(ctx, me, other, textOf(params['comment']) ?? ''))
  route('/follow_requests/:id/authorize', 'write:follows', (me, other) => acceptRequest(ctx, me, other))
  route('/follow_requests/:id/reject', 'write:follows', (me, other) => rejectFollower(ctx, me, other))
}
