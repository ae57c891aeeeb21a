// For administrators: servers whose agenda the instance follows as a whole, and those that follow ours (federation.md §4.12).
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { findRelay, instanceActor, listRelays } from '../../features/admin/relays.ts'
import { followActor, unfollowActor } from '../../features/follows/follow.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { allow } from './allow.ts'
import { answers, Empty, Id, MastodonAccount, strictObject } from './schemas.ts'

const tags = ['admin']

const Relay = Type.Object(
  {
    account: MastodonAccount,
    direction: Type.Union([Type.Literal('out'), Type.Literal('in')], { description: 'out: followed from here' }),
    state: Type.Union([Type.Literal('pending'), Type.Literal('accepted')])
  },
  { title: 'Relay' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerAdminRelays(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const config = { scope: 'admin:write' }
  const lookups = limitLookups(instance, ctx)

  app.get(
    '/admin/relays',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('site.read'),
      schema: { tags, summary: 'Servers whose agenda is followed, and that follow ours', response: answers(200, Type.Array(Relay)) }
    },
    async () => (await listRelays(ctx)).map(({ actor, direction, state }) => ({ account: toAccount(ctx, actor, null), direction, state }))
  )

  app.post(
    '/admin/relays',
    {
      config,
      preHandler: allow('site.edit'),
      schema: {
        tags,
        summary: 'Follow another server’s agenda: by its name, or the handle or address of its relay',
        body: strictObject({ server: Type.String({ maxLength: 400 }) }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      await lookups(request)()
      await followActor(ctx, await instanceActor(ctx), await findRelay(ctx, request.body.server))
      return {}
    }
  )

  app.delete(
    '/admin/relays/:account_id',
    {
      config,
      preHandler: allow('site.edit'),
      schema: { tags, summary: 'Follow it no more', params: Type.Object({ account_id: Id }), response: answers(200, Empty) }
    },
    async (request) => {
      const relay = (await listRelays(ctx)).find((one) => one.direction === 'out' && one.actor.id === request.params.account_id)
      if (relay !== undefined) await unfollowActor(ctx, await instanceActor(ctx), relay.actor)
      return {}
    }
  )
}
