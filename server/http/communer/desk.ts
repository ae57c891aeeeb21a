// The desk of the commune, for its people.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { DESK_KINDS, openDesk } from '../../features/desk/desk.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { answers, Id } from './schemas.ts'
import { words } from './vote-schemas.ts'

const DeskItem = Type.Object(
  {
    kind: words(DESK_KINDS),
    id: Id,
    title: Type.String(),
    text: Type.String({ description: 'What was promised; of a task, the decision it comes from; else empty' }),
    date: Type.String({ description: 'YYYY-MM-DD: when it is due; of an outcome, when it was counted' }),
    late: Type.Boolean()
  },
  { title: 'DeskItem' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerDesk(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/desk',
    {
      config: { scope: 'read:statuses' },
      schema: {
        tags: ['ideas'],
        summary:
          'What waits for the commune: answers due, promises, late tasks, ballots to confirm, votes without a word; late things first',
        response: answers(200, Type.Array(DeskItem))
      }
    },
    async (request) => {
      requireAuth(request)
      return openDesk(ctx, whoIs(request))
    }
  )
}
