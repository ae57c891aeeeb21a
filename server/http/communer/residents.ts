// Living in the commune, in the native API: said by oneself, confirmed by the town hall. Rules are features/territory/residents.ts.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { declare, residenceOf, verify } from '../../features/territory/residents.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { answers, Id, strictObject } from './schemas.ts'

const tags = ['residents']
const Residence = Type.Object({ residence: Type.Union([Type.Literal('unknown'), Type.Literal('declared'), Type.Literal('verified')]) })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerResidents(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/residence',
    {
      config: { scope: 'read:accounts' },
      schema: { tags, summary: 'Whether one lives in the commune', response: answers(200, Residence) }
    },
    async (request) => ({ residence: await residenceOf(ctx, requireAuth(request).actor.id) })
  )

  app.put(
    '/residence',
    {
      config: { scope: 'write:accounts' },
      schema: {
        tags,
        summary: 'Say that one lives here, or no more',
        body: strictObject({ lives_here: Type.Boolean() }),
        response: answers(200, Residence)
      }
    },
    async (request) => ({ residence: await declare(ctx, requireAuth(request).actor, request.body.lives_here) })
  )

  app.put(
    '/residents/:id',
    {
      config: { scope: 'write:accounts' },
      schema: {
        tags,
        summary: 'The town hall confirms that somebody lives here, or takes it back',
        params: Type.Object({ id: Id }),
        body: strictObject({ verified: Type.Boolean() }),
        response: answers(200, Residence)
      }
    },
    async (request) => ({ residence: await verify(ctx, whoIs(request)!, request.params.id, request.body.verified) })
  )
}
