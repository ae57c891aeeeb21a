// Taking part in events, in the native API: coming, leaving, keeping in mind, the organiser's list and answers, invitations.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { writeCsv } from '../../core/csv.ts'
import type { Who } from '../../core/permission.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { findEvent } from '../../db/events.ts'
import { assertOrganises, decideRequest, inviteTo, participantsFor } from '../../features/events/organise.ts'
import { declineInvitation, joinEvent, keepInMind, leaveEvent } from '../../features/events/participate.ts'
import { text } from '../../locales/texts.ts'
import { findInvitee } from '../../protocol/invitee.ts'
import { viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { getEvent, showEvent } from './event-answers.ts'
import { toParticipants } from './event-participants.ts'
import { Event, EventParticipant, JoinBody, ParticipantQuery } from './event-schemas.ts'
import { answers, Empty, Id, InviteBody } from './schemas.ts'

const tags = ['events']
const ById = Type.Object({ id: Id })
const ByParticipant = Type.Object({ id: Id, participant_id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }
const PAGE = 100

/** Header and one line for each person, oldest answer first, in the organiser's language. Throws permission.denied (403). */
async function participantsTable(ctx: Ctx, { account }: { account: { locale: string } }, who: Who, event: ObjectRow): Promise<string[][]> {
  await assertOrganises(ctx, who, event)
  const say = (name: string): string => text(account.locale === 'en' ? 'en' : 'fr', `participants.${name}`)
  const settings = await findEvent(ctx.db, event.id)
  const questions = settings?.questions ?? []
  const heads = ['name', 'address', 'email', 'state', 'since', 'seats', 'code', 'checked-in', 'message'].map(say)
  const rows = [[...heads, ...questions.map(({ label }) => label)]]
  for (let after: string | null = null; ;) {
    const { participants } = await participantsFor(ctx, who, event, { after, state: null, limit: PAGE })
    const entities = await toParticipants(ctx, event, participants, true)
    for (const { account, guest, state, since, seats, code, checkedInAt, message, answered } of entities) {
      const person =
        account === null ? [guest?.name ?? '', '', guest?.email ?? ''] : [account.display_name || account.acct, account.acct, '']
      const facts = [say(state), since, String(seats), code ?? '', checkedInAt ?? '', message]
      rows.push([...person, ...facts, ...questions.map(({ id }) => answered[id] ?? '')])
    }
    if (participants.length < PAGE) return rows
    after = participants.at(-1)!.row.id
  }
}

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerParticipation(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const lookups = limitLookups(instance, ctx)

  app.post(
    '/events/:id/join',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Come, or ask to; accepts an invitation too. Elsewhere the organiser’s server is asked: see `participation.state`',
        params: ById,
        body: Type.Optional(Type.Union([JoinBody, Type.Null()])),
        response: answers(200, Event)
      }
    },
    async (request) => {
      const event = await getEvent(ctx, request.params.id, viewerOf(request))
      await joinEvent(ctx, requireAuth(request).actor, event, request.body ?? {})
      return showEvent(ctx, event.id, viewerOf(request))
    }
  )

  const simple = [
    ['leave', 'Come no more, take a request back, or forget an event kept in mind', leaveEvent],
    ['interested', 'Keep an event in one’s own agenda; nobody is told', keepInMind],
    ['decline', 'Say no to an invitation', declineInvitation]
  ] as const
  for (const [verb, summary, act] of simple) {
    app.post(
      `/events/:id/${verb}`,
      { config: WRITE, schema: { tags, summary, params: ById, response: answers(200, Event) } },
      async (request) => {
        const event = await getEvent(ctx, request.params.id, viewerOf(request))
        await act(ctx, requireAuth(request).actor, event)
        return showEvent(ctx, event.id, viewerOf(request))
      }
    )
  }

  app.get(
    '/events/:id/participants',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Everybody and every request for organisers; for others only those who let their name be shown',
        params: ById,
        querystring: ParticipantQuery,
        response: answers(200, Type.Array(EventParticipant))
      }
    },
    async (request, reply) => {
      const event = await getEvent(ctx, request.params.id, viewerOf(request))
      const { after = null, state = null } = request.query
      const page = { after, state, limit: PAGE }
      const { participants, isOrganiser } = await participantsFor(ctx, whoIs(request), event, page)
      if (participants.length === PAGE) {
        const next = new URL(request.url, ctx.site?.origin)
        next.searchParams.set('after', participants.at(-1)!.row.id)
        reply.header('link', `<${next.href}>; rel="next"`)
      }
      const entities = await toParticipants(ctx, event, participants, isOrganiser)
      return entities.map(({ answered: _answered, ...entity }) => entity)
    }
  )

  app.get(
    '/events/:id/participants.csv',
    { config: READ, schema: { tags, summary: 'Who comes and who asks to, as a table for a spreadsheet; for organisers', params: ById } },
    async (request, reply) => {
      const event = await getEvent(ctx, request.params.id, viewerOf(request))
      const rows = await participantsTable(ctx, requireAuth(request), whoIs(request)!, event)
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="participants-${event.id}.csv"`)
        .header('cache-control', 'private, no-store')
        .send(writeCsv(rows))
    }
  )

  for (const [verb, state] of [
    ['approve', 'accepted'],
    ['refuse', 'refused']
  ] as const) {
    app.post(
      `/events/:id/participants/:participant_id/${verb}`,
      {
        config: WRITE,
        schema: {
          tags,
          summary: verb === 'approve' ? 'Accept a request' : 'Refuse a request, or take a seat back',
          params: ByParticipant,
          response: answers(200, Empty)
        }
      },
      async (request) => {
        const event = await getEvent(ctx, request.params.id, viewerOf(request))
        await decideRequest(ctx, whoIs(request)!, event, request.params.participant_id, state)
        return {}
      }
    )
  }

  app.post(
    '/events/:id/invitations',
    {
      config: WRITE,
      schema: { tags, summary: 'Invite somebody, here or elsewhere', params: ById, body: InviteBody, response: answers(200, Empty) }
    },
    async (request) => {
      const event = await getEvent(ctx, request.params.id, viewerOf(request))
      // Before anybody is looked up elsewhere: only organisers make this server ask.
      await assertOrganises(ctx, whoIs(request)!, event)
      const invitee = await findInvitee(ctx, request.body.acct, lookups(request))
      await inviteTo(ctx, whoIs(request)!, requireAuth(request).actor, event, invitee)
      return {}
    }
  )
}
