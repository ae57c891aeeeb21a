// What happens around the text of a proposal: versions and what changed, amendments, arguments. Rules are features/proposals'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { acceptAmendment, promoteAmendment, proposeAmendment, refuseAmendment, withdrawAmendment } from '../../features/proposals/amend.ts'
import { addArgument } from '../../features/proposals/argue.ts'
import { notFound, viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { getProposal, presentAmendments, presentArguments, presentDiff, presentVersions, showProposal } from './proposal-answers.ts'
import {
  AmendmentBody,
  AmendmentEntity,
  ArgumentBody,
  ArgumentEntity,
  ProposalEntity,
  VersionDiff,
  VersionEntity,
  WhyBody,
  type AmendmentAnswer
} from './proposal-schemas.ts'
import { answers, Id, strictObject } from './schemas.ts'

const tags = ['proposals']
const ById = Type.Object({ id: Id })
const ByAmendment = Type.Object({ id: Id, amendment: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }
const MayWhy = strictObject({ reason: Type.Optional(Type.String({ maxLength: 8000 })) })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerAmendments(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const seen = (request: FastifyRequest<{ Params: { id: string } }>) => getProposal(ctx, request.params.id, viewerOf(request))

  async function one(request: FastifyRequest<{ Params: { id: string } }>, id: string): Promise<AmendmentAnswer> {
    const [amendment] = await presentAmendments(ctx, await seen(request), viewerOf(request), whoIs(request), id)
    if (amendment === undefined) throw notFound()
    return amendment
  }

  app.get(
    '/proposals/:id/versions',
    {
      config: READ,
      schema: { tags, summary: 'Its versions, newest first', params: ById, response: answers(200, Type.Array(VersionEntity)) }
    },
    async (request) => await presentVersions(ctx, (await seen(request)).id)
  )

  app.get(
    '/proposals/:id/versions/:number',
    {
      config: READ,
      schema: {
        tags,
        summary: 'What a version changed: by paragraph, then by word',
        params: Type.Object({ id: Id, number: Type.Integer({ minimum: 1 }) }),
        querystring: Type.Object({ against: Type.Optional(Type.Integer({ minimum: 0, description: 'Default: the version before' })) }),
        response: answers(200, VersionDiff)
      }
    },
    async (request) => {
      const row = await seen(request)
      const { number } = request.params
      return await presentDiff(ctx, row.id, number, request.query.against ?? number - 1)
    }
  )

  app.get(
    '/proposals/:id/amendments',
    {
      config: READ,
      schema: { tags, summary: 'Its amendments, those that wait first', params: ById, response: answers(200, Type.Array(AmendmentEntity)) }
    },
    async (request) => await presentAmendments(ctx, await seen(request), viewerOf(request), whoIs(request))
  )

  app.post(
    '/proposals/:id/amendments',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Propose another wording of one paragraph, one more after it, or its deletion',
        params: ById,
        body: AmendmentBody,
        response: answers(201, AmendmentEntity)
      }
    },
    async (request, reply) => {
      const id = await proposeAmendment(ctx, requireAuth(request).actor, await seen(request), request.body)
      return reply.code(201).send(await one(request, id))
    }
  )

  app.post(
    '/proposals/:id/amendments/:amendment/accept',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Accept it (authors): a new version, and one author more',
        params: ByAmendment,
        body: MayWhy,
        response: answers(200, AmendmentEntity)
      }
    },
    async (request) => {
      await acceptAmendment(ctx, whoIs(request)!, await seen(request), request.params.amendment, request.body.reason)
      return await one(request, request.params.amendment)
    }
  )

  app.post(
    '/proposals/:id/amendments/:amendment/refuse',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Refuse it, and say why (authors)',
        params: ByAmendment,
        body: WhyBody,
        response: answers(200, AmendmentEntity)
      }
    },
    async (request) => {
      await refuseAmendment(ctx, whoIs(request)!, await seen(request), request.params.amendment, request.body.reason)
      return await one(request, request.params.amendment)
    }
  )

  app.post(
    '/proposals/:id/amendments/:amendment/withdraw',
    {
      config: WRITE,
      schema: { tags, summary: 'Take one’s amendment back', params: ByAmendment, body: MayWhy, response: answers(200, AmendmentEntity) }
    },
    async (request) => {
      await withdrawAmendment(ctx, whoIs(request)!, await seen(request), request.params.amendment, request.body.reason)
      return await one(request, request.params.amendment)
    }
  )

  app.post(
    '/proposals/:id/amendments/:amendment/promote',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Make a proposal of one’s own of an amendment that was refused or is outdated',
        params: ByAmendment,
        body: strictObject({ title: Type.Optional(Type.String({ maxLength: 1000 })) }),
        response: answers(201, ProposalEntity)
      }
    },
    async (request, reply) => {
      const { actor } = requireAuth(request)
      const made = await promoteAmendment(ctx, actor, await seen(request), request.params.amendment, request.body.title)
      return reply.code(201).send(await showProposal(ctx, made.id, viewerOf(request), whoIs(request)))
    }
  )

  app.get(
    '/proposals/:id/arguments',
    {
      config: READ,
      schema: {
        tags,
        summary: 'What speaks for and against it, questions, sources; most supported first',
        params: ById,
        response: answers(200, Type.Array(ArgumentEntity))
      }
    },
    async (request) => await presentArguments(ctx, await seen(request), viewerOf(request))
  )

  app.post(
    '/proposals/:id/arguments',
    { config: WRITE, schema: { tags, summary: 'Say one', params: ById, body: ArgumentBody, response: answers(201, ArgumentEntity) } },
    async (request, reply) => {
      const row = await seen(request)
      const id = await addArgument(ctx, requireAuth(request).actor, row, request.body)
      const [argument] = await presentArguments(ctx, row, viewerOf(request), id)
      if (argument === undefined) throw notFound()
      return reply.code(201).send(argument)
    }
  )
}
