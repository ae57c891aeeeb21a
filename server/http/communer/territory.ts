// The territory in the native API: what the commune belongs to, the neighbours known here, and communes by name for the set-up.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { communesLike } from '../../features/territory/reference.ts'
import { neighbours, territoryChain } from '../../features/territory/territory.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { answers, MastodonAccount, orNull } from './schemas.ts'

const tags = ['territory']
const SHOWN = 12

const Territory = Type.Object(
  {
    level: Type.String({ description: 'country, region, departement, epci, commune; outside France the name of the level there' }),
    code: Type.String({ description: 'ISO 3166, INSEE; SIREN for an EPCI; empty for a level entered by hand' }),
    name: Type.String()
  },
  { title: 'Territory' }
)
const Commune = Type.Object(
  {
    code: Type.String({ description: 'INSEE' }),
    name: Type.String(),
    postalCodes: Type.Array(Type.String()),
    population: orNull(Type.Integer()),
    departement: Type.String()
  },
  { title: 'FrenchCommune' }
)
const Neighbour = Type.Object(
  {
    host: Type.String(),
    shared: Type.Object({ level: Type.String(), name: Type.String() }, { description: 'What both belong to, the closest' }),
    account: orNull(MastodonAccount)
  },
  { title: 'Neighbour' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerTerritory(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/territory',
    {
      config: { public: true },
      schema: { tags, summary: 'What the commune belongs to, from the country down', response: answers(200, Type.Array(Territory)) }
    },
    async () => territoryChain(ctx)
  )

  app.get(
    '/neighbours',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'Instances of communes around, as far as known; the closest first',
        response: answers(200, Type.Array(Neighbour))
      }
    },
    async () => {
      const found = await neighbours(ctx)
      const actors = await loadActorParts(
        ctx,
        found.flatMap(({ commune_id: id }) => id ?? [])
      )
      return found.map(({ host, shared, commune_id: id }) => {
        const actor = id === null ? undefined : actors.get(id)
        return { host, shared, account: actor === undefined ? null : toAccount(ctx, actor, actor) }
      })
    }
  )

  app.get(
    '/communes',
    {
      // Before the set-up too: it is how one finds one's code.
      config: { public: true, rateLimit: LIMITS.communes },
      schema: {
        tags,
        summary: 'Communes of France by name, postal code or INSEE code',
        querystring: Type.Object({ q: Type.String({ maxLength: 100 }) }),
        response: answers(200, Type.Array(Commune))
      }
    },
    async (request) => communesLike(request.query.q, SHOWN)
  )
}
