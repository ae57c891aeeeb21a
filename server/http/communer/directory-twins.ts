// Cards that look like the same, for the town hall: listed side by side, answered. Rules are features/directory/card-twins.ts.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { openTwins } from '../../db/card-twins.ts'
import { findCards } from '../../db/directory.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { isStale } from '../../features/directory/cards.ts'
import { keepBoth, mergeTwins } from '../../features/directory/card-twins.ts'
import { whoIs } from '../plugins/auth.ts'
import { allow } from './allow.ts'
import { Card, presentCard } from './card-entity.ts'
import { answers, Empty, Id, orNull, strictObject } from './schemas.ts'

const tags = ['directory']
const Twins = Type.Object(
  {
    why: Type.Unsafe<'siret' | 'rna' | 'near' | 'address' | 'name'>({ type: 'string', enum: ['siret', 'rna', 'near', 'address', 'name'] }),
    cards: Type.Array(Card, { minItems: 2, maxItems: 2, description: 'The older one first' })
  },
  { title: 'CardTwins' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerDirectoryTwins(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/directory-twins',
    {
      config: { scope: 'read:accounts' },
      preHandler: allow('directory.edit'),
      schema: { tags, summary: 'Cards that look like the same (town hall)', response: answers(200, Type.Array(Twins)) }
    },
    async () => {
      const pairs = await openTwins(ctx)
      const ids = pairs.flatMap(({ low_id: low, high_id: high }) => [low, high])
      const [cards, actors] = await Promise.all([findCards(ctx.db, ids), loadActorParts(ctx, ids)])
      const show = (id: string) => {
        const card = cards.get(id)
        const actor = actors.get(id)
        return card === undefined || actor === undefined
          ? []
          : [presentCard(ctx, { actor, card, isStale: isStale(ctx, card), counts: actor, own: true })]
      }
      return pairs.flatMap(({ why, low_id: low, high_id: high }) => {
        const both = [...show(low), ...show(high)]
        return both.length === 2 ? [{ why, cards: both }] : []
      })
    }
  )

  app.post(
    '/directory-twins/:low_id/:high_id',
    {
      config: { scope: 'write:accounts' },
      schema: {
        tags,
        summary: 'Keep one of two cards that are the same, or both because they are not (town hall)',
        params: Type.Object({ low_id: Id, high_id: Id }),
        body: strictObject({ keep: orNull(Id) }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const { low_id: low, high_id: high } = request.params
      const who = whoIs(request)!
      if (request.body.keep === null) await keepBoth(ctx, who, low, high)
      else await mergeTwins(ctx, who, low, high, request.body.keep)
      return {}
    }
  )
}
