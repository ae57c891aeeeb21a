// The secret address of one's own calendar in the native API: made, made anew, ended. From a session of one's own only.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { requireSite } from '../../db/site.ts'
import { calendarSince, endCalendar, renewCalendar } from '../../features/feeds/personal.ts'
import { requireAuth } from '../plugins/auth.ts'
import { answers, Empty, orNull } from './schemas.ts'

const tags = ['events']
const session = { scope: 'session' }
const Since = Type.Object({ created_at: orNull(Type.String({ description: 'When the address was made; null: there is none' })) })
const Address = Type.Object(
  { url: Type.String({ description: 'Shown this once: only a hash of it is kept' }), created_at: Type.String() },
  { title: 'PersonalCalendar' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerPersonalCalendar(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/personal-calendar',
    { config: session, schema: { tags, summary: 'Whether one’s own calendar has an address', response: answers(200, Since) } },
    async (request) => {
      const since = await calendarSince(ctx, requireAuth(request).account.id)
      return { created_at: since?.toISOString() ?? null }
    }
  )

  app.post(
    '/personal-calendar',
    { config: session, schema: { tags, summary: 'Make an address for it; the one before ends', response: answers(201, Address) } },
    async (request, reply) => {
      const { token, since } = await renewCalendar(ctx, requireAuth(request).account.id)
      return reply.code(201).send({ url: `${requireSite(ctx).origin}/agenda/perso/${token}.ics`, created_at: since.toISOString() })
    }
  )

  app.delete(
    '/personal-calendar',
    { config: session, schema: { tags, summary: 'End its address', response: answers(200, Empty) } },
    async (request) => {
      await endCalendar(ctx, requireAuth(request).account.id)
      return {}
    }
  )
}
