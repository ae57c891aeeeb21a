// Votes of the native API: list, open, vote, check a receipt, recount, paper, conclude. Rules are features/votes'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { MembershipRole } from '../../core/roles.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { listVotes, namedBallots, votesAbout } from '../../db/votes.ts'
import { castBallot } from '../../features/votes/cast.ts'
import { concludeVote } from '../../features/votes/conclude.ts'
import { openVote } from '../../features/votes/open-vote.ts'
import { confirmSlips, enterPaper, papersOf, takeOutPaper } from '../../features/votes/paper.ts'
import { checkReceipt } from '../../features/votes/receipt.ts'
import { findByAcct } from '../../features/search/lookup.ts'
import { viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { nextLink } from './next-link.ts'
import { answers, Empty, Id, orNull, strictObject } from './schemas.ts'
import { accountOf, getVote, presentVotes, showVote } from './vote-answers.ts'
import { BallotBody, Marks, NewVoteBody, PaperSlipEntity, PublishedBallots, Vote, VoteQuery } from './vote-schemas.ts'

const tags = ['votes']
const ById = Type.Object({ id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }
const USUAL_LIMIT = 20

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerVotes(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const lookups = limitLookups(instance, ctx)

  app.get(
    '/votes',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Open votes by their end, or decided ones, latest first; more by the Link header',
        querystring: VoteQuery,
        response: answers(200, Type.Array(Vote))
      }
    },
    async (request, reply) => {
      const { state = 'open', about, group, mine, after, limit = USUAL_LIMIT } = request.query
      const who = whoIs(request)
      if (about !== undefined) return presentVotes(ctx, await votesAbout(ctx, viewerOf(request), about), who)
      const organiserId = group === undefined ? undefined : await findByAcct(ctx, group)
      if (organiserId === null || (mine === true && who === null)) return []
      const [at, id] = (after ?? '').split('_')
      const from = new Date(at ?? '')
      const votes = await listVotes(ctx, viewerOf(request), {
        state,
        organiserId,
        voterId: mine === true ? who!.actorId : undefined,
        now: ctx.clock.now(),
        after: after === undefined || Number.isNaN(from.getTime()) ? undefined : { at: from, id: id! },
        limit
      })
      const last = votes.at(-1)
      if (votes.length === limit && last !== undefined)
        reply.header('link', nextLink(ctx, request, 'after', `${(last.closed_at ?? last.closes_at).toISOString()}_${last.object_id}`))
      return presentVotes(ctx, votes, who)
    }
  )

  app.post(
    '/votes',
    {
      config: WRITE,
      schema: { tags, summary: 'Open a vote; its rules stand from now on', body: NewVoteBody, response: answers(201, Vote) }
    },
    async (request, reply) => {
      const { actor } = requireAuth(request)
      const {
        about,
        process: processId,
        room: roomId,
        max_score,
        open_to_all,
        opens_at,
        closes_at,
        paper_hours,
        roles,
        ...rest
      } = request.body
      const object = await openVote(ctx, actor, {
        ...rest,
        ...(roles === undefined ? {} : { roles: roles as MembershipRole[] }),
        subjectId: about ?? null,
        processId: processId ?? null,
        roomId: roomId ?? null,
        maxScore: max_score ?? null,
        openToAll: open_to_all ?? false,
        opensAt: opens_at ?? null,
        closesAt: closes_at,
        paperHours: paper_hours ?? 0
      })
      return reply.code(201).send(await showVote(ctx, whoIs(request), object.id))
    }
  )

  app.get(
    '/votes/:id',
    { config: READ, schema: { tags, summary: 'One vote', params: ById, response: answers(200, Vote) } },
    async (request) => showVote(ctx, whoIs(request), request.params.id)
  )

  app.post(
    '/votes/:id/ballot',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Vote, or change one’s vote. Of a secret vote `receipt` is shown here and nowhere else',
        params: ById,
        body: BallotBody,
        response: answers(
          200,
          Type.Object({ receipt: orNull(Type.String()), list: Type.String(), again: Type.Boolean(), vote: Vote }, { title: 'CastBallot' })
        )
      }
    },
    async (request, reply) => {
      const { actor } = requireAuth(request)
      const who = whoIs(request)
      await getVote(ctx, who, request.params.id)
      const { receipt, class: list, again } = await castBallot(ctx, actor, request.params.id, request.body)
      reply.header('cache-control', 'no-store')
      return { receipt, list, again, vote: await showVote(ctx, who, request.params.id) }
    }
  )

  app.post(
    '/votes/:id/receipt',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Is the ballot of this receipt in the urn, and once counted, as what?',
        params: ById,
        body: strictObject({ receipt: Type.String({ minLength: 1, maxLength: 100 }) }),
        response: answers(
          200,
          Type.Object({ hash: Type.String(), found: Type.Boolean(), marks: orNull(Marks) }, { title: 'CheckedReceipt' })
        )
      }
    },
    async (request, reply) => {
      await lookups(request)()
      reply.header('cache-control', 'no-store')
      return checkReceipt(ctx, await getVote(ctx, whoIs(request), request.params.id), request.body.receipt)
    }
  )

  app.get(
    '/votes/:id/ballots',
    {
      config: READ,
      schema: {
        tags,
        summary: 'What was voted, for anyone to count again: secret votes by the hashes of receipts, others by name',
        params: ById,
        response: answers(200, PublishedBallots)
      }
    },
    async (request) => {
      const who = whoIs(request)
      const vote = await getVote(ctx, who, request.params.id)
      if (vote.secret) return { secret: true, hashes: vote.result?.ballots ?? [], named: [] }
      const { figures } = await showVote(ctx, who, vote.object_id)
      if (figures === null) return { secret: false, hashes: [], named: [] }
      const named = await namedBallots(ctx.db, vote.object_id)
      const people = await loadActorParts(
        ctx,
        named.map(({ actor_id: id }) => id)
      )
      return {
        secret: false,
        hashes: [],
        named: named.map(({ actor_id: id, class: list, marks, reason }) => ({
          account: accountOf(ctx, id, people),
          list,
          marks: [...marks],
          reason
        }))
      }
    }
  )

  app.get(
    '/votes/:id/result',
    {
      config: READ,
      schema: {
        tags,
        summary: 'The result as the organiser signed it: `document` is the exact text, `signature` RSA-SHA-256 over its UTF-8 bytes',
        params: ById,
        response: answers(
          200,
          Type.Object(
            { document: Type.String(), keyId: Type.String(), algorithm: Type.String(), signature: Type.String() },
            { title: 'SignedResult' }
          )
        )
      }
    },
    async (request) => {
      const { proof } = await getVote(ctx, whoIs(request), request.params.id)
      if (proof === null) throw new AppError('vote.not-closed', 404, 'The vote is not closed yet.')
      return proof
    }
  )

  app.post(
    '/votes/:id/outcome',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Say what was decided, and when to look at it again',
        params: ById,
        body: strictObject({
          text: Type.String({ maxLength: 20_000 }),
          review_on: Type.Optional(orNull(Type.String({ maxLength: 20, description: 'ISO date' })))
        }),
        response: answers(200, Vote)
      }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      const who = whoIs(request)!
      await getVote(ctx, who, request.params.id)
      await concludeVote(ctx, who, actor, request.params.id, { text: request.body.text, reviewOn: request.body.review_on ?? null })
      return showVote(ctx, who, request.params.id)
    }
  )

  app.get(
    '/votes/:id/papers',
    {
      config: { scope: 'read:statuses' },
      schema: { tags, summary: 'Slips of paper entered so far', params: ById, response: answers(200, Type.Array(PaperSlipEntity)) }
    },
    async (request) => {
      const who = whoIs(request)!
      await getVote(ctx, who, request.params.id)
      return (await papersOf(ctx, who, request.params.id)).map(({ slip, marks, entered_by: by, confirmed_at: at }) => ({
        slip,
        marks: [...marks],
        is_mine: by === who.actorId,
        confirmed: at !== null
      }))
    }
  )

  app.put(
    '/votes/:id/papers/:slip',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Enter the ballot of a numbered slip, or correct one that is not confirmed',
        params: Type.Object({ id: Id, slip: Type.Integer({ minimum: 1, maximum: 100_000 }) }),
        body: strictObject({ marks: Marks }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const who = whoIs(request)!
      await getVote(ctx, who, request.params.id)
      await enterPaper(ctx, who, request.params.id, request.params.slip, request.body.marks)
      return {}
    }
  )

  app.delete(
    '/votes/:id/papers/:slip',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Take out a slip that is not confirmed',
        params: Type.Object({ id: Id, slip: Type.Integer({ minimum: 1, maximum: 100_000 }) }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const who = whoIs(request)!
      await getVote(ctx, who, request.params.id)
      await takeOutPaper(ctx, who, request.params.id, request.params.slip)
      return {}
    }
  )

  app.post(
    '/votes/:id/papers/confirm',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Confirm slips that somebody else entered',
        params: ById,
        body: strictObject({ slips: Type.Array(Type.Integer({ minimum: 1, maximum: 100_000 }), { minItems: 1, maxItems: 1000 }) }),
        response: answers(200, Type.Object({ confirmed: Type.Integer() }))
      }
    },
    async (request) => {
      const who = whoIs(request)!
      await getVote(ctx, who, request.params.id)
      return { confirmed: await confirmSlips(ctx, who, request.params.id, request.body.slips) }
    }
  )
}
