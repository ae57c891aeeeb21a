// Rooms as the native API shows them, and what is said of one on what belongs to it.
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { countWaiting, roomsOf, type RoomRow } from '../../db/rooms.ts'
import type { ActorRow } from '../../db/rows.ts'
import { mayActIn } from '../../protocol/rooms.ts'
import { Id, orNull } from './schemas.ts'

export const Room = Type.Object(
  {
    id: Id,
    group: Type.String({ description: 'Username' }),
    name: Type.String(),
    topic: Type.String(),
    functions: Type.Array(Type.String(), { description: 'Of those who propose, amend and vote there; none: every member' }),
    archived: Type.Boolean(),
    waiting: Type.Object({ proposals: Type.Integer({ description: 'Open, or at the vote' }), votes: Type.Integer() }),
    can: Type.Object({ propose: Type.Boolean({ description: 'Propose, amend and vote' }), manage: Type.Boolean() })
  },
  { title: 'Room' }
)

/** On what belongs to a room. */
export const RoomLink = Type.Object({ id: Id, name: Type.String(), group: Type.String(), functions: Type.Array(Type.String()) })
export type RoomLinkEntity = Static<typeof RoomLink>

/** The entities of a list. `isKeeper`: the viewer looks after the group. */
export async function presentRooms(
  ctx: Ctx,
  rooms: RoomRow[],
  { group, viewerId, isKeeper }: { group: Pick<ActorRow, 'username'>; viewerId: string | null; isKeeper: boolean }
): Promise<Static<typeof Room>[]> {
  const waiting = await countWaiting(
    ctx,
    { actorId: viewerId },
    rooms.map(({ id }) => id)
  )
  return await Promise.all(
    rooms.map(async (room) => ({
      id: room.id,
      group: group.username,
      name: room.name,
      topic: room.topic,
      functions: room.functions,
      archived: room.archived_at !== null,
      waiting: waiting.get(room.id) ?? { proposals: 0, votes: 0 },
      can: { propose: viewerId !== null && (await mayActIn(ctx, ctx.db, room, viewerId)), manage: isKeeper }
    }))
  )
}

/** The room each of these belongs to. */
export async function roomLinks(ctx: Ctx, objectIds: string[]): Promise<Map<string, RoomLinkEntity>> {
  const rooms = await roomsOf(ctx.db, objectIds)
  const groups = await ctx
    .db('actors')
    .whereIn('id', [...new Set([...rooms.values()].map((room) => room.group_id))])
    .select<Pick<ActorRow, 'id' | 'username'>[]>('id', 'username')
  const usernames = new Map(groups.map(({ id, username }) => [id, username]))
  return new Map(
    [...rooms].map(([objectId, { id, name, group_id: groupId, functions }]) => [
      objectId,
      { id, name, group: usernames.get(groupId) ?? '', functions }
    ])
  )
}

export const MemberFunctionEntity = Type.Object(
  {
    name: Type.String(),
    since: orNull(Type.String({ description: 'YYYY-MM-DD' })),
    until: orNull(Type.String({ description: 'YYYY-MM-DD, the last day' }))
  },
  { title: 'MemberFunction' }
)
