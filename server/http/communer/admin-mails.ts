// For administrators: the outbox of mails.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { listMails } from '../../db/mails.ts'
import type { MailRow } from '../../db/rows.ts'
import { dropMail, retryMail, sendTestMail, takeLink } from '../../features/admin/mails.ts'
import { hasOneTimeLink } from '../../locales/mail.ts'
import { requireAuth } from '../plugins/auth.ts'
import { allow } from './allow.ts'
import { nextLink } from './next-link.ts'
import { answers, Empty, HandedLink, Id, orNull } from './schemas.ts'

const tags = ['admin']
const ById = Type.Object({ id: Id })
const State = Type.Union([Type.Literal('waiting'), Type.Literal('sent'), Type.Literal('failed')])
const PAGE = 40

const Mail = Type.Object(
  {
    id: Id,
    kind: Type.String(),
    recipient: Type.String(),
    state: State,
    has_link: Type.Boolean(),
    attempts: Type.Integer(),
    error: orNull(Type.String()),
    created_at: Type.String(),
    expires_at: Type.String(),
    finished_at: orNull(Type.String())
  },
  { title: 'Mail' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerAdminMails(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/admin/mails',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('site.edit'),
      schema: {
        tags,
        summary: 'Mails that wait, left or failed, newest first',
        querystring: Type.Object({ state: Type.Optional(State), max_id: Type.Optional(Id) }),
        response: answers(200, Type.Array(Mail))
      }
    },
    async (request, reply) => {
      const { state = 'waiting', max_id: maxId } = request.query
      const rows = await listMails(ctx.db, { state, maxId, limit: PAGE })
      if (rows.length === PAGE) reply.header('link', nextLink(ctx, request, 'max_id', rows.at(-1)!.id))
      return rows.map(present)
    }
  )

  const admin = { config: { scope: 'admin:write' }, preHandler: allow('site.edit') }

  app.post(
    '/admin/mails/test',
    { ...admin, schema: { tags, summary: 'Send oneself a mail, to see whether mail works', response: answers(202, Empty) } },
    async (request, reply) => {
      await sendTestMail(ctx, requireAuth(request).account)
      return reply.code(202).send({})
    }
  )

  app.post(
    '/admin/mails/:id/retry',
    { ...admin, schema: { tags, summary: 'Try to send it now', params: ById, response: answers(200, Empty) } },
    async (request) => {
      await retryMail(ctx, request.params.id)
      return {}
    }
  )

  app.post(
    '/admin/mails/:id/link',
    {
      ...admin,
      schema: {
        tags,
        summary: 'Take the link, to hand it out another way: the mail is not sent any more',
        params: ById,
        response: answers(200, HandedLink)
      }
    },
    async (request) => {
      const { url, expiresAt } = await takeLink(ctx, request.params.id)
      return { url, expires_at: expiresAt.toISOString() }
    }
  )

  app.delete(
    '/admin/mails/:id',
    { ...admin, schema: { tags, summary: 'Give it up', params: ById, response: answers(200, Empty) } },
    async (request) => {
      await dropMail(ctx, request.params.id)
      return {}
    }
  )
}

function present(row: MailRow) {
  return {
    id: row.id,
    kind: row.kind,
    recipient: row.recipient,
    state: row.state,
    has_link: row.state === 'waiting' && hasOneTimeLink(row.kind),
    attempts: row.attempts,
    error: row.last_error,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null
  }
}
