// The territory of the instance: the Place that the commune's actor points at, GeoJSON (RFC 7946), and the tiles of its map.
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../context.ts'
import { requireSite } from '../db/site.ts'
import { communeContour } from '../features/territory/contour.ts'
import { tileAt } from '../features/territory/tiles.ts'
import { territoryChain } from '../features/territory/territory.ts'
import { territoryDocument } from '../vocab/territory.ts'
import { LIMITS } from './plugins/rate-limit.ts'
import { serialise } from '../vocab/context.ts'

const PUBLIC = { config: { public: true } }
const CACHE = 'public, max-age=3600'

/** Fastify plugin. */
export async function territory(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/ap/territory', PUBLIC, async (_request, reply) => {
    const site = requireSite(ctx)
    const document = territoryDocument(site.origin, { ...site, chain: await territoryChain(ctx) })
    return reply.header('cache-control', CACHE).type('application/activity+json; charset=utf-8').send(serialise(document))
  })

  app.get('/territory.geojson', PUBLIC, async (_request, reply) => {
    const { origin, name, insee, latitude, longitude } = requireSite(ctx)
    const chain = await territoryChain(ctx)
    const of = (level: string): string | null => chain.find((one) => one.level === level)?.code ?? null
    return reply
      .header('cache-control', CACHE)
      .header('access-control-allow-origin', '*')
      .type('application/geo+json; charset=utf-8')
      .send({
        type: 'Feature',
        id: `${origin}/ap/territory`,
        geometry: (await communeContour(ctx)) ?? { type: 'Point', coordinates: [longitude, latitude] },
        properties: { name, insee: insee || null, epci: of('epci'), departement: of('departement'), region: of('region'), url: origin }
      })
  })

  app.get<{ Params: { z: string; x: string; y: string } }>(
    '/tuiles/:z(^\\d{1,2})/:x(^\\d{1,6})/:y(^\\d{1,6})',
    { config: { public: true, rateLimit: LIMITS.tiles } },
    async ({ params: { z, x, y } }, reply) => {
      const { body, mediaType } = await tileAt(ctx, { z: Number(z), x: Number(x), y: Number(y) })
      return reply.header('cache-control', 'public, max-age=604800').type(mediaType).send(body)
    }
  )
}
