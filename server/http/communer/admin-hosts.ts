// For moderators: what the commune decided about other servers, lists of such decisions, and how the commune federates.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { loudHosts } from '../../db/floods.ts'
import { federationSettings, type FederationSettings } from '../../db/hosts.ts'
import type { DomainPolicyRow } from '../../db/rows.ts'
import { exportHostList, previewHostList } from '../../features/moderation/host-list.ts'
import {
  findHostPolicy,
  listHostPolicies,
  removeHostPolicy,
  saveFederationSettings,
  saveHostPolicies,
  saveHostPolicy
} from '../../features/moderation/hosts.ts'
import { requireAuth } from '../plugins/auth.ts'
import { allow } from './allow.ts'
import { nextLink } from './next-link.ts'
import { answers, Empty, orNull, strictObject } from './schemas.ts'

const tags = ['moderation']
const USUAL_LIMIT = 100
const Action = Type.Union([Type.Literal('allow'), Type.Literal('limit'), Type.Literal('reject_media'), Type.Literal('block')])
const Comment = Type.Optional(Type.String({ maxLength: 2000 }))

const HostPolicy = Type.Object(
  {
    /** The host itself, for lists. */
    id: Type.String(),
    host: Type.String(),
    action: Action,
    reason: Type.String({ description: 'For moderators only' }),
    public_comment: Type.String(),
    reject_reports: Type.Boolean(),
    obfuscate: Type.Boolean(),
    created_at: Type.String(),
    updated_at: Type.String()
  },
  { title: 'HostPolicy' }
)

const Preview = Type.Object({
  policies: Type.Array(Type.Object({ host: Type.String(), action: Action, now: orNull(Action), public_comment: Type.String() })),
  unchanged: Type.Integer(),
  problems: Type.Array(Type.Object({ line: Type.Integer(), text: Type.String(), reason: Type.String() }))
})

const SETTINGS = {
  secure_mode: Type.Boolean(),
  listed_only: Type.Boolean(),
  relay_events: Type.Boolean({ description: 'The commune announces the events of its groups' }),
  relay_news: Type.Boolean({ description: 'The commune announces what else its groups publish' })
}
const Federation = Type.Object(SETTINGS, { title: 'Federation' })
const ListText = strictObject({ list: Type.String({ maxLength: 900_000, description: 'CSV as Mastodon exports it, or one host a line' }) })
const ByHost = Type.Object({ host: Type.String({ maxLength: 260 }) })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerAdminHosts(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const read = { config: { scope: 'admin:read' }, preHandler: allow('host.judge') }
  const write = { config: { scope: 'admin:write' }, preHandler: allow('host.judge') }

  app.get(
    '/admin/hosts',
    {
      ...read,
      schema: {
        tags,
        summary: 'What was decided about other servers, in alphabetical order',
        querystring: Type.Object({
          q: Type.Optional(Type.String({ maxLength: 260, description: 'Part of a name' })),
          after: Type.Optional(Type.String({ maxLength: 260 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 }))
        }),
        response: answers(200, Type.Array(HostPolicy))
      }
    },
    async (request, reply) => {
      const { q: search, after, limit = USUAL_LIMIT } = request.query
      const rows = await listHostPolicies(ctx, { search, after, limit })
      if (rows.length === limit) reply.header('link', nextLink(ctx, request, 'after', rows.at(-1)!.host))
      return rows.map(presentPolicy)
    }
  )

  app.get(
    '/admin/hosts/:host',
    {
      ...read,
      schema: {
        tags,
        summary: 'What was decided about one server, if anything',
        params: ByHost,
        response: answers(200, Type.Object({ policy: orNull(HostPolicy) }))
      }
    },
    async (request) => {
      const row = await findHostPolicy(ctx, request.params.host)
      return { policy: row === null ? null : presentPolicy(row) }
    }
  )

  app.get(
    '/admin/loud-hosts',
    {
      ...read,
      schema: {
        tags,
        summary: 'Servers whose unknown accounts write so much that their notices are held back',
        response: answers(200, Type.Array(Type.Object({ host: Type.String(), held: Type.Integer() })))
      }
    },
    async () => loudHosts(ctx.db)
  )

  app.put(
    '/admin/hosts/:host',
    {
      ...write,
      schema: {
        tags,
        summary: 'Decide about a server and its sub-domains',
        params: ByHost,
        body: strictObject({
          action: Action,
          reason: Comment,
          public_comment: Comment,
          reject_reports: Type.Optional(Type.Boolean()),
          obfuscate: Type.Optional(Type.Boolean())
        }),
        response: answers(200, HostPolicy)
      }
    },
    async (request) => {
      const {
        action,
        reason = '',
        public_comment: publicComment = '',
        reject_reports: rejectReports = false,
        obfuscate = false
      } = request.body
      const input = { host: request.params.host, action, reason, publicComment, rejectReports, obfuscate }
      return presentPolicy(await saveHostPolicy(ctx, requireAuth(request).actor.id, input))
    }
  )

  app.delete(
    '/admin/hosts/:host',
    { ...write, schema: { tags, summary: 'Take a decision about a server back', params: ByHost, response: answers(200, Empty) } },
    async (request) => {
      await removeHostPolicy(ctx, requireAuth(request).actor.id, request.params.host)
      return {}
    }
  )

  app.get(
    '/admin/host-list',
    { ...read, schema: { tags, summary: 'All decisions as CSV, as Mastodon exports them', response: { 200: Type.String() } } },
    async (_request, reply) => {
      const csv = await exportHostList(ctx)
      return reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="domain_blocks.csv"').send(csv)
    }
  )

  app.post(
    '/admin/host-list/preview',
    { ...read, schema: { tags, summary: 'What importing a list would change', body: ListText, response: answers(200, Preview) } },
    async (request) => {
      const { policies, unchanged, problems } = await previewHostList(ctx, request.body.list)
      const shown = policies.map(({ host, action, now, publicComment = '' }) => ({ host, action, now, public_comment: publicComment }))
      return { policies: shown, unchanged, problems }
    }
  )

  app.post(
    '/admin/host-list',
    {
      ...write,
      schema: {
        tags,
        summary: 'Import a list; lines that cannot be read are left out',
        body: ListText,
        response: answers(200, Type.Object({ written: Type.Integer() }))
      }
    },
    async (request) => {
      const { policies } = await previewHostList(ctx, request.body.list)
      return { written: await saveHostPolicies(ctx, requireAuth(request).actor.id, policies) }
    }
  )

  app.get(
    '/admin/federation',
    { ...read, schema: { tags, summary: 'How the commune federates', response: answers(200, Federation) } },
    async () => presentFederation(await federationSettings(ctx))
  )

  app.patch(
    '/admin/federation',
    {
      config: { scope: 'admin:write' },
      preHandler: allow('site.edit'),
      schema: {
        tags,
        summary: 'Change how the commune federates',
        body: Type.Partial(strictObject(SETTINGS), { additionalProperties: false }),
        response: answers(200, Federation)
      }
    },
    async (request) => {
      const { secure_mode: secureMode, listed_only: listedOnly, relay_events: relayEvents, relay_news: relayNews } = request.body
      const changes = Object.entries({ secureMode, listedOnly, relayEvents, relayNews }).filter(([, value]) => value !== undefined)
      return presentFederation(await saveFederationSettings(ctx, requireAuth(request).actor.id, Object.fromEntries(changes)))
    }
  )
}

function presentPolicy(row: DomainPolicyRow) {
  return { ...row, id: row.host, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() }
}

function presentFederation({ secureMode, listedOnly, relayEvents, relayNews }: FederationSettings) {
  return { secure_mode: secureMode, listed_only: listedOnly, relay_events: relayEvents, relay_news: relayNews }
}
