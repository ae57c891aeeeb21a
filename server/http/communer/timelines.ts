// Timelines Mastodon has no word for: what is said in the reader's groups; and why a post stands in one.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { findStatus, groupsTimeline } from '../../db/timelines.ts'
import { whySeen, type Feed } from '../../db/why.ts'
import { notFound, readPage } from '../mastodon/params.ts'
import { presentPage } from '../mastodon/present.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { requireAuth } from '../plugins/auth.ts'
import { answers, Id, MastodonAccount, orNull } from './schemas.ts'

const PageQuery = Type.Object({
  max_id: Type.Optional(Id),
  since_id: Type.Optional(Id),
  min_id: Type.Optional(Id),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 40 }))
})

const FEEDS: Feed[] = ['home', 'groups', 'commune', 'fediverse']
const Why = Type.Object(
  {
    reason: Type.String({ description: 'own, named, follows, shared, group, tag, commune, local, followed, open' }),
    account: orNull(MastodonAccount),
    tag: Type.Optional(Type.String()),
    followers: Type.Optional(Type.Integer({ description: 'People of this instance who follow the author' }))
  },
  { title: 'Why' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerTimelines(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.get(
    '/timelines/groups',
    {
      config: { scope: 'read:statuses' },
      schema: {
        tags: ['groups'],
        summary: 'What is said in the groups one belongs to, newest first; older by the Link header',
        querystring: PageQuery,
        response: answers(200, Type.Array(Type.Object({}, { additionalProperties: true, title: 'Status' })))
      }
    },
    async (request, reply) => {
      const page = readPage(request)
      return presentPage(ctx, request, reply, await groupsTimeline(ctx, requireAuth(request).actor.id, page), page)
    }
  )

  app.get(
    '/statuses/:id/why',
    {
      config: { scope: 'read:statuses' },
      schema: {
        tags: ['timelines'],
        summary: 'Why the reader sees a post in a timeline: every rule that holds, the strongest first',
        params: Type.Object({ id: Id }),
        querystring: Type.Object({ feed: Type.Optional(Type.Unsafe<Feed>({ type: 'string', enum: FEEDS })) }),
        response: answers(200, Type.Array(Why))
      }
    },
    async (request) => {
      const viewerId = requireAuth(request).actor.id
      // The row of this very id, a boost's own: it is shown for who shared it.
      const row = await findStatus(ctx, request.params.id, { actorId: viewerId })
      if (row === null) throw notFound()
      const reasons = await whySeen(ctx, viewerId, row, request.query.feed ?? 'home')
      const actors = await loadActorParts(
        ctx,
        reasons.flatMap((one) => ('actorId' in one ? [one.actorId] : []))
      )
      return reasons.flatMap((one): Static<typeof Why>[] => {
        if (!('actorId' in one)) return [{ ...one, account: null }]
        const actor = actors.get(one.actorId)
        return actor === undefined ? [] : [{ reason: one.reason, account: toAccount(ctx, actor, actor) }]
      })
    }
  )
}
