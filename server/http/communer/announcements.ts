// For administrators: what the commune announces to its people. Reading is the Mastodon API's (/api/v1/announcements).
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import {
  allAnnouncements,
  announce,
  changeAnnouncement,
  takeBackAnnouncement,
  type AnnouncementInput,
  type AnnouncementRow
} from '../../features/announcements/announcements.ts'
import { allow } from './allow.ts'
import { answers, Empty, Id, orNull, strictObject } from './schemas.ts'

const tags = ['admin']
const ById = Type.Object({ id: Id })
const Body = strictObject({
  content: Type.String({ maxLength: 5000 }),
  ends_at: Type.Optional(orNull(Type.String({ format: 'date-time', description: 'Not shown from then on' })))
})
const Announcement = Type.Object(
  {
    id: Id,
    content: Type.String({ description: 'As it was written' }),
    ends_at: orNull(Type.String()),
    is_over: Type.Boolean(),
    created_at: Type.String(),
    updated_at: Type.String()
  },
  { title: 'Announcement' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerAnnouncements(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const write = { config: { scope: 'admin:write' }, preHandler: allow('site.edit') }
  const present = (row: AnnouncementRow) => ({
    id: row.id,
    content: row.content,
    ends_at: row.ends_at?.toISOString() ?? null,
    is_over: row.ends_at !== null && row.ends_at <= ctx.clock.now(),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString()
  })

  app.get(
    '/admin/announcements',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('site.edit'),
      schema: { tags, summary: 'Everything announced, newest first', response: answers(200, Type.Array(Announcement)) }
    },
    async () => (await allAnnouncements(ctx)).map(present)
  )

  app.post(
    '/admin/announcements',
    { ...write, schema: { tags, summary: 'Announce', body: Body, response: answers(201, Announcement) } },
    async (request, reply) => reply.status(201).send(present(await announce(ctx, inputOf(request.body))))
  )

  app.put(
    '/admin/announcements/:id',
    { ...write, schema: { tags, summary: 'Change an announcement', params: ById, body: Body, response: answers(200, Announcement) } },
    async (request) => present(await changeAnnouncement(ctx, request.params.id, inputOf(request.body)))
  )

  app.delete(
    '/admin/announcements/:id',
    { ...write, schema: { tags, summary: 'Take an announcement back', params: ById, response: answers(200, Empty) } },
    async (request) => {
      await takeBackAnnouncement(ctx, request.params.id)
      return {}
    }
  )
}

function inputOf({ content, ends_at: endsAt }: { content: string; ends_at?: string | null }): AnnouncementInput {
  return { content, endsAt: typeof endsAt === 'string' ? new Date(endsAt) : null }
}
