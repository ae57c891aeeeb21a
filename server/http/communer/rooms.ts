// Rooms of a group and functions of its members, in the native API. Rules are features/rooms'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { USUAL_FUNCTIONS, functionKey } from '../../core/member-functions.ts'
import { can } from '../../core/permission.ts'
import { functionsInUse } from '../../db/member-functions.ts'
import { findMembership } from '../../db/memberships.ts'
import { findRoom, listRooms, roomItems, type RoomRow } from '../../db/rooms.ts'
import type { ActorRow } from '../../db/rows.ts'
import { getGroup } from '../../features/groups/groups.ts'
import { changeRoom, openRoom, setFunctions } from '../../features/rooms/rooms.ts'
import { notFound, viewerOf } from '../mastodon/params.ts'
import { whoIs } from '../plugins/auth.ts'
import { presentRooms, Room } from './room-answers.ts'
import { answers, Empty, Id, orNull, strictObject, Username } from './schemas.ts'

const tags = ['groups']
const ByName = Type.Object({ username: Username })
const ByRoom = Type.Object({ username: Username, id: Id })
const ByMember = Type.Object({ username: Username, account_id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:accounts' }
const MOST_ROOMS = 50
const MOST_ITEMS = 100
const Functions = Type.Array(Type.String({ maxLength: 200 }), { maxItems: 30 })
const words = { topic: Type.Optional(Type.String({ maxLength: 5000 })), functions: Type.Optional(Functions) }
const Item = Type.Object(
  {
    id: Id,
    kind: Type.Unsafe<'proposal' | 'vote'>({ type: 'string', enum: ['proposal', 'vote'] }),
    title: Type.String(),
    state: Type.String({ description: 'Of a proposal; of a vote open or closed' }),
    created_at: Type.String()
  },
  { title: 'RoomItem' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerRooms(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  const present = async (request: FastifyRequest, group: ActorRow, rooms: RoomRow[]) => {
    const who = whoIs(request)
    const membership = who === null ? null : await findMembership(ctx.db, group.id, who.actorId)
    const isKeeper = can(who, 'group.review', { membership })
    return await presentRooms(ctx, rooms, { group, viewerId: who?.actorId ?? null, isKeeper })
  }
  /** Throws request.not-found, group.not-found (404). */
  const named = async ({ username, id }: { username: string; id: string }) => {
    const { actor: group } = await getGroup(ctx, username)
    const room = await findRoom(ctx.db, id)
    if (room === null || room.group_id !== group.id) throw notFound()
    return { group, room }
  }

  app.get(
    '/groups/:username/rooms',
    {
      config: READ,
      schema: { tags, summary: 'Rooms of a group, archived ones last', params: ByName, response: answers(200, Type.Array(Room)) }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      return await present(request, actor, await listRooms(ctx.db, actor.id, MOST_ROOMS))
    }
  )

  app.post(
    '/groups/:username/rooms',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Open a room (owners and moderators)',
        params: ByName,
        body: strictObject({ name: Type.String({ maxLength: 400 }), ...words }),
        response: answers(201, Room)
      }
    },
    async (request, reply) => {
      const { actor } = await getGroup(ctx, request.params.username)
      const room = await openRoom(ctx, whoIs(request)!, actor, request.body)
      return reply.code(201).send((await present(request, actor, [room]))[0]!)
    }
  )

  app.get(
    '/groups/:username/rooms/:id',
    { config: READ, schema: { tags, summary: 'One room', params: ByRoom, response: answers(200, Room) } },
    async (request) => {
      const { group, room } = await named(request.params)
      return (await present(request, group, [room]))[0]!
    }
  )

  app.patch(
    '/groups/:username/rooms/:id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Change a room, archive it or open it again (owners and moderators)',
        params: ByRoom,
        body: strictObject({ name: Type.Optional(Type.String({ maxLength: 400 })), archived: Type.Optional(Type.Boolean()), ...words }),
        response: answers(200, Room)
      }
    },
    async (request) => {
      const { group, room } = await named(request.params)
      await changeRoom(ctx, whoIs(request)!, room, request.body)
      return (await present(request, group, [(await findRoom(ctx.db, room.id))!]))[0]!
    }
  )

  app.get(
    '/groups/:username/rooms/:id/items',
    {
      config: READ,
      schema: { tags, summary: 'Its proposals and votes, newest first', params: ByRoom, response: answers(200, Type.Array(Item)) }
    },
    async (request) => {
      const { room } = await named(request.params)
      const items = await roomItems(ctx, viewerOf(request), room.id, MOST_ITEMS)
      return items.map(({ published, ...item }) => ({ ...item, created_at: published.toISOString() }))
    }
  )

  app.get(
    '/groups/:username/functions',
    {
      config: READ,
      schema: { tags, summary: 'Functions in use in the group, then usual ones', params: ByName, response: answers(200, Functions) }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      const used = await functionsInUse(ctx.db, actor.id)
      const keys = new Set(used.map(functionKey))
      return [...used, ...USUAL_FUNCTIONS.filter((name) => !keys.has(functionKey(name)))]
    }
  )

  app.put(
    '/groups/:username/members/:account_id/functions',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Give a member their functions, all at once (owners and moderators)',
        params: ByMember,
        body: strictObject({
          functions: Type.Array(
            strictObject({
              name: Type.String({ maxLength: 200 }),
              since: Type.Optional(orNull(Type.String({ maxLength: 20 }))),
              until: Type.Optional(orNull(Type.String({ maxLength: 20 })))
            }),
            { maxItems: 30 }
          )
        }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await setFunctions(ctx, whoIs(request)!, actor, request.params.account_id, request.body.functions)
      return {}
    }
  )
}
