// Reporting a person or a post, with or without an account; and the moderators' queue, decisions and log.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { normaliseEmail } from '../../core/email.ts'
import { listDecisions } from '../../db/decisions.ts'
import type { DecisionRow, ReportRow } from '../../db/rows.ts'
import { loadActorParts, type ActorPart } from '../../db/status-parts.ts'
import { decideAccount, decideReport } from '../../features/moderation/decide.ts'
import { countOpenReports, createReport, findReported, getReport, listReports, reportedContent } from '../../features/moderation/reports.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { whoIs } from '../plugins/auth.ts'
import { assertSameOrigin } from '../plugins/csrf.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { hasSecondFactor } from '../../features/accounts/second-factor.ts'
import { allow } from './allow.ts'
import { nextLink } from './next-link.ts'
import { answers, Id, MastodonAccount, orNull, strictObject } from './schemas.ts'

const tags = ['moderation']
const USUAL_LIMIT = 40
const ById = Type.Object({ id: Id })
const Category = Type.Union([Type.Literal('spam'), Type.Literal('legal'), Type.Literal('violation'), Type.Literal('other')])
const State = Type.Union([Type.Literal('open'), Type.Literal('resolved')])
const Ground = Type.Union([Type.Literal('terms'), Type.Literal('law')])
const ReportAction = Type.Union(['none', 'warn', 'delete', 'limit', 'suspend'].map((word) => Type.Literal(word as 'none')))
const AccountAction = Type.Union(['warn', 'limit', 'unlimit', 'suspend', 'unsuspend'].map((word) => Type.Literal(word as 'none')))

const Report = Type.Object(
  {
    id: Id,
    state: State,
    category: Category,
    comment: Type.String(),
    created_at: Type.String(),
    forwarded: Type.Boolean(),
    /** citizen, visitor or server. */
    from: Type.String(),
    reporter: orNull(MastodonAccount),
    contact_name: Type.String(),
    contact_email: Type.String(),
    target: orNull(MastodonAccount),
    posts: Type.Integer(),
    resolved_at: orNull(Type.String())
  },
  { title: 'Report' }
)

const Decision = Type.Object(
  {
    id: Id,
    action: Type.String(),
    reason: Type.String(),
    ground: Ground,
    host: orNull(Type.String()),
    report_id: orNull(Id),
    moderator: orNull(MastodonAccount),
    target: orNull(MastodonAccount),
    created_at: Type.String()
  },
  { title: 'Decision' }
)

const Post = Type.Object({ id: Id, url: Type.String(), text: Type.String(), created_at: Type.String(), local: Type.Boolean() })
const Paging = { max_id: Type.Optional(Id), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 80 })) }

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerReports(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.post(
    '/reports',
    {
      config: { public: true, rateLimit: LIMITS.report },
      schema: {
        tags,
        summary: 'Report a person or a post; without an account a name and an address are welcome, not needed',
        body: strictObject({
          account_id: Type.Optional(Id),
          status_id: Type.Optional(Id),
          category: Category,
          comment: Type.String({ maxLength: 4000 }),
          forward: Type.Optional(Type.Boolean()),
          name: Type.Optional(Type.String({ maxLength: 100 })),
          email: Type.Optional(Type.String({ maxLength: 320 })),
          good_faith: Type.Boolean()
        }),
        response: answers(201, Type.Object({ id: Id, created_at: Type.String() }))
      }
    },
    async (request, reply) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      const { account_id: accountId, status_id: statusId, category, comment, forward = false, name = '', email = '' } = request.body
      if (!request.body.good_faith)
        throw new AppError('report.good-faith', 422, 'Please confirm that what you say is true.', { details: { field: 'good_faith' } })
      const reporter = request.auth?.actor ?? null
      const found = await findReported(ctx, { accountId, statusId }, reporter?.id ?? null)
      const contact = reporter === null ? { contactName: name, contactEmail: email.trim() === '' ? '' : normaliseEmail(email) } : {}
      // A visitor makes our server say nothing to others.
      const report = await createReport(ctx, reporter, { ...found, comment, category, forward: forward && reporter !== null, ...contact })
      return reply.code(201).send({ id: report.id, created_at: report.created_at.toISOString() })
    }
  )

  const read = { config: { scope: 'admin:read' }, preHandler: allow('report.judge') }
  const write = { config: { scope: 'admin:write' }, preHandler: allow('report.judge') }

  app.get(
    '/admin/reports',
    {
      ...read,
      schema: {
        tags,
        summary: 'Reports, newest first',
        querystring: Type.Object({ state: Type.Optional(State), ...Paging }),
        response: answers(200, Type.Array(Report))
      }
    },
    async (request, reply) => {
      const { state = 'open', max_id: maxId, limit = USUAL_LIMIT } = request.query
      const rows = await listReports(ctx, { state, maxId, limit })
      if (rows.length === limit) reply.header('link', nextLink(ctx, request, 'max_id', rows.at(-1)!.id))
      return presentReports(ctx, rows)
    }
  )

  app.get(
    '/admin/reports/count',
    { ...read, schema: { tags, summary: 'How many reports wait', response: answers(200, Type.Object({ open: Type.Integer() })) } },
    async () => ({ open: await countOpenReports(ctx) })
  )

  app.get(
    '/admin/reports/:id',
    {
      ...read,
      schema: {
        tags,
        summary: 'One report with the posts it is about, and what was decided about the same account before',
        params: ById,
        response: answers(200, Type.Object({ report: Report, posts: Type.Array(Post), decisions: Type.Array(Decision) }))
      }
    },
    async (request) => {
      const row = await getReport(ctx, request.params.id)
      const posts = await reportedContent(ctx, row)
      const [report] = await presentReports(ctx, [row])
      return {
        report: report!,
        posts: posts.map((post) => ({
          id: post.id,
          url: post.url ?? post.iri,
          text: plain(`${post.name ?? ''} ${post.content_html}`),
          created_at: post.published.toISOString(),
          local: post.local
        })),
        decisions: await presentDecisions(ctx, await listDecisions(ctx, { targetId: row.target_id, limit: 20 }))
      }
    }
  )

  app.post(
    '/admin/reports/:id/decide',
    {
      ...write,
      schema: {
        tags,
        summary: 'Settle a report; the person concerned is told what and why',
        params: ById,
        body: strictObject({ action: ReportAction, reason: Type.String({ maxLength: 5000 }), ground: Type.Optional(Ground) }),
        response: answers(200, Decision)
      }
    },
    async (request) => {
      const { action, reason, ground = 'terms' } = request.body
      const decision = await decideReport(ctx, whoIs(request)!, request.params.id, { action, reason, ground })
      return (await presentDecisions(ctx, [decision]))[0]!
    }
  )

  app.get(
    '/admin/people/:id',
    {
      ...read,
      schema: {
        tags,
        summary: 'An account, also a suspended one, and what was decided about it',
        params: ById,
        response: answers(
          200,
          Type.Object({
            account: MastodonAccount,
            decisions: Type.Array(Decision),
            second_factor: Type.Boolean({ description: 'whether the person has one here' })
          })
        )
      }
    },
    async (request) => {
      const { id } = request.params
      const account = accountOf(ctx, await loadActorParts(ctx, [id]), id)
      if (account === null) throw new AppError('account.unknown', 404, 'This account does not exist.')
      const decisions = await presentDecisions(ctx, await listDecisions(ctx, { targetId: id }))
      return { account, decisions, second_factor: await hasSecondFactor(ctx, id) }
    }
  )

  app.post(
    '/admin/people/:id/decide',
    {
      ...write,
      schema: {
        tags,
        summary: 'Decide about an account, here or elsewhere',
        params: ById,
        body: strictObject({ action: AccountAction, reason: Type.String({ maxLength: 5000 }), ground: Type.Optional(Ground) }),
        response: answers(200, Decision)
      }
    },
    async (request) => {
      const { action, reason, ground = 'terms' } = request.body
      const decision = await decideAccount(ctx, whoIs(request)!, request.params.id, { action, reason, ground })
      return (await presentDecisions(ctx, [decision]))[0]!
    }
  )

  app.get(
    '/admin/decisions',
    {
      ...read,
      schema: {
        tags,
        summary: 'What moderators decided, latest first',
        querystring: Type.Object(Paging),
        response: answers(200, Type.Array(Decision))
      }
    },
    async (request, reply) => {
      const { max_id: maxId, limit = USUAL_LIMIT } = request.query
      const rows = await listDecisions(ctx, { maxId, limit })
      if (rows.length === limit) reply.header('link', nextLink(ctx, request, 'max_id', rows.at(-1)!.id))
      return presentDecisions(ctx, rows)
    }
  )
}

async function presentReports(ctx: Ctx, rows: ReportRow[]): Promise<Static<typeof Report>[]> {
  const actors = await loadActorParts(ctx, [...new Set(rows.flatMap((row) => [row.target_id, row.reporter_id ?? []].flat()))])
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    category: row.category,
    comment: row.comment,
    created_at: row.created_at.toISOString(),
    forwarded: row.forwarded,
    from: !row.local ? 'server' : row.reporter_id === null ? 'visitor' : 'citizen',
    reporter: accountOf(ctx, actors, row.reporter_id),
    contact_name: row.contact_name,
    contact_email: row.contact_email,
    target: accountOf(ctx, actors, row.target_id),
    posts: row.object_iris.length,
    resolved_at: row.resolved_at?.toISOString() ?? null
  }))
}

async function presentDecisions(ctx: Ctx, rows: DecisionRow[]): Promise<Static<typeof Decision>[]> {
  const actors = await loadActorParts(ctx, [...new Set(rows.flatMap((row) => [row.target_id ?? [], row.moderator_id ?? []].flat()))])
  return rows.map((row) => ({
    id: row.id,
    action: row.action,
    reason: row.reason,
    ground: row.ground,
    host: row.host,
    report_id: row.report_id,
    moderator: accountOf(ctx, actors, row.moderator_id),
    target: accountOf(ctx, actors, row.target_id),
    created_at: row.created_at.toISOString()
  }))
}

function accountOf(ctx: Ctx, actors: Map<string, ActorPart>, id: string | null) {
  const actor = id === null ? undefined : actors.get(id)
  return actor === undefined ? null : toAccount(ctx, actor, actor)
}

/** Reported posts are read as plain text: nothing of them is loaded or run. */
function plain(html: string): string {
  return html
    .replaceAll(/<\/p>|<br\s*\/?>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .trim()
}
