// People without an account and an event, in the native API: registering by mail, and the link that is theirs.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { findEvent } from '../../db/events.ts'
import { askAsGuest, confirmGuest, guestOf, leaveAsGuest, type Guest } from '../../features/events/guests.ts'
import { viewerOf } from '../mastodon/params.ts'
import { assertSameOrigin } from '../plugins/csrf.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { localeOf } from '../plugins/locale.ts'
import { getEvent } from './event-answers.ts'
import { toGuestRegistration } from './event-participants.ts'
import { GuestBody, GuestRegistration } from './event-schemas.ts'
import { answers, Empty, Id, strictObject } from './schemas.ts'

const tags = ['events']
const Token = Type.String({ maxLength: 200, description: 'From the mail; one that is cut short opens nothing' })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerEventGuests(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('preValidation', async (request) => assertSameOrigin(ctx, request, { whenSaid: true }))

  app.post(
    '/events/:id/guests',
    {
      config: { public: true, rateLimit: LIMITS.mail },
      schema: {
        tags,
        summary: 'Register without an account: a mail asks to confirm. The answer tells nobody whether the address is known',
        params: Type.Object({ id: Id }),
        body: GuestBody,
        response: answers(202, Empty)
      }
    },
    async (request, reply) => {
      const event = await getEvent(ctx, request.params.id, viewerOf(request))
      await askAsGuest(ctx, event, { ...request.body, locale: localeOf(request) })
      return reply.code(202).send({})
    }
  )

  app.get(
    '/guests',
    {
      config: { public: true, rateLimit: LIMITS.guest },
      schema: {
        tags,
        summary: 'The registration a link from a mail speaks of; nothing changes',
        querystring: Type.Object({ token: Token }),
        response: answers(200, GuestRegistration)
      }
    },
    async (request, reply) => {
      reply.header('cache-control', 'private, no-store')
      return show(ctx, await guestOf(ctx, request.query.token))
    }
  )

  for (const [verb, summary, act] of [
    ['confirm', 'Confirm with the link from the mail: the seat is taken, or asked for', confirmGuest],
    ['leave', 'Give the seat or the request back', leaveAsGuest]
  ] as const) {
    app.post(
      `/guests/${verb}`,
      {
        config: { public: true, rateLimit: LIMITS.guest },
        schema: { tags, summary, body: strictObject({ token: Token }), response: answers(200, GuestRegistration) }
      },
      async (request) => show(ctx, await act(ctx, request.body.token))
    )
  }
}

async function show(ctx: Ctx, { row }: Guest) {
  return toGuestRegistration({ row, hasDoor: (await findEvent(ctx.db, row.object_id))?.check_in === true })
}
