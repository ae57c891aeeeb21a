// The directory of the native API: search, counts, one card, editing, claims, suggestions. Rules are features/directory's.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { waitingCards } from '../../db/card-requests.ts'
import type { DirectoryFilter } from '../../db/directory.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { answerClaim, answerSuggestion, claimCard, requestsOf, suggestChange } from '../../features/directory/card-requests.ts'
import { confirmCard, editCard, getCardActor, isStale, verifyCard, viewCard } from '../../features/directory/cards.ts'
import { countDirectory, findInDirectory } from '../../features/directory/search.ts'
import { notFound } from '../mastodon/params.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { whoIs } from '../plugins/auth.ts'
import { allow } from './allow.ts'
import { AccessibilityWord, Card, CardBody, KindWord, OrgTypeWord, presentCard, presentEntry, ThemeWord } from './card-entity.ts'
import { nextLink } from './next-link.ts'
import { answers, Empty, Id, MastodonAccount, rowIdOf, strictObject, Username } from './schemas.ts'

const tags = ['directory']
const READ = { public: true }
const WRITE = { scope: 'write:accounts' }
const ByName = Type.Object({ username: Username })
const USUAL_LIMIT = 30
const USUAL_RADIUS = 5000

const filters = {
  q: Type.Optional(Type.String({ maxLength: 200 })),
  kind: Type.Optional(Type.Union([KindWord, Type.Array(KindWord, { maxItems: 7 })])),
  type: Type.Optional(OrgTypeWord),
  theme: Type.Optional(ThemeWord),
  accessibility: Type.Optional(AccessibilityWord),
  neighbourhood: Type.Optional(Id),
  near: Type.Optional(Type.String({ pattern: '^-?[0-9.]{1,20},-?[0-9.]{1,20}$', description: 'latitude,longitude' })),
  radius: Type.Optional(Type.Number({ minimum: 1, maximum: 200_000, description: `Metres around \`near\`; default ${USUAL_RADIUS}` }))
}
const Filters = Type.Object(filters)
const OwnCard = Type.Object({
  card: Card,
  canEdit: Type.Boolean(),
  hasClaimed: Type.Boolean({ description: 'The viewer asked for this card' }),
  requests: Type.Integer({ description: 'Claims and suggestions that wait, for whoever may answer' })
})
const AnswerBody = strictObject({
  accepted: Type.Boolean(),
  reason: Type.Optional(Type.String({ maxLength: 1000, description: 'Why not, for who asked' }))
})
const Requests = Type.Object(
  {
    claims: Type.Array(Type.Object({ account: MastodonAccount, proof: Type.String(), created_at: Type.String() })),
    suggestions: Type.Array(
      Type.Object({ id: Id, account: MastodonAccount, changes: Type.Unknown(), note: Type.String(), created_at: Type.String() })
    )
  },
  { title: 'CardRequests' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerDirectory(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const show = async (request: FastifyRequest, username: string) => {
    const view = await viewCard(ctx, whoIs(request), await getCardActor(ctx, username))
    if (view === null) throw notFound()
    const { canEdit, hasClaimed, requests } = view
    return { card: presentCard(ctx, { ...view, own: canEdit }), canEdit, hasClaimed, requests }
  }

  app.get(
    '/directory',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Who and what is here: by name, nearest first with near, best first with q; the next page by the Link header',
        querystring: Type.Object({
          ...filters,
          after: Type.Optional(Type.String({ maxLength: 300 })),
          offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 80 }))
        }),
        response: answers(200, Type.Array(Card))
      }
    },
    async (request, reply) => {
      const { after, offset, limit = USUAL_LIMIT } = request.query
      const cursor = { ...(after === undefined ? {} : { after }), ...(offset === undefined ? {} : { offset }) }
      const { entries, next } = await findInDirectory(ctx, { ...filterOf(request.query), limit }, cursor)
      if (next !== null) {
        const [name, value] = Object.entries(next)[0]!
        reply.header('link', nextLink(ctx, request, name, String(value)))
      }
      return entries.map((entry) => presentEntry(ctx, entry, isStale(ctx, entry.c_row)))
    }
  )

  app.get(
    '/directory/counts',
    {
      config: READ,
      schema: {
        tags,
        summary: 'How many cards of each kind and theme the same question finds',
        querystring: Filters,
        response: answers(
          200,
          Type.Object({ kinds: Type.Record(Type.String(), Type.Integer()), themes: Type.Record(Type.String(), Type.Integer()) })
        )
      }
    },
    async (request) => await countDirectory(ctx, { ...filterOf(request.query), limit: 1 })
  )

  app.get(
    '/directory/waiting',
    {
      config: { scope: 'read:accounts' },
      preHandler: allow('directory.edit'),
      schema: {
        tags,
        summary: 'Cards somebody claims, and corrections of cards nobody answers for (town hall)',
        response: answers(200, Type.Array(Type.Object({ account: MastodonAccount, claims: Type.Integer(), suggestions: Type.Integer() })))
      }
    },
    async () => {
      const waiting = await waitingCards(ctx)
      const actors = await loadActorParts(
        ctx,
        waiting.map((one) => one.actor_id)
      )
      return waiting.flatMap(({ actor_id: id, claims, suggestions }) => {
        const actor = actors.get(id)
        return actor === undefined ? [] : [{ account: toAccount(ctx, actor, actor), claims, suggestions }]
      })
    }
  )

  app.get(
    '/directory/:username',
    { config: READ, schema: { tags, summary: 'One card', params: ByName, response: answers(200, OwnCard) } },
    async (request) => await show(request, request.params.username)
  )

  app.put(
    '/directory/:username',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Change a card: one’s own, of a group one looks after, or as the town hall',
        params: ByName,
        body: CardBody,
        response: answers(200, OwnCard)
      }
    },
    async (request) => {
      await editCard(ctx, whoIs(request)!, await getCardActor(ctx, request.params.username), request.body)
      return await show(request, request.params.username)
    }
  )

  app.post(
    '/directory/:username/confirm',
    { config: WRITE, schema: { tags, summary: 'Say that it is still right', params: ByName, response: answers(200, OwnCard) } },
    async (request) => {
      await confirmCard(ctx, whoIs(request)!, await getCardActor(ctx, request.params.username))
      return await show(request, request.params.username)
    }
  )

  app.put(
    '/directory/:username/verified',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'The town hall confirms whose card it is, or takes it back',
        params: ByName,
        body: strictObject({ verified: Type.Boolean() }),
        response: answers(200, OwnCard)
      }
    },
    async (request) => {
      await verifyCard(ctx, whoIs(request)!, await getCardActor(ctx, request.params.username), request.body.verified)
      return await show(request, request.params.username)
    }
  )

  app.post(
    '/directory/:username/claim',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Ask for a card nobody answers for',
        params: ByName,
        body: strictObject({ proof: Type.String({ maxLength: 1000, description: 'Why it is yours, for the town hall' }) }),
        response: answers(200, OwnCard)
      }
    },
    async (request) => {
      await claimCard(ctx, whoIs(request)!, await getCardActor(ctx, request.params.username), request.body.proof)
      return await show(request, request.params.username)
    }
  )

  app.post(
    '/directory/:username/suggestions',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Suggest a change of a card that is not one’s own',
        params: ByName,
        body: strictObject({ changes: CardBody, note: Type.String({ maxLength: 1000 }) }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const actor = await getCardActor(ctx, request.params.username)
      await suggestChange(ctx, whoIs(request)!, actor, request.body.changes, request.body.note)
      return {}
    }
  )

  app.get(
    '/directory/:username/requests',
    {
      config: { scope: 'read:accounts' },
      schema: { tags, summary: 'Claims and suggestions that wait', params: ByName, response: answers(200, Requests) }
    },
    async (request) => {
      const actor = await getCardActor(ctx, request.params.username)
      const { claims, suggestions } = await requestsOf(ctx, whoIs(request)!, actor)
      const people = await loadActorParts(ctx, [...claims.map((one) => one.claimant_id), ...suggestions.map((one) => one.author_id)])
      const account = (id: string) => toAccount(ctx, people.get(id)!, null)
      return {
        claims: claims
          .filter(({ claimant_id: id }) => people.has(id))
          .map((one) => ({ account: account(one.claimant_id), proof: one.proof, created_at: one.created_at.toISOString() })),
        suggestions: suggestions
          .filter(({ author_id: id }) => people.has(id))
          .map((one) => ({
            id: one.id,
            account: account(one.author_id),
            changes: one.changes,
            note: one.note,
            created_at: one.created_at.toISOString()
          }))
      }
    }
  )

  app.post(
    '/directory/:username/claims/:account_id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'The town hall answers a claim',
        params: Type.Object({ username: Username, account_id: Id }),
        body: AnswerBody,
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const actor = await getCardActor(ctx, request.params.username)
      await answerClaim(ctx, whoIs(request)!, actor, request.params.account_id, request.body)
      return {}
    }
  )

  app.post(
    '/directory/:username/suggestions/:id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Take a suggestion over, or leave it',
        params: Type.Object({ username: Username, id: Id }),
        body: AnswerBody,
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const actor = await getCardActor(ctx, request.params.username)
      await answerSuggestion(ctx, whoIs(request)!, actor, request.params.id, request.body)
      return {}
    }
  )
}

function filterOf(query: Static<typeof Filters>): Omit<DirectoryFilter, 'limit'> {
  const { q, kind, type, theme, accessibility, neighbourhood, near, radius = USUAL_RADIUS } = query
  const [latitude, longitude] = (near ?? '').split(',').map(Number) as [number, number]
  const isPlace = near !== undefined && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  return {
    neighbourhoodId: rowIdOf(neighbourhood),
    ...(q === undefined ? {} : { words: q }),
    ...(kind === undefined ? {} : { kinds: typeof kind === 'string' ? [kind] : kind }),
    ...(type === undefined ? {} : { orgType: type }),
    ...(theme === undefined ? {} : { theme }),
    ...(accessibility === undefined ? {} : { accessibility }),
    ...(isPlace ? { near: { latitude, longitude, radiusMetres: radius } } : {})
  }
}
