// Events of the native API: list by date, announce, read, change, cancel, delete. Rules are features/events'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { listEvents, type AgendaFilter } from '../../db/agenda.ts'
import type { Visibility } from '../../db/rows.ts'
import type { StatusRow } from '../../db/status-parts.ts'
import { createEvent } from '../../features/events/create-event.ts'
import type { EventChanges } from '../../features/events/edit-event.ts'
import { createSeries, editDates, leaveOut, stopSeries } from '../../features/events/series.ts'
import { findByAcct } from '../../features/search/lookup.ts'
import { deleteObject } from '../../features/wall/delete-object.ts'
import { foldTag } from '../../protocol/normalise-parts.ts'
import { viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { getEvent, plannedDates, presentEvents, showEvent } from './event-answers.ts'
import { EditEventBody, Event, EventQuery, LeaveOutBody, NewEventBody, PlannedDate, PlannedQuery } from './event-schemas.ts'
import { answers, Empty, Id, rowIdOf } from './schemas.ts'

const tags = ['events']
const ById = Type.Object({ id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }
const USUAL_LIMIT = 30
const USUAL_RADIUS_METRES = 20_000

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerEvents(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/events',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Events, soonest first; later ones by the Link header',
        querystring: EventQuery,
        response: answers(200, Type.Array(Event))
      }
    },
    async (request, reply) => {
      const { query } = request
      const limit = query.limit ?? USUAL_LIMIT
      const actorId = query.group === undefined ? undefined : await findByAcct(ctx, query.group)
      if (actorId === null) return []
      const tag = query.theme === undefined ? undefined : foldTag(query.theme)
      if (tag === null) return []
      const rows = await listEvents(ctx, viewerOf(request), {
        from: momentOf(query.from, 'from') ?? ctx.clock.now(),
        to: momentOf(query.to, 'to'),
        near: nearOf(query.near, query.radius),
        local: query.local ?? false,
        participantId: query.participating ? (viewerOf(request).actorId ?? undefined) : undefined,
        actorId,
        tag,
        place: query.place,
        neighbourhoodId: rowIdOf(query.neighbourhood),
        organizer: query.organizer,
        free: query.free,
        forChildren: query.children,
        category: query.category,
        online: query.online,
        accessibility: query.accessibility,
        after: afterOf(query.after),
        limit
      })
      if (rows.length === limit) linkNext(ctx, request, reply, rows.at(-1)!)
      return presentEvents(ctx, rows, viewerOf(request))
    }
  )

  app.get(
    '/events/planned',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Dates of events that come again which are not announced yet; at most two months',
        querystring: PlannedQuery,
        response: answers(200, Type.Array(PlannedDate))
      }
    },
    async (request) => {
      const { query } = request
      const owner = query.group === undefined ? null : await findByAcct(ctx, query.group)
      if (query.group !== undefined && owner === null) return []
      return plannedDates(ctx, owner, momentOf(query.from, 'from')!, momentOf(query.to, 'to')!)
    }
  )

  app.post(
    '/events',
    { config: WRITE, schema: { tags, summary: 'Announce an event', body: NewEventBody, response: answers(201, Event) } },
    async (request, reply) => {
      const { actor, account } = requireAuth(request)
      const { media_ids: mediaIds, visibility, recurrence, reply_policy: policy, ...input } = request.body
      const replyPolicy = policy === undefined || policy === 'everyone' ? null : policy
      const wanted = visibility === 'private' ? 'followers' : (visibility as Visibility | undefined)
      const said = { ...input, language: input.language ?? account.locale, visibility: wanted, replyPolicy, mediaIds }
      const row = await (recurrence ? createSeries(ctx, actor, said, recurrence) : createEvent(ctx, actor, said))
      return reply.code(201).send(await showEvent(ctx, row.id, { actorId: actor.id }))
    }
  )

  app.get(
    '/events/:id',
    { config: READ, schema: { tags, summary: 'One event', params: ById, response: answers(200, Event) } },
    async (request) => showEvent(ctx, request.params.id, viewerOf(request))
  )

  app.patch(
    '/events/:id',
    {
      config: WRITE,
      schema: { tags, summary: 'Change or cancel an event', params: ById, body: EditEventBody, response: answers(200, Event) }
    },
    async (request) => {
      const row = await getEvent(ctx, request.params.id, viewerOf(request))
      const { scope = 'this', ...changes } = request.body
      await editDates(ctx, whoIs(request)!, row, changesOf(changes), scope)
      return showEvent(ctx, row.id, viewerOf(request))
    }
  )

  app.post(
    '/events/:id/series/except',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Leave out a planned date of an event that comes again',
        params: ById,
        body: LeaveOutBody,
        response: answers(200, Event)
      }
    },
    async (request) => {
      const row = await getEvent(ctx, request.params.id, viewerOf(request))
      await leaveOut(ctx, whoIs(request)!, row, request.body.date)
      return showEvent(ctx, row.id, viewerOf(request))
    }
  )

  app.delete(
    '/events/:id/series',
    { config: WRITE, schema: { tags, summary: 'No further dates; those announced stay', params: ById, response: answers(200, Event) } },
    async (request) => {
      const row = await getEvent(ctx, request.params.id, viewerOf(request))
      await stopSeries(ctx, whoIs(request)!, row)
      return showEvent(ctx, row.id, viewerOf(request))
    }
  )

  app.delete(
    '/events/:id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Delete an event announced by mistake (to cancel one, PATCH its status)',
        params: ById,
        response: answers(200, Empty)
      }
    },
    async (request) => {
      await deleteObject(ctx, whoIs(request)!, await getEvent(ctx, request.params.id, viewerOf(request)))
      return {}
    }
  )
}

function changesOf({ media_ids: mediaIds, ...changes }: Omit<EditEventBody, 'scope'>): EventChanges {
  return { ...changes, ...(mediaIds === undefined ? {} : { mediaIds }) }
}

function momentOf(text: string | undefined, field: string): Date | undefined {
  if (text === undefined || text === '') return undefined
  const moment = new Date(text)
  if (Number.isNaN(moment.getTime())) throw new AppError(`event.${field}-invalid`, 422, 'This date is not valid.', { details: { field } })
  return moment
}

function nearOf(text: string | undefined, radiusMetres = USUAL_RADIUS_METRES): AgendaFilter['near'] {
  if (text === undefined) return undefined
  const [latitude, longitude] = text.split(',').map(Number)
  if (latitude === undefined || longitude === undefined || !(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    throw new AppError('event.coordinates', 422, 'A latitude is between -90 and 90, a longitude between -180 and 180.', {
      details: { field: 'near' }
    })
  }
  return { latitude, longitude, radiusMetres }
}

/** `milliseconds_id` of the last event of the page before; anything else starts from the beginning. */
function afterOf(text: string | undefined): AgendaFilter['after'] {
  const match = /^(-?[0-9]{1,15})_([0-9]{1,18})$/.exec(text ?? '')
  return match === null ? undefined : { start: new Date(Number(match[1])), id: match[2]! }
}

function linkNext(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, last: StatusRow): void {
  const url = new URL(request.url, ctx.site?.origin ?? 'http://localhost')
  url.searchParams.set('after', `${last.start_time?.getTime() ?? 0}_${last.id}`)
  reply.header('link', `<${url.href}>; rel="next"`)
}
