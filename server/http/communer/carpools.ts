// Rides to an event, in the native API.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { listCarpools } from '../../db/carpools.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import type { Viewer } from '../../db/visibility.ts'
import { keepCarpool, readCarpool, settleCarpool } from '../../features/events/carpool.ts'
import { createNote } from '../../features/wall/create-note.ts'
import { subjectOf } from '../../protocol/media-address.ts'
import { viewerOf } from '../mastodon/params.ts'
import { toAccountLite } from '../mastodon/serialise/account.ts'
import { withProxiedImages } from '../mastodon/serialise/images.ts'
import { requireAuth } from '../plugins/auth.ts'
import { localeOf } from '../plugins/locale.ts'
import { getEvent } from './event-answers.ts'
import { answers, Id, MastodonAccount, orNull, strictObject } from './schemas.ts'

const tags = ['events']
const ById = Type.Object({ id: Id })
const WRITE = { scope: 'write:statuses' }
const Kind = Type.Unsafe<'offer' | 'need'>(Type.Union([Type.Literal('offer'), Type.Literal('need')]))

const Carpool = Type.Object(
  {
    id: Id,
    kind: orNull(Type.Unsafe<'offer' | 'need'>({ ...Kind, description: 'Null: somebody of elsewhere said it in words of their own' })),
    seats: orNull(Type.Integer()),
    departure: Type.String(),
    leaves: Type.String(),
    settled: Type.Boolean({ description: 'The car is full, the seat is found' }),
    content: Type.String({ description: 'HTML, sanitised' }),
    account: MastodonAccount,
    isMine: Type.Boolean(),
    since: Type.String()
  },
  { title: 'Carpool' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerCarpools(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/events/:id/carpools',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'Rides offered and looked for, from here and elsewhere',
        params: ById,
        response: answers(200, Type.Array(Carpool))
      }
    },
    async (request) => {
      const viewer = viewerOf(request)
      return show(ctx, await getEvent(ctx, request.params.id, viewer), viewer)
    }
  )

  app.post(
    '/events/:id/carpools',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Offer seats or look for one: an answer to the event, with #covoiturage',
        params: ById,
        body: strictObject({
          kind: Kind,
          seats: Type.Integer({ minimum: 1, maximum: 8 }),
          departure: Type.String({ maxLength: 200, description: 'Where from, in words' }),
          leaves: Type.Optional(Type.String({ maxLength: 100, description: 'When, in words' })),
          note: Type.Optional(Type.String({ maxLength: 1000 }))
        }),
        response: answers(201, Type.Array(Carpool))
      }
    },
    async (request, reply) => {
      const viewer = viewerOf(request)
      const event = await getEvent(ctx, request.params.id, viewer)
      const locale = localeOf(request)
      const ride = readCarpool(ctx, event, locale, request.body)
      const answer = await createNote(ctx, requireAuth(request).actor, { text: ride.text, inReplyToId: event.id, language: locale })
      // After a crash between the two it is still a ride, in words: the answer carries the hashtag.
      await keepCarpool(ctx, event, answer, ride)
      return reply.code(201).send(await show(ctx, event, viewer))
    }
  )

  app.patch(
    '/events/:id/carpools/:carpool_id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'The car is full, the seat is found; or not after all',
        params: Type.Object({ id: Id, carpool_id: Id }),
        body: strictObject({ settled: Type.Boolean() }),
        response: answers(200, Type.Array(Carpool))
      }
    },
    async (request) => {
      const viewer = viewerOf(request)
      const event = await getEvent(ctx, request.params.id, viewer)
      await settleCarpool(ctx, requireAuth(request).actor, event, request.params.carpool_id, request.body.settled)
      return show(ctx, event, viewer)
    }
  )
}

async function show(ctx: Ctx, event: ObjectRow, viewer: Viewer): Promise<Static<typeof Carpool>[]> {
  const found = await listCarpools(ctx, event, viewer)
  const actors = await loadActorParts(
    ctx,
    found.map(({ row }) => row.actor_id)
  )
  return found.flatMap(({ row, ride }) => {
    const actor = actors.get(row.actor_id)
    if (actor === undefined) return []
    return {
      id: row.id,
      kind: ride?.kind ?? null,
      seats: ride?.seats ?? null,
      departure: ride?.departure ?? '',
      leaves: ride?.leaves ?? '',
      settled: ride?.settled ?? false,
      content: withProxiedImages(ctx, row.content_html, subjectOf(row)),
      account: toAccountLite(ctx, actor),
      isMine: viewer.actorId !== null && (row.author_id ?? row.actor_id) === viewer.actorId,
      since: row.published.toISOString()
    }
  })
}
