// What organisers do on the day and before, in the native API: ticking off who is there, writing to all who come.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { countArrived } from '../../db/participations.ts'
import type { EventMessageRow, ObjectRow, ParticipationRow } from '../../db/rows.ts'
import { checkInByCode, setArrival } from '../../features/events/check-in.ts'
import { listMessages, writeToParticipants } from '../../features/events/message.ts'
import { assertOrganises, withActors } from '../../features/events/organise.ts'
import { viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { getEvent } from './event-answers.ts'
import { toParticipants } from './event-participants.ts'
import { EventMessage, EventParticipant, MessageBody } from './event-schemas.ts'
import { answers, Id, strictObject } from './schemas.ts'

const tags = ['events']
const ById = Type.Object({ id: Id })
const WRITE = { scope: 'write:statuses' }
const READ = { scope: 'read:statuses' }
const CheckedIn = Type.Object({ participant: EventParticipant, arrived: Type.Integer({ description: 'Seats of those who are there' }) })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerEventDoor(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const arrived = async (event: ObjectRow, row: ParticipationRow) => {
    const [participant] = await toParticipants(ctx, event, await withActors(ctx, [row]), true)
    const { answered: _answered, ...entity } = participant!
    return { participant: entity, arrived: await countArrived(ctx.db, event.id) }
  }

  app.post(
    '/events/:id/check-in',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Tick somebody off by the code they show',
        params: ById,
        body: strictObject({ code: Type.String({ minLength: 1, maxLength: 40 }) }),
        response: answers(200, CheckedIn)
      }
    },
    async (request) => {
      const event = await getEvent(ctx, request.params.id, viewerOf(request))
      return arrived(event, await checkInByCode(ctx, whoIs(request)!, event, request.body.code))
    }
  )

  for (const [method, isThere, summary] of [
    ['PUT', true, 'Tick somebody of the list off'],
    ['DELETE', false, 'Not there after all']
  ] as const) {
    app.route({
      method,
      url: '/events/:id/participants/:participant_id/arrival',
      config: WRITE,
      schema: { tags, summary, params: Type.Object({ id: Id, participant_id: Id }), response: answers(200, CheckedIn) },
      handler: async (request) => {
        const event = await getEvent(ctx, request.params.id, viewerOf(request))
        return arrived(event, await setArrival(ctx, whoIs(request)!, event, request.params.participant_id, isThere))
      }
    })
  }

  app.post(
    '/events/:id/messages',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Write to everybody who comes, each alone: a private message, or a mail for guests',
        params: ById,
        body: MessageBody,
        response: answers(202, EventMessage)
      }
    },
    async (request, reply) => {
      const event = await getEvent(ctx, request.params.id, viewerOf(request))
      const message = await writeToParticipants(ctx, whoIs(request)!, requireAuth(request).actor, event, request.body)
      return reply.code(202).send(toMessage(message))
    }
  )

  app.get(
    '/events/:id/messages',
    {
      config: READ,
      schema: {
        tags,
        summary: 'What was written, newest first, and how many have it',
        params: ById,
        response: answers(200, Type.Array(EventMessage))
      }
    },
    async (request) => {
      const event = await getEvent(ctx, request.params.id, viewerOf(request))
      await assertOrganises(ctx, whoIs(request)!, event)
      return (await listMessages(ctx, event)).map(toMessage)
    }
  )
}

function toMessage({ id, content, audience, sent, created_at: created, finished_at: finished }: EventMessageRow) {
  return { id, content, audience, sent, createdAt: created.toISOString(), finishedAt: finished?.toISOString() ?? null }
}
