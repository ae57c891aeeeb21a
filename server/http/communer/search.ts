// The main search of the native API: cards of the directory and objects by words, kind, theme, distance and days. Rules are features/search'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { isStale } from '../../features/directory/cards.ts'
import { CARD_KINDS, DISTANCES, OBJECT_KINDS, searchFacets, type SearchKind } from '../../features/search/facets.ts'
import { viewerOf } from '../mastodon/params.ts'
import { presentStatuses } from '../mastodon/present.ts'
import { Card, presentEntry, ThemeWord } from './card-entity.ts'
import { answers, orNull } from './schemas.ts'

const Day = Type.String({
  pattern: '^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$',
  description: 'YYYY-MM-DD; a day that does not exist counts as none'
})
const KindWord = Type.Unsafe<SearchKind>({ type: 'string', enum: [...CARD_KINDS, ...OBJECT_KINDS] })
const Results = Type.Object(
  {
    cards: Type.Array(Card),
    statuses: Type.Array(
      Type.Object({
        status: Type.Object({}, { additionalProperties: true, title: 'Status' }),
        why: orNull(
          Type.Object(
            {
              where: Type.Unsafe<'title' | 'text' | 'place' | 'image'>({ type: 'string', enum: ['title', 'text', 'place', 'image'] }),
              excerpt: Type.String()
            },
            { description: 'Where the words stand' }
          )
        )
      })
    )
  },
  { title: 'SearchResults' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerSearch(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.get(
    '/search',
    {
      config: { public: true },
      schema: {
        tags: ['search'],
        summary: 'What is here, by words, kind, theme, distance from the commune and, of events, by days',
        querystring: Type.Object({
          q: Type.Optional(Type.String({ maxLength: 200 })),
          kind: Type.Optional(KindWord),
          theme: Type.Optional(ThemeWord),
          within: Type.Optional(
            Type.Unsafe<(typeof DISTANCES)[number]>({
              type: 'integer',
              enum: [...DISTANCES],
              description: 'Kilometres from the middle of the commune'
            })
          ),
          from: Type.Optional(Day),
          until: Type.Optional(Day)
        }),
        response: answers(200, Results)
      }
    },
    async (request) => {
      const { q = '', kind = null, theme = null, within = null, from = null, until = null } = request.query
      const viewer = viewerOf(request)
      const { cards, objects, reasons } = await searchFacets(ctx, viewer, { words: q, kind, theme, within, from, until })
      const statuses = await presentStatuses(ctx, objects, viewer)
      return {
        cards: cards.map((entry) => presentEntry(ctx, entry, isStale(ctx, entry.c_row))),
        statuses: statuses.map((status) => ({ status, why: reasons.get(status.id) ?? null }))
      }
    }
  )
}
