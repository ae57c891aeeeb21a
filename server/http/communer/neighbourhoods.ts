// The quarters of the commune in the native API: the list people choose from, and what who administers the site does with it.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { countedNeighbourhoods, findNeighbourhood, listNeighbourhoods } from '../../db/neighbourhoods.ts'
import {
  addNeighbourhood,
  drawNeighbourhood,
  removeNeighbourhood,
  renameNeighbourhood,
  sortNeighbourhoods
} from '../../features/territory/neighbourhoods.ts'
import { notFound } from '../mastodon/params.ts'
import { allow } from './allow.ts'
import { Geometry } from './map-answers.ts'
import { answers, Id, orNull, strictObject } from './schemas.ts'

const tags = ['territory']
const READ = { public: true }
const ADMIN = { config: { scope: 'admin:write' }, preHandler: allow('site.edit') }
const ById = Type.Object({ id: Id })
const Neighbourhood = Type.Object({ id: Id, name: Type.String() }, { title: 'Neighbourhood' })
const Drawn = Type.Object({ id: Id, name: Type.String(), contour: orNull(Geometry) }, { title: 'DrawnNeighbourhood' })
const Counted = Type.Object(
  { id: Id, name: Type.String(), people: Type.Integer({ description: 'Who chose it' }), hasContour: Type.Boolean() },
  { title: 'CountedNeighbourhood' }
)
const Name = strictObject({ name: Type.String({ maxLength: 400 }) })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerNeighbourhoods(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const all = async () => await countedNeighbourhoods(ctx.db)

  app.get(
    '/neighbourhoods',
    { config: READ, schema: { tags, summary: 'The quarters of the commune, in order', response: answers(200, Type.Array(Neighbourhood)) } },
    async () => await listNeighbourhoods(ctx.db)
  )

  app.get(
    '/neighbourhoods/:id',
    { config: READ, schema: { tags, summary: 'One quarter', params: ById, response: answers(200, Drawn) } },
    async (request) => {
      const found = await findNeighbourhood(ctx.db, request.params.id)
      if (found === null) throw notFound()
      return { ...found, contour: found.contour as { type: string; coordinates: unknown[] } | null }
    }
  )

  app.get(
    '/admin/neighbourhoods',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('site.edit'),
      schema: { tags, summary: 'The quarters with how many people chose each', response: answers(200, Type.Array(Counted)) }
    },
    all
  )

  app.post(
    '/admin/neighbourhoods',
    { ...ADMIN, schema: { tags, summary: 'Add a quarter', body: Name, response: answers(201, Type.Array(Counted)) } },
    async (request, reply) => {
      await addNeighbourhood(ctx, request.body.name)
      return reply.code(201).send(await all())
    }
  )

  app.patch(
    '/admin/neighbourhoods/:id',
    {
      ...ADMIN,
      schema: { tags, summary: 'Rename it: choices stay', params: ById, body: Name, response: answers(200, Type.Array(Counted)) }
    },
    async (request) => {
      await renameNeighbourhood(ctx, request.params.id, request.body.name)
      return await all()
    }
  )

  app.put(
    '/admin/neighbourhoods/order',
    {
      ...ADMIN,
      schema: {
        tags,
        summary: 'Put all of them in this order',
        body: strictObject({ ids: Type.Array(Id, { maxItems: 500 }) }),
        response: answers(200, Type.Array(Counted))
      }
    },
    async (request) => {
      await sortNeighbourhoods(ctx, request.body.ids)
      return await all()
    }
  )

  app.put(
    '/admin/neighbourhoods/:id/contour',
    {
      ...ADMIN,
      bodyLimit: 2_000_000,
      schema: {
        tags,
        summary: 'Its contour from GeoJSON: a geometry, a feature, or a collection with its name in a property',
        params: ById,
        body: strictObject({ file: Type.Unknown() }),
        response: answers(200, Type.Array(Counted))
      }
    },
    async (request) => {
      // A file that says null is no area: taking the contour away has its own method.
      await drawNeighbourhood(ctx, request.params.id, request.body.file ?? {})
      return await all()
    }
  )

  app.delete(
    '/admin/neighbourhoods/:id/contour',
    { ...ADMIN, schema: { tags, summary: 'Take its contour away', params: ById, response: answers(200, Type.Array(Counted)) } },
    async (request) => {
      await drawNeighbourhood(ctx, request.params.id, null)
      return await all()
    }
  )

  app.post(
    '/admin/neighbourhoods/:id/remove',
    {
      ...ADMIN,
      schema: {
        tags,
        summary: 'Remove it, and say to which its people go (null: to none)',
        params: ById,
        body: strictObject({ to: orNull(Id) }),
        response: answers(200, Type.Array(Counted))
      }
    },
    async (request) => {
      await removeNeighbourhood(ctx, request.params.id, request.body.to)
      return await all()
    }
  )
}
