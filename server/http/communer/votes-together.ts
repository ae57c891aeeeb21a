// Votes that several communes hold: whom the holder asked, what each counted, and what is asked of ours.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { OUTCOMES } from '../../core/tally/decide.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import type { VoteCommune } from '../../db/votes-together.ts'
import { answerRequest, askCommune, communesSeen, requestsFor, unaskCommune } from '../../features/votes/together.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { answers, Empty, Id, MastodonAccount, orNull, strictObject } from './schemas.ts'
import { accountOf, getVote, showVote } from './vote-answers.ts'
import { Vote, words } from './vote-schemas.ts'

const tags = ['votes']
const ById = Type.Object({ id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }

const CarryingCommune = Type.Object(
  {
    account: MastodonAccount,
    state: words(['asked', 'carried', 'declined'] as const),
    vote_uri: orNull(Type.String({ description: 'Their own vote' })),
    result: orNull(
      Type.Object({
        electors_count: Type.Integer(),
        voters_count: Type.Integer(),
        paper: Type.Integer(),
        blank: orNull(Type.Integer()),
        figures: orNull(Type.Array(Type.Number(), { description: 'One per option; null: too few voted' })),
        outcome: words(OUTCOMES),
        options: Type.Array(Type.Integer())
      })
    ),
    problem: orNull(words(['gone', 'other', 'signature'] as const, { description: 'Why their count is not shown' }))
  },
  { title: 'CarryingCommune' }
)

const VoteRequestEntity = Type.Object(
  { id: Id, title: Type.String(), url: orNull(Type.String()), account: MastodonAccount, created_at: Type.String(), status_id: Id },
  { title: 'VoteRequest' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerVotesTogether(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const lookups = limitLookups(instance, ctx)

  app.get(
    '/votes/:id/communes',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Communes that hold this vote too, each with what it counted and signed; never added up',
        params: ById,
        response: answers(200, Type.Array(CarryingCommune))
      }
    },
    async (request) => {
      const who = whoIs(request)
      await getVote(ctx, who, request.params.id)
      return presentCommunes(ctx, await communesSeen(ctx, who, request.params.id))
    }
  )

  app.post(
    '/votes/:id/communes',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Ask a commune elsewhere to hold this vote too',
        params: ById,
        body: strictObject({ commune: Type.String({ minLength: 1, maxLength: 400, description: 'Address of its site, or its handle' }) }),
        response: answers(200, Type.Array(CarryingCommune))
      }
    },
    async (request) => {
      requireAuth(request)
      const who = whoIs(request)!
      await getVote(ctx, who, request.params.id)
      await askCommune(ctx, who, request.params.id, request.body.commune, lookups(request))
      return presentCommunes(ctx, await communesSeen(ctx, who, request.params.id))
    }
  )

  app.delete(
    '/votes/:id/communes/:account',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Take the question back while it is unanswered',
        params: Type.Object({ id: Id, account: Id }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      requireAuth(request)
      const who = whoIs(request)!
      await getVote(ctx, who, request.params.id)
      await unaskCommune(ctx, who, request.params.id, request.params.account)
      return {}
    }
  )

  app.get(
    '/votes/requests',
    {
      config: { scope: 'read:statuses' },
      schema: { tags, summary: 'Votes that other communes ask ours to hold too', response: answers(200, Type.Array(VoteRequestEntity)) }
    },
    async (request) => {
      requireAuth(request)
      const rows = await requestsFor(ctx, whoIs(request)!)
      const accounts = await loadActorParts(
        ctx,
        rows.map((row) => row.actor_id)
      )
      return rows.flatMap((row) => {
        const account = accountOf(ctx, row.actor_id, accounts)
        if (account === null) return []
        const { id, url, created_at: at } = row
        return [{ id, title: row.title ?? '', url, account, created_at: at.toISOString(), status_id: row.object_id }]
      })
    }
  )

  app.post(
    '/votes/requests/:id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Hold the vote here too, or decline. Gives the vote opened here',
        params: ById,
        body: strictObject({ accept: Type.Boolean() }),
        response: answers(200, orNull(Vote))
      }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      const opened = await answerRequest(ctx, actor, request.params.id, request.body.accept)
      return opened === null ? null : showVote(ctx, whoIs(request), opened.id)
    }
  )
}

async function presentCommunes(ctx: Ctx, rows: VoteCommune[]) {
  const accounts = await loadActorParts(
    ctx,
    rows.map((row) => row.actor_id)
  )
  return rows.flatMap(({ actor_id: id, state, vote_iri: voteUri, result, problem }) => {
    const account = accountOf(ctx, id, accounts)
    if (account === null) return []
    const counted =
      result === null
        ? null
        : {
            electors_count: result.electorate,
            voters_count: result.voted,
            paper: result.paper,
            blank: result.electors?.blank ?? null,
            figures: result.electors?.figures ?? null,
            outcome: result.decision.outcome,
            options: result.decision.options
          }
    return [{ account, state, vote_uri: voteUri, result: counted, problem }]
  })
}
