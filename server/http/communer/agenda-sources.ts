// Agendas of elsewhere: read an address once to fill the form of an event, or announce it from now on. Rules are features/events's.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { DateTime } from 'luxon'
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { FoundEvent } from '../../core/found-event.ts'
import type { ListedSource } from '../../db/agenda-sources.ts'
import { requireSite } from '../../db/site.ts'
import { agendaAddress, readAddress } from '../../features/events/read-address.ts'
import { changeSubscription, sourcesOf, subscribe, unsubscribe } from '../../features/events/sources.ts'
import { text, type Locale } from '../../locales/texts.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { localeOf } from '../plugins/locale.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { EventStatusWord, LocationInput } from './event-schemas.ts'
import { answers, Empty, Id, orNull, strictObject, Username } from './schemas.ts'

const tags = ['events']
const WRITE = { scope: 'write:statuses' }
const ById = Type.Object({ id: Id })
const Address = Type.String({ maxLength: 2048, description: 'https:// or webcal://' })
/** As many as a person chooses from. */
const SHOWN = 50

const FoundEventEntity = Type.Object(
  {
    title: Type.String(),
    description: Type.String({ description: 'Plain text' }),
    start: Type.String({ description: 'Local time in `timezone`, without offset' }),
    end: orNull(Type.String()),
    timezone: Type.String(),
    status: EventStatusWord,
    location: orNull(LocationInput),
    tags: Type.Array(Type.String()),
    url: orNull(Type.String())
  },
  { title: 'FoundEvent' }
)

const AgendaSource = Type.Object(
  {
    id: Id,
    url: Type.String(),
    name: Type.String(),
    kind: Type.Union([Type.Literal('calendar'), Type.Literal('feed')]),
    state: Type.Union([Type.Literal('active'), Type.Literal('paused')]),
    problem: orNull(Type.Object({ code: Type.String(), text: Type.String() }, { description: 'Why the last reading failed' })),
    announced: Type.Integer({ description: 'Events to come that it announces' }),
    waiting: Type.Integer({ description: 'Found and not announced yet' }),
    read_at: orNull(Type.String())
  },
  { title: 'AgendaSource' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerAgendaSources(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const lookups = limitLookups(app, ctx)

  app.post(
    '/events/read',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'The events an address tells of (iCalendar, schema.org, h-event), to fill a form: nothing is announced',
        body: strictObject({ url: Address }),
        response: answers(200, Type.Array(FoundEventEntity))
      }
    },
    async (request) => {
      const url = agendaAddress(request.body.url)
      await lookups(request)()
      const found = (await readAddress(ctx, url))!
      if (found.kind === 'feed')
        throw new AppError('agenda.feed', 422, 'This address lists pages: give the page of one event.', { details: { field: 'url' } })
      if (found.events.length === 0)
        throw new AppError('agenda.nothing', 422, 'No event was found at this address.', { details: { field: 'url' } })
      return found.events.slice(0, SHOWN).map((event) => toFound(event, requireSite(ctx).timezone))
    }
  )

  app.get(
    '/groups/:username/agendas',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Agendas of elsewhere that a group announces',
        params: Type.Object({ username: Username }),
        response: answers(200, Type.Array(AgendaSource))
      }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      return (await sourcesOf(ctx, whoIs(request)!, actor, request.params.username)).map((source) => toSource(source, localeOf(request)))
    }
  )

  app.post(
    '/groups/:username/agendas',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Announce the events of an agenda of elsewhere (iCalendar, RSS or Atom) from now on',
        params: Type.Object({ username: Username }),
        body: strictObject({ url: Address, name: Type.Optional(Type.String({ maxLength: 200 })) }),
        response: answers(201, AgendaSource)
      }
    },
    async (request, reply) => {
      const { actor } = requireAuth(request)
      const source = await subscribe(ctx, whoIs(request)!, actor, {
        as: request.params.username,
        ...request.body,
        mayAsk: lookups(request)
      })
      return reply.code(201).send(toSource({ ...source, announced: 0 }, localeOf(request)))
    }
  )

  app.patch(
    '/agendas/:id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Pause it, resume it, name it, or have it read now',
        params: ById,
        body: strictObject({
          state: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('paused')])),
          name: Type.Optional(Type.String({ maxLength: 200 })),
          read_now: Type.Optional(Type.Boolean())
        }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const { state, name, read_now: readNow } = request.body
      if (readNow) await lookups(request)()
      await changeSubscription(ctx, whoIs(request)!, requireAuth(request).actor, request.params.id, { state, name, readNow })
      return {}
    }
  )

  app.delete(
    '/agendas/:id',
    {
      config: WRITE,
      schema: { tags, summary: 'Stop announcing it; what it announced stays', params: ById, response: answers(200, Empty) }
    },
    async (request) => {
      await unsubscribe(ctx, whoIs(request)!, requireAuth(request).actor, request.params.id)
      return {}
    }
  )
}

function toFound(event: FoundEvent, usual: string): Static<typeof FoundEventEntity> {
  const timezone = event.timezone ?? usual
  const local = (date: Date): string => DateTime.fromJSDate(date, { zone: timezone }).toFormat("yyyy-MM-dd'T'HH:mm")
  return {
    title: event.title,
    description: event.description,
    start: local(event.start),
    end: event.end === null ? null : local(event.end),
    timezone,
    status: event.status,
    location: event.place,
    tags: event.tags,
    url: event.url
  }
}

function toSource(source: ListedSource, locale: Locale): Static<typeof AgendaSource> {
  const { id, url, name, kind, state, announced, waiting } = source
  const problem = source.problem === null ? null : { code: source.problem, text: text(locale, `errors.${source.problem}`) }
  return { id, url, name, kind, state, problem, announced, waiting, read_at: source.read_at?.toISOString() ?? null }
}
