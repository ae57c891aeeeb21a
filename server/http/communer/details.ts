// The parts of a profile with a choice of who reads each: native API.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { AUDIENCES, DETAIL_FIELDS, listDetails, type Audience, type DetailField } from '../../db/profile-details.ts'
import { saveDetails } from '../../features/accounts/details.ts'
import { requireAuth } from '../plugins/auth.ts'
import { viewerOf } from '../mastodon/params.ts'
import { answers, Id, strictObject } from './schemas.ts'

const tags = ['profile']
const Detail = strictObject({
  field: Type.Unsafe<DetailField>({ type: 'string', enum: DETAIL_FIELDS }),
  value: Type.String({ maxLength: 1000 }),
  audience: Type.Unsafe<Audience>({ type: 'string', enum: AUDIENCES }),
  /** Of the field neighbourhood: the quarter chosen. */
  neighbourhood: Type.Optional(Id)
})
const Details = Type.Array(Detail)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerDetails(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/people/:id/details',
    {
      config: { public: true },
      schema: { tags, summary: 'What a person lets the reader know', params: Type.Object({ id: Id }), response: answers(200, Details) }
    },
    async (request) => await listDetails(ctx.db, request.params.id, viewerOf(request))
  )

  app.put(
    '/profile/details',
    {
      config: { scope: 'write:accounts' },
      schema: {
        tags,
        summary: 'Replace one’s own, each with who may read it',
        body: strictObject({ details: Type.Array(Detail, { maxItems: DETAIL_FIELDS.length }) }),
        response: answers(200, Details)
      }
    },
    async (request) => await saveDetails(ctx, requireAuth(request).actor.id, request.body.details)
  )
}
