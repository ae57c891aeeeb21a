// Who got what one published (for its author), and the other servers' health (for those who run this one). Rules are features/'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { assertCan, type Action } from '../../core/permission.ts'
import type { HostDelivery, HostStatus } from '../../db/host-status.ts'
import type { HostReach, ReachCursor, ReachState } from '../../db/reach.ts'
import { forgetHostNow, getHost, hostDeliveries, listHosts, wakeHostNow } from '../../features/admin/federation.ts'
import { readReach, retryNow } from '../../features/reach/reach.ts'
import { reasonOf, type Reason } from '../../features/reach/reason.ts'
import { text, type Locale } from '../../locales/texts.ts'
import { whoIs } from '../plugins/auth.ts'
import { localeOf } from '../plugins/locale.ts'
import { nextLink } from './next-link.ts'
import { answers, Id, orNull } from './schemas.ts'

const State = Type.Union([Type.Literal('waiting'), Type.Literal('refused'), Type.Literal('reached')])
const Moment = orNull(Type.String({ format: 'date-time' }))
const ReasonSchema = orNull(Type.Object({ code: Type.String(), text: Type.String({ description: 'A sentence for people' }) }))

const HostLine = Type.Object({
  host: Type.String(),
  software: orNull(Type.String()),
  state: State,
  reached_at: Moment,
  next_at: Moment,
  attempts: Type.Integer(),
  reason: ReasonSchema
})

const Deliveries = Type.Object(
  {
    hosts: Type.Integer({ description: 'Servers it was sent to' }),
    reached: Type.Integer(),
    waiting: Type.Integer(),
    refused: Type.Integer(),
    list: Type.Array(HostLine, { description: 'Those that wait, that refused, that have it' }),
    next: orNull(Type.String({ description: '`after` of the next part of the list' }))
  },
  { title: 'Deliveries' }
)

const Host = Type.Object(
  {
    id: Type.String({ description: 'The same as host' }),
    host: Type.String(),
    software: orNull(Type.String()),
    software_version: orNull(Type.String()),
    state: Type.String({ description: 'ok, failing, paused, asleep, gone, blocked or limited' }),
    waiting: Type.Integer(),
    dead: Type.Integer({ description: 'Given up in the last 90 days' }),
    failures: Type.Integer({ description: 'In a row' }),
    since: Moment,
    open_until: Moment,
    last_success_at: Moment,
    last_failure_at: Moment,
    last_error: orNull(Type.String()),
    last_inbound_at: Moment
  },
  { title: 'Host' }
)

const HostDeliverySchema = Type.Object(
  {
    id: Id,
    type: Type.String(),
    object: orNull(Type.String()),
    inbox: Type.String(),
    from: Type.String(),
    state: Type.Union([Type.Literal('waiting'), Type.Literal('dead')]),
    attempts: Type.Integer(),
    published: Type.String(),
    next_at: Moment,
    finished_at: Moment,
    status: orNull(Type.Integer()),
    error: orNull(Type.String()),
    reason: ReasonSchema
  },
  { title: 'HostDelivery' }
)

const ById = Type.Object({ id: Id })
const ByHost = Type.Object({ host: Type.String({ minLength: 1, maxLength: 300 }) })
const USUAL_LIMIT = 40
const AUTHOR_LIMIT = 100

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerReach(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/objects/:id/deliveries',
    {
      config: { scope: 'read:statuses' },
      schema: {
        tags: ['deliveries'],
        summary: 'Which servers have what you published',
        params: ById,
        querystring: Type.Object({ after: Type.Optional(Type.String({ maxLength: 300, pattern: '^(waiting|refused|reached) ' })) }),
        response: answers(200, Deliveries)
      }
    },
    async (request) => {
      const reach = await readReach(ctx, whoIs(request)!, request.params.id, AUTHOR_LIMIT, cursorOf(request.query.after))
      const last = reach.list.at(-1)
      return {
        ...reach,
        list: reach.list.map((row) => presentReach(row, localeOf(request), ctx.clock.now())),
        next: last !== undefined && reach.list.length === AUTHOR_LIMIT ? `${last.state} ${last.host}` : null
      }
    }
  )

  app.post(
    '/objects/:id/deliveries/retry',
    {
      config: { scope: 'write:statuses' },
      schema: {
        tags: ['deliveries'],
        summary: 'Try again now what waits or was refused',
        params: ById,
        response: answers(200, Type.Object({ retried: Type.Integer() }))
      }
    },
    async (request) => ({ retried: await retryNow(ctx, whoIs(request)!, request.params.id) })
  )

  const read = { config: { scope: 'admin:read' }, preHandler: allow('federation.read') }
  const tags = ['admin']

  app.get(
    '/admin/federation/hosts',
    {
      ...read,
      schema: {
        tags,
        summary: 'The servers we exchange with, by name',
        querystring: Type.Object({
          q: Type.Optional(Type.String({ maxLength: 100 })),
          troubled: Type.Optional(Type.Boolean()),
          after: Type.Optional(Type.String({ maxLength: 300 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 80 }))
        }),
        response: answers(200, Type.Array(Host))
      }
    },
    async (request, reply) => {
      const { q, troubled, after, limit = USUAL_LIMIT } = request.query
      const rows = await listHosts(ctx, { search: q, troubled, after, limit })
      if (rows.length === limit) reply.header('link', nextLink(ctx, request, 'after', rows.at(-1)!.host))
      return rows.map(presentHost)
    }
  )

  app.get(
    '/admin/federation/hosts/:host',
    { ...read, schema: { tags, summary: 'One server', params: ByHost, response: answers(200, Host) } },
    async (request) => presentHost(await getHost(ctx, request.params.host))
  )

  app.get(
    '/admin/federation/hosts/:host/deliveries',
    {
      ...read,
      schema: {
        tags,
        summary: 'What waits for a server (soonest first, the first ones), or was given up (newest first)',
        params: ByHost,
        querystring: Type.Object({
          state: Type.Union([Type.Literal('waiting'), Type.Literal('dead')]),
          max_id: Type.Optional(Id),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 80 }))
        }),
        response: answers(200, Type.Array(HostDeliverySchema))
      }
    },
    async (request, reply) => {
      const { state, max_id: maxId = null, limit = USUAL_LIMIT } = request.query
      const rows = await hostDeliveries(ctx, request.params.host, { state, limit, maxId })
      if (state === 'dead' && rows.length === limit) reply.header('link', nextLink(ctx, request, 'max_id', rows.at(-1)!.id))
      return rows.map((row) => presentDelivery(row, localeOf(request), ctx.clock.now()))
    }
  )

  const Count = Type.Object({ deliveries: Type.Integer() })

  app.post(
    '/admin/federation/hosts/:host/wake',
    {
      config: { scope: 'admin:write' },
      preHandler: allow('federation.wake'),
      schema: { tags, summary: 'Send what waits for a server now', params: ByHost, response: answers(200, Count) }
    },
    async (request) => ({ deliveries: await wakeHostNow(ctx, request.params.host) })
  )

  app.post(
    '/admin/federation/hosts/:host/forget',
    {
      config: { scope: 'admin:write' },
      preHandler: allow('federation.forget'),
      schema: { tags, summary: 'Give a server up: queue, follows and memory', params: ByHost, response: answers(200, Count) }
    },
    async (request) => ({ deliveries: await forgetHostNow(ctx, request.params.host) })
  )
}

function allow(action: Action) {
  return async (request: FastifyRequest): Promise<void> => assertCan(whoIs(request), action)
}

function cursorOf(after: string | undefined): ReachCursor | null {
  if (after === undefined) return null
  const space = after.indexOf(' ')
  return { state: after.slice(0, space) as ReachState, host: after.slice(space + 1) }
}

function presentReach(row: HostReach, locale: Locale, now: Date) {
  return {
    host: row.host,
    software: row.software,
    state: row.state,
    reached_at: row.reached_at?.toISOString() ?? null,
    next_at: row.next_at?.toISOString() ?? null,
    attempts: row.attempts,
    reason: sentence(reasonOf(row, now), locale)
  }
}

function presentDelivery(row: HostDelivery, locale: Locale, now: Date) {
  const standing = { ...row, state: row.state === 'dead' ? ('refused' as const) : row.state, open_until: null, asleep_since: null }
  return {
    id: row.id,
    type: row.type,
    object: row.object_iri,
    inbox: row.inbox,
    from: row.username,
    state: row.state,
    attempts: row.attempts,
    published: row.published.toISOString(),
    next_at: row.state === 'waiting' ? row.next_at.toISOString() : null,
    finished_at: row.finished_at?.toISOString() ?? null,
    status: row.last_status,
    error: row.last_error,
    reason: sentence(reasonOf(standing, now), locale)
  }
}

function sentence(reason: Reason | null, locale: Locale): { code: string; text: string } | null {
  return reason === null ? null : { code: reason, text: text(locale, `reach.${reason}`) }
}

function presentHost(row: HostStatus) {
  return {
    id: row.host,
    host: row.host,
    software: row.software,
    software_version: row.softwareVersion,
    state: row.state,
    waiting: row.waiting,
    dead: row.dead,
    failures: row.failures,
    since: row.since?.toISOString() ?? null,
    open_until: row.openUntil?.toISOString() ?? null,
    last_success_at: row.lastSuccessAt?.toISOString() ?? null,
    last_failure_at: row.lastFailureAt?.toISOString() ?? null,
    last_error: row.lastError,
    last_inbound_at: row.lastInboundAt?.toISOString() ?? null
  }
}
