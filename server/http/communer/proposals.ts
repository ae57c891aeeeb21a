// Proposals of the native API: lists, write, change, withdraw, answer, progress, journal. Rules are features/proposals'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { listProposals, type ProposalFilter } from '../../db/proposals.ts'
import { answerProposal, reportOnProposal } from '../../features/proposals/answer.ts'
import { editProposal, propose, withdrawProposal } from '../../features/proposals/write.ts'
import { findByAcct } from '../../features/search/lookup.ts'
import { viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { Journal, presentJournal } from './journal-answers.ts'
import { nextLink } from './next-link.ts'
import { AnswerBody, ProgressBody } from './official-answers.ts'
import { getProposal, presentProposals, showProposal } from './proposal-answers.ts'
import { EditProposalBody, ListedProposal, NewProposalBody, ProposalEntity, ProposalQuery, WhyBody } from './proposal-schemas.ts'
import { answers, Id } from './schemas.ts'

const tags = ['proposals']
const ById = Type.Object({ id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }
const USUAL_LIMIT = 20
const MAX_OFFSET = 2000

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerProposals(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const show = (request: FastifyRequest, id: string) => showProposal(ctx, id, viewerOf(request), whoIs(request))

  app.get(
    '/proposals',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Proposals, newest first, without their text; the next page by the Link header',
        querystring: ProposalQuery,
        response: answers(200, Type.Array(ListedProposal))
      }
    },
    async (request, reply) => {
      const { tab = 'recent', theme, q, group, idea, offset = 0, limit = USUAL_LIMIT } = request.query
      if (tab === 'mine') requireAuth(request)
      const groupId = group === undefined ? undefined : await findByAcct(ctx, group)
      if (groupId === null) return []
      const filter: ProposalFilter = {
        tab,
        offset,
        limit: limit + 1,
        ...(theme === undefined ? {} : { theme }),
        ...(q === undefined ? {} : { words: q }),
        ...(groupId === undefined ? {} : { groupId }),
        ...(idea === undefined ? {} : { ideaId: idea })
      }
      const rows = await listProposals(ctx, viewerOf(request), filter)
      if (rows.length > limit && offset + limit <= MAX_OFFSET)
        reply.header('link', nextLink(ctx, request, 'offset', String(offset + limit)))
      return await presentProposals(ctx, rows.slice(0, limit), viewerOf(request))
    }
  )

  app.post(
    '/proposals',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Publish a proposal; blank lines part its paragraphs',
        body: NewProposalBody,
        response: answers(201, ProposalEntity)
      }
    },
    async (request, reply) => {
      const { amendable_by: amendableBy, idea, draft, process: processId, room: roomId, media_ids: mediaIds, ...input } = request.body
      const row = await propose(ctx, requireAuth(request).actor, {
        ...input,
        ideaId: idea ?? null,
        processId: processId ?? null,
        roomId: roomId ?? null,
        ...(mediaIds === undefined ? {} : { mediaIds }),
        ...(amendableBy === undefined ? {} : { amendableBy }),
        ...(draft === undefined ? {} : { draftId: draft })
      })
      return reply.code(201).send(await show(request, row.id))
    }
  )

  app.get(
    '/proposals/:id',
    { config: READ, schema: { tags, summary: 'One proposal with its text', params: ById, response: answers(200, ProposalEntity) } },
    async (request) => await show(request, request.params.id)
  )

  app.patch(
    '/proposals/:id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Change it (its authors): another version when its words change',
        params: ById,
        body: EditProposalBody,
        response: answers(200, ProposalEntity)
      }
    },
    async (request) => {
      const { amendable_by: amendableBy, media_ids: mediaIds, ...edit } = request.body
      const row = await getProposal(ctx, request.params.id, viewerOf(request))
      await editProposal(ctx, whoIs(request)!, row, {
        ...edit,
        ...(amendableBy === undefined ? {} : { amendableBy }),
        ...(mediaIds === undefined ? {} : { mediaIds })
      })
      return await show(request, row.id)
    }
  )

  app.post(
    '/proposals/:id/withdraw',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Take it back, and say why (its authors)',
        params: ById,
        body: WhyBody,
        response: answers(200, ProposalEntity)
      }
    },
    async (request) => {
      const row = await getProposal(ctx, request.params.id, viewerOf(request))
      await withdrawProposal(ctx, whoIs(request)!, row, request.body.reason)
      return await show(request, row.id)
    }
  )

  app.put(
    '/proposals/:id/answer',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'The commune answers (town hall); what no vote decided is adopted or refused by that',
        params: ById,
        body: AnswerBody,
        response: answers(200, ProposalEntity)
      }
    },
    async (request) => {
      const row = await getProposal(ctx, request.params.id, viewerOf(request))
      await answerProposal(ctx, whoIs(request)!, requireAuth(request).actor, row, request.body)
      return await show(request, row.id)
    }
  )

  app.put(
    '/proposals/:id/progress',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'How far it is, and what is promised for when (town hall, authors)',
        params: ById,
        body: ProgressBody,
        response: answers(200, ProposalEntity)
      }
    },
    async (request) => {
      const row = await getProposal(ctx, request.params.id, viewerOf(request))
      await reportOnProposal(ctx, whoIs(request)!, row, request.body)
      return await show(request, row.id)
    }
  )

  app.get(
    '/proposals/:id/journal',
    { config: READ, schema: { tags, summary: 'What became of it, step by step', params: ById, response: answers(200, Journal) } },
    async (request) => await presentJournal(ctx, (await getProposal(ctx, request.params.id, viewerOf(request))).id)
  )
}
