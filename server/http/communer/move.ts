// Coming from another server and leaving for one, in the native API. Only from a session of one's own.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { addAlias, moveAway, moveState, removeAlias, stayHere } from '../../features/accounts/move.ts'
import { requireAuth } from '../plugins/auth.ts'
import { LIMITS, limitLookups } from '../plugins/rate-limit.ts'
import { answers, orNull, strictObject } from './schemas.ts'

const tags = ['accounts']
const Handle = Type.String({ maxLength: 320, description: 'user@host' })
const Alias = Type.Object({ iri: Type.String(), acct: orNull(Type.String()) })
const State = Type.Object(
  { aliases: Type.Array(Alias), moved_to: orNull(Alias), next_move_at: orNull(Type.String()) },
  { title: 'MoveState' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerMove(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const config = { scope: 'session', rateLimit: LIMITS.password }
  const lookups = limitLookups(app, ctx)
  const show = async (actorId: string) => {
    const { aliases, movedTo, nextMoveAt } = await moveState(ctx, actorId)
    return { aliases, moved_to: movedTo, next_move_at: nextMoveAt?.toISOString() ?? null }
  }

  app.get(
    '/account/move',
    { config: { scope: 'session' }, schema: { tags, summary: 'Where one comes from and where one went', response: answers(200, State) } },
    async (request) => show(requireAuth(request).actor.id)
  )

  app.post(
    '/account/aliases',
    {
      config,
      schema: {
        tags,
        summary: 'Say that an account elsewhere is one’s own too',
        body: strictObject({ handle: Handle }),
        response: answers(200, State)
      }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      await addAlias(ctx, actor.id, { ...request.body, mayAsk: lookups(request) })
      return show(actor.id)
    }
  )

  app.post(
    '/account/aliases/remove',
    {
      config,
      schema: {
        tags,
        summary: 'Take that back',
        body: strictObject({ iri: Type.String({ maxLength: 2048 }) }),
        response: answers(200, State)
      }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      await removeAlias(ctx, actor.id, request.body.iri)
      return show(actor.id)
    }
  )

  app.post(
    '/account/move',
    {
      config,
      schema: {
        tags,
        summary: 'Move to another account, with the followers',
        body: strictObject({ handle: Handle, password: Type.String({ maxLength: 1024 }) }),
        response: answers(200, State)
      }
    },
    async (request) => {
      const { account, actor } = requireAuth(request)
      await moveAway(ctx, account, actor.id, { ...request.body, mayAsk: lookups(request) })
      return show(actor.id)
    }
  )

  app.delete('/account/move', { config, schema: { tags, summary: 'Stay after all', response: answers(200, State) } }, async (request) => {
    const { actor } = requireAuth(request)
    await stayHere(ctx, actor.id)
    return show(actor.id)
  })
}
