// Drafts of proposals: what one writes before anybody else sees it.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { deleteDraft, getDraft, listDrafts, saveDraft, type DraftRow } from '../../features/proposals/drafts.ts'
import { requireAuth } from '../plugins/auth.ts'
import { DraftBody, DraftEntity } from './proposal-schemas.ts'
import { answers, Empty, Id } from './schemas.ts'

const tags = ['proposals']
const ById = Type.Object({ id: Id })
const READ = { scope: 'read:statuses' }
const WRITE = { scope: 'write:statuses' }

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerProposalDrafts(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const present = ({ id, words, updated_at: at }: DraftRow) => ({ id, ...words, updated_at: at.toISOString() })

  app.get(
    '/proposals/drafts',
    { config: READ, schema: { tags, summary: 'One’s drafts, newest first', response: answers(200, Type.Array(DraftEntity)) } },
    async (request) => (await listDrafts(ctx, requireAuth(request).actor)).map(present)
  )

  app.post(
    '/proposals/drafts',
    { config: WRITE, schema: { tags, summary: 'Keep a draft, as typed', body: DraftBody, response: answers(201, DraftEntity) } },
    async (request, reply) => reply.code(201).send(present(await saveDraft(ctx, requireAuth(request).actor, request.body)))
  )

  app.get(
    '/proposals/drafts/:id',
    { config: READ, schema: { tags, summary: 'One draft of one’s own', params: ById, response: answers(200, DraftEntity) } },
    async (request) => present(await getDraft(ctx, requireAuth(request).actor, request.params.id))
  )

  app.put(
    '/proposals/drafts/:id',
    { config: WRITE, schema: { tags, summary: 'Change it', params: ById, body: DraftBody, response: answers(200, DraftEntity) } },
    async (request) => present(await saveDraft(ctx, requireAuth(request).actor, request.body, request.params.id))
  )

  app.delete(
    '/proposals/drafts/:id',
    { config: WRITE, schema: { tags, summary: 'Throw it away', params: ById, response: answers(200, Empty) } },
    async (request) => {
      await deleteDraft(ctx.db, requireAuth(request).actor, request.params.id)
      return {}
    }
  )
}
