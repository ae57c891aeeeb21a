// The map of the native API: what lies in a box, places by name, the contour, and what the commune chose to draw it with.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx, MapSettings } from '../../context.ts'
import { isStale } from '../../features/directory/cards.ts'
import { mapWithin } from '../../features/directory/search.ts'
import { communeContour, importContour } from '../../features/territory/contour.ts'
import { findPlaces } from '../../features/territory/find-place.ts'
import { mapSettings, saveMapSettings } from '../../features/territory/map-settings.ts'
import { zonedDate } from '../../vocab/zoned-date.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { allow } from './allow.ts'
import { kindOf, presentEntry, ThemeWord } from './card-entity.ts'
import { BoxText, Features, Geometry, pointOf, readBox } from './map-answers.ts'
import { answers, orNull, strictObject } from './schemas.ts'

const tags = ['map']
const READ = { public: true }
const KIND = Type.String({ enum: ['person', 'group', 'organization', 'project', 'service', 'place', 'commune', 'event', 'idea'] })
const Settings = Type.Object(
  {
    tiles: Type.String({ description: 'https://…/{z}/{x}/{y}.png; empty: none' }),
    attribution: Type.String(),
    geocoder: Type.String({ description: 'https://…?q={q}, answering GeocodeJSON; empty: none' })
  },
  { title: 'MapSettings', additionalProperties: false }
)
const Found = Type.Object(
  {
    name: Type.String(),
    address: Type.String(),
    latitude: orNull(Type.Number()),
    longitude: orNull(Type.Number()),
    username: orNull(Type.String({ description: 'Of a place of the directory' })),
    source: Type.Union([Type.Literal('directory'), Type.Literal('events'), Type.Literal('geocoder')])
  },
  { title: 'FoundPlace' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerMap(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/map',
    {
      config: READ,
      schema: {
        tags,
        summary: 'What lies in a box, as GeoJSON: cards, open ideas, and events of the next three months',
        querystring: Type.Object({
          bbox: BoxText,
          kind: Type.Optional(Type.Union([KIND, Type.Array(KIND, { maxItems: 9 })])),
          theme: Type.Optional(ThemeWord),
          q: Type.Optional(Type.String({ maxLength: 200 }))
        }),
        response: answers(200, Features)
      }
    },
    async (request) => {
      const { bbox, kind, theme, q } = request.query
      const kinds = kind === undefined ? [] : typeof kind === 'string' ? [kind] : kind
      const filter = { kinds, ...(q === undefined ? {} : { words: q }), ...(theme === undefined ? {} : { theme }) }
      const view = await mapWithin(ctx, readBox(bbox), filter)
      return {
        type: 'FeatureCollection' as const,
        features: [
          ...view.cards.map((entry) => {
            const card = presentEntry(ctx, entry, isStale(ctx, entry.c_row))
            const { street, postalCode, locality } = card.address
            return pointOf(entry.iri, card.position!, {
              kind: kindOf(entry),
              name: entry.name || entry.username,
              url: `/@${entry.username}`,
              text: [street, [postalCode, locality].filter(Boolean).join(' ')].filter(Boolean).join(', '),
              themes: card.themes,
              start: null,
              timezone: null
            })
          }),
          ...view.events.map((event) =>
            pointOf(event.iri, event, {
              kind: 'event',
              name: event.name,
              url: `/evenements/${event.id}`,
              text: event.place?.name ?? event.place?.address ?? '',
              themes: [],
              start: zonedDate(event.start_time, event.timezone ?? 'UTC'),
              timezone: event.timezone
            })
          ),
          ...view.ideas.map((idea) =>
            pointOf(idea.iri, idea, {
              kind: 'idea',
              name: idea.name,
              url: `/idees/${idea.id}`,
              text: idea.place?.name ?? idea.place?.address ?? '',
              themes: idea.themes,
              start: null,
              timezone: null
            })
          )
        ],
        isCut: view.isCut
      }
    }
  )

  app.get(
    '/map/contour',
    {
      config: READ,
      schema: { tags, summary: 'The contour of the commune; null when none was imported', response: answers(200, orNull(Geometry)) }
    },
    async () => (await communeContour(ctx)) as { type: string; coordinates: unknown[] } | null
  )

  app.get(
    '/places',
    {
      config: { ...READ, rateLimit: LIMITS.communes },
      schema: {
        tags,
        summary: 'Places by name or address: of the directory, of earlier events, and for people logged in of the geocoder',
        querystring: Type.Object({ q: Type.String({ maxLength: 200 }) }),
        response: answers(200, Type.Array(Found))
      }
    },
    async (request) => await findPlaces(ctx, request.query.q, request.auth !== null)
  )

  app.get(
    '/admin/map',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('site.edit'),
      schema: { tags, summary: 'What the map is drawn with', response: answers(200, Settings) }
    },
    async () => told(mapSettings(ctx))
  )

  app.put(
    '/admin/map',
    {
      config: { scope: 'admin:write' },
      preHandler: allow('site.edit'),
      schema: { tags, summary: 'Choose tiles and geocoder', body: Settings, response: answers(200, Settings) }
    },
    async (request) => told(await saveMapSettings(ctx, request.body))
  )

  app.put(
    '/admin/contour',
    {
      config: { scope: 'admin:write' },
      preHandler: allow('site.edit'),
      bodyLimit: 2_000_000,
      schema: {
        tags,
        summary: 'Import the contour from GeoJSON: a geometry, a feature, or a collection with the commune in it',
        body: strictObject({ file: Type.Unknown() }),
        response: answers(200, Geometry)
      }
    },
    async (request) => await importContour(ctx, request.body.file)
  )
}

/** Without what the server finds by itself. */
function told({ tiles, attribution, geocoder }: MapSettings) {
  return { tiles, attribution, geocoder }
}
