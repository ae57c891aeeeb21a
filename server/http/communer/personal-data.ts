// One's own data in the native API: the archive to take along, and lists brought from elsewhere. From a session of one's own only.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { createReadStream } from 'node:fs'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import type { ExportRow, ImportRow } from '../../db/rows.ts'
import { askExport, askImport, exportPath, getExport, listExports, listImports } from '../../features/accounts/personal-data.ts'
import { PERSONAL_LISTS, personalList } from '../../features/accounts/personal-lists.ts'
import { assertPassword } from '../../core/password.ts'
import { requireAuth } from '../plugins/auth.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { answers, Id, orNull, strictObject } from './schemas.ts'

const tags = ['personal data']
const Kind = Type.Union([
  Type.Literal('follows'),
  Type.Literal('blocks'),
  Type.Literal('mutes'),
  Type.Literal('domains'),
  Type.Literal('bookmarks'),
  Type.Literal('lists'),
  Type.Literal('tags')
])

const Archive = Type.Object(
  {
    id: Id,
    state: Type.Union([Type.Literal('waiting'), Type.Literal('ready'), Type.Literal('failed')]),
    done: Type.Integer(),
    total: Type.Integer(),
    size: orNull(Type.Integer({ description: 'bytes' })),
    created_at: Type.String(),
    expires_at: Type.String()
  },
  { title: 'Archive' }
)

const Import = Type.Object(
  {
    id: Id,
    kind: Kind,
    total: Type.Integer(),
    done: Type.Integer({ description: 'looked at so far' }),
    failed: Type.Integer({ description: 'not found, or refused' }),
    failures: Type.Array(Type.String(), { description: 'The first hundred of them' }),
    created_at: Type.String(),
    finished_at: orNull(Type.String())
  },
  { title: 'Import' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerPersonalData(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const session = { config: { scope: 'session' } }
  const guarded = { config: { scope: 'session', rateLimit: LIMITS.password } }

  app.get(
    '/exports',
    { ...session, schema: { tags, summary: 'One’s archives that still exist', response: answers(200, Type.Array(Archive)) } },
    async (request) => (await listExports(ctx, requireAuth(request).account.id)).map(presentExport)
  )

  app.post(
    '/exports',
    {
      ...guarded,
      schema: {
        tags,
        summary: 'Ask for an archive of everything one published and keeps here, once a day',
        body: strictObject({ password: Type.String({ maxLength: 1024 }) }),
        response: answers(202, Archive)
      }
    },
    async (request, reply) => {
      const { account } = requireAuth(request)
      await assertPassword(account, request.body.password)
      return reply.code(202).send(presentExport(await askExport(ctx, account.id)))
    }
  )

  app.get(
    '/exports/:id/file',
    { ...session, schema: { tags, summary: 'The archive: .tar.gz', params: Type.Object({ id: Id }) } },
    async (request, reply) => {
      const { account, actor } = requireAuth(request)
      const row = await getExport(ctx, account.id, request.params.id)
      const name = `${actor.username}-${row.created_at.toISOString().slice(0, 10)}.tar.gz`
      return reply
        .type('application/gzip')
        .header('cache-control', 'private, no-store')
        .header('content-length', row.size_bytes ?? '0')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(createReadStream(exportPath(ctx, row.id)))
    }
  )

  app.get(
    '/exports/lists/:name',
    {
      ...session,
      schema: {
        tags,
        summary: 'One of one’s lists alone, as CSV in Mastodon’s format',
        params: Type.Object({ name: Type.Union(PERSONAL_LISTS.map((name) => Type.Literal(name))) })
      }
    },
    async (request, reply) => {
      const { name } = request.params
      return reply
        .type('text/csv; charset=utf-8')
        .header('cache-control', 'private, no-store')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(await personalList(ctx, requireAuth(request).actor, name))
    }
  )

  app.get(
    '/imports',
    { ...session, schema: { tags, summary: 'One’s imports, newest first', response: answers(200, Type.Array(Import)) } },
    async (request) => (await listImports(ctx, requireAuth(request).account.id)).map(presentImport)
  )

  app.post(
    '/imports',
    {
      ...guarded,
      schema: {
        tags,
        summary: 'Do what a CSV says, as Mastodon exports it: whom to follow, block, mute; what to keep',
        body: strictObject({ kind: Kind, csv: Type.String({ maxLength: 900_000 }) }),
        response: answers(202, Import)
      }
    },
    async (request, reply) => {
      const { kind, csv } = request.body
      return reply.code(202).send(presentImport(await askImport(ctx, requireAuth(request).account.id, kind, csv)))
    }
  )
}

function presentExport(row: ExportRow) {
  return {
    id: row.id,
    state: row.state,
    done: row.done,
    total: row.total,
    size: row.size_bytes === null ? null : Number(row.size_bytes),
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString()
  }
}

function presentImport(row: ImportRow) {
  return {
    id: row.id,
    kind: row.kind,
    total: row.total,
    done: row.done,
    failed: row.failed,
    failures: row.failures,
    created_at: row.created_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null
  }
}
