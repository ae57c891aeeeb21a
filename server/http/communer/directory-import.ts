// Cards from a file, in the native API: look at it first, begin, see how far it is. Rules are features/directory/import.ts.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { FILE_FIELDS, type FileField } from '../../core/directory-file.ts'
import { findImport, type ImportFailure } from '../../db/directory-imports.ts'
import { previewImport, startImport } from '../../features/directory/import.ts'
import { text } from '../../locales/texts.ts'
import { notFound } from '../mastodon/params.ts'
import { whoIs } from '../plugins/auth.ts'
import { localeOf } from '../plugins/locale.ts'
import { allow } from './allow.ts'
import { answers, Id, orNull, strictObject } from './schemas.ts'

const tags = ['directory']
const WRITE = { config: { scope: 'write:accounts' }, preHandler: allow('directory.edit'), bodyLimit: 8_000_000 }
const Field = Type.Unsafe<FileField>({ type: 'string', enum: [...FILE_FIELDS] })
const File = Type.String({ maxLength: 7_000_000, description: 'The file itself: CSV or GeoJSON' })
/** Empty: this column is left out. */
const Mapping = Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 200 }))
const Failure = Type.Object({ line: Type.Integer(), field: orNull(Type.String()), problem: Type.String({ description: 'A sentence' }) })
const Preview = Type.Object(
  {
    columns: Type.Array(Type.Object({ name: Type.String(), field: orNull(Field), examples: Type.Array(Type.String()) })),
    total: Type.Integer(),
    ready: Type.Integer(),
    errors: Type.Array(Failure)
  },
  { title: 'DirectoryImportPreview' }
)
const Progress = Type.Object(
  {
    id: Id,
    source: Type.String(),
    total: Type.Integer(),
    done: Type.Integer(),
    made: Type.Integer(),
    changed: Type.Integer(),
    kept: Type.Integer({ description: 'There already, and somebody answers for them' }),
    failed: Type.Array(Failure),
    ended: Type.Boolean()
  },
  { title: 'DirectoryImport' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerDirectoryImport(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const said = (locale: 'fr' | 'en', failures: ImportFailure[]) =>
    failures.map(({ line, code, field }) => ({ line, field, problem: text(locale, `errors.${code}`) }))

  app.post(
    '/directory/imports/preview',
    {
      ...WRITE,
      schema: {
        tags,
        summary: 'What would come of a file (town hall)',
        body: strictObject({ file: File, mapping: Mapping }),
        response: answers(200, Preview)
      }
    },
    async (request) => {
      const { file, mapping } = request.body
      const preview = previewImport(whoIs(request)!, file, mapping)
      return { ...preview, errors: said(localeOf(request), preview.errors) }
    }
  )

  app.post(
    '/directory/imports',
    {
      ...WRITE,
      schema: {
        tags,
        summary: 'Make cards of a file (town hall)',
        body: strictObject({ file: File, mapping: Mapping, source: Type.String({ maxLength: 400 }) }),
        response: answers(201, Type.Object({ id: Id }))
      }
    },
    async (request, reply) => {
      const { file, mapping, source } = request.body
      const id = await startImport(ctx, whoIs(request)!, { text: file, source, ...(mapping === undefined ? {} : { mapping }) })
      return reply.code(201).send({ id })
    }
  )

  app.get(
    '/directory/imports/:id',
    {
      config: { scope: 'read:accounts' },
      preHandler: allow('directory.edit'),
      schema: { tags, summary: 'How far an import is', params: Type.Object({ id: Id }), response: answers(200, Progress) }
    },
    async (request) => {
      const row = await findImport(ctx.db, request.params.id)
      if (row === undefined) throw notFound()
      const { id, source, total, done, made, changed, kept, failed, ended_at: ended } = row
      return { id, source, total, done, made, changed, kept, failed: said(localeOf(request), failed), ended: ended !== null }
    }
  )
}
