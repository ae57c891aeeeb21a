// For administrators and moderators: sign-ups to approve, accounts, the site's settings.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx, Site } from '../../context.ts'
import { roomLeft } from '../../db/disk.ts'
import { requireSite } from '../../db/site.ts'
import {
  approveAccount,
  disableAccount,
  enableAccount,
  listAccounts,
  rejectAccount,
  type AccountWithActor
} from '../../features/accounts/review.ts'
import { resetLink } from '../../features/accounts/reset.ts'
import { removeSecondFactors } from '../../features/accounts/second-factor.ts'
import { updateSite } from '../../features/admin/site.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { requireAuth } from '../plugins/auth.ts'
import { allow } from './allow.ts'
import { answers, Empty, HandedLink, Id, MastodonAccount, strictObject, UpperLevels } from './schemas.ts'

const tags = ['admin']
const ById = Type.Object({ id: Id })
const Status = Type.Union([Type.Literal('pending'), Type.Literal('active'), Type.Literal('disabled')])
const Registrations = Type.Union([Type.Literal('open'), Type.Literal('approval'), Type.Literal('closed')])

const AdminAccount = Type.Object(
  {
    id: Id,
    username: Type.String(),
    email: Type.String(),
    role: Type.String(),
    status: Status,
    email_confirmed: Type.Boolean(),
    approved: Type.Boolean({ description: 'let in, once the address is confirmed' }),
    reason: Type.String(),
    locale: Type.String(),
    created_at: Type.String(),
    account: MastodonAccount
  },
  { title: 'AdminAccount' }
)

const SiteSettings = Type.Object(
  {
    name: Type.String(),
    insee: Type.String(),
    country: Type.String({ description: 'ISO 3166' }),
    above: UpperLevels,
    latitude: Type.Number(),
    longitude: Type.Number(),
    description: Type.String(),
    registrations: Registrations,
    public_url: Type.String(),
    account_domain: Type.String(),
    timezone: Type.String()
  },
  { title: 'Site' }
)

const Disk = Type.Object({ room: Type.Union([Type.Literal('enough'), Type.Literal('low'), Type.Literal('full')]) })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerAdmin(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/admin/accounts',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('account.review'),
      schema: {
        tags,
        summary: 'Accounts, newest first',
        querystring: Type.Object({
          status: Type.Optional(Status),
          max_id: Type.Optional(Id),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 80 }))
        }),
        response: answers(200, Type.Array(AdminAccount))
      }
    },
    async (request, reply) => {
      const { status, max_id: maxId, limit = 40 } = request.query
      const rows = await listAccounts(ctx, { status, maxId, limit })
      if (rows.length === limit) {
        const url = new URL(request.url, requireSite(ctx).origin)
        url.searchParams.set('max_id', rows.at(-1)!.account.id)
        reply.header('link', `<${url.href}>; rel="next"`)
      }
      return rows.map((row) => presentAccount(ctx, row))
    }
  )

  const write = { config: { scope: 'admin:write' }, preHandler: allow('account.review') }

  app.post(
    '/admin/accounts/:id/approve',
    { ...write, schema: { tags, summary: 'Let a pending person in', params: ById, response: answers(200, AdminAccount) } },
    async (request) => presentAccount(ctx, await approveAccount(ctx, request.params.id))
  )

  app.post(
    '/admin/accounts/:id/reject',
    { ...write, schema: { tags, summary: 'Refuse a sign-up: nothing of it remains', params: ById, response: answers(200, Empty) } },
    async (request) => {
      await rejectAccount(ctx, request.params.id)
      return {}
    }
  )

  const admin = { config: { scope: 'admin:write' }, preHandler: allow('site.edit') }

  app.post(
    '/admin/accounts/:id/disable',
    { ...admin, schema: { tags, summary: 'Stop an account', params: ById, response: answers(200, Empty) } },
    async (request) => {
      await disableAccount(ctx, request.params.id)
      return {}
    }
  )

  app.post(
    '/admin/accounts/:id/reset-link',
    {
      ...admin,
      schema: { tags, summary: 'A link to choose a new password, to hand to the person', params: ById, response: answers(200, HandedLink) }
    },
    async (request) => {
      const { url, expiresAt } = await resetLink(ctx, request.params.id)
      return { url, expires_at: expiresAt.toISOString() }
    }
  )

  app.post(
    '/admin/people/:id/second-factor/remove',
    {
      ...admin,
      schema: {
        tags,
        summary: 'Remove every second factor of somebody who lost them; they get a mail with the reason',
        params: ById,
        body: strictObject({ reason: Type.String({ maxLength: 2000 }) }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      await removeSecondFactors(ctx, request.params.id, { moderatorId: requireAuth(request).actor.id, reason: request.body.reason })
      return {}
    }
  )

  app.post(
    '/admin/accounts/:id/enable',
    { ...admin, schema: { tags, summary: 'Open a disabled account again', params: ById, response: answers(200, Empty) } },
    async (request) => {
      await enableAccount(ctx, request.params.id)
      return {}
    }
  )

  app.get(
    '/admin/site',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('site.read'),
      schema: { tags, summary: 'Settings of the site', response: answers(200, SiteSettings) }
    },
    async () => presentSite(requireSite(ctx))
  )

  app.get(
    '/admin/disk',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('site.read'),
      schema: {
        tags,
        summary: 'Whether the disk has room: low refuses images, full also what other servers send',
        response: answers(200, Disk)
      }
    },
    async () => ({ room: await roomLeft(ctx) })
  )

  app.patch(
    '/admin/site',
    {
      ...admin,
      schema: {
        tags,
        summary: 'Change settings of the site',
        body: strictObject({
          name: Type.Optional(Type.String({ maxLength: 100 })),
          description: Type.Optional(Type.String({ maxLength: 2000 })),
          registrations: Type.Optional(Registrations),
          country: Type.Optional(Type.String({ maxLength: 2 })),
          above: Type.Optional(UpperLevels),
          latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
          longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 }))
        }),
        response: answers(200, SiteSettings)
      }
    },
    async (request) => presentSite(await updateSite(ctx, request.body))
  )
}

function presentAccount(ctx: Ctx, { account, actor }: AccountWithActor) {
  return {
    id: account.id,
    username: actor.username,
    email: account.email,
    role: account.role,
    status: account.status,
    email_confirmed: account.confirmed_at !== null,
    approved: account.approved_at !== null,
    reason: account.reason,
    locale: account.locale,
    created_at: account.created_at.toISOString(),
    account: toAccount(ctx, actor, null)
  }
}

function presentSite(site: Site) {
  return {
    name: site.name,
    insee: site.insee,
    country: site.country ?? 'FR',
    above: site.above ?? [],
    latitude: site.latitude,
    longitude: site.longitude,
    description: site.description,
    registrations: site.registrations,
    public_url: site.origin,
    account_domain: site.accountDomain,
    timezone: site.timezone
  }
}
