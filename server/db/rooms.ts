// Rooms of a group, and the proposals and votes of each. What is listed goes through visibleTo().
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { visibleTo, type Viewer } from './visibility.ts'

export interface RoomRow {
  id: string
  group_id: string
  name: string
  topic: string
  functions: string[]
  function_keys: string[]
  archived_at: Date | null
  created_by: string | null
  created_at: Date
}

export async function insertRoom(trx: Knex, room: RoomRow): Promise<void> {
  await trx('rooms').insert(room)
}

export async function updateRoom(trx: Knex, id: string, changes: Partial<Omit<RoomRow, 'id' | 'group_id'>>): Promise<void> {
  await trx('rooms').where({ id }).update(changes)
}

export async function findRoom(trx: Knex, id: string): Promise<RoomRow | null> {
  return (await trx<RoomRow>('rooms').where({ id }).first()) ?? null
}

/** Held against changes while something is done there. */
export async function holdRoom(trx: Knex, id: string): Promise<RoomRow | null> {
  return (await trx<RoomRow>('rooms').where({ id }).forShare().first()) ?? null
}

/** Oldest first, archived ones last. Plan: rooms_group. */
export async function listRooms(trx: Knex, groupId: string, limit: number): Promise<RoomRow[]> {
  return await trx<RoomRow>('rooms').where({ group_id: groupId }).orderByRaw('archived_at is not null, id').limit(limit)
}

export async function addRoomItem(trx: Knex, roomId: string, objectId: string): Promise<void> {
  await trx('room_items').insert({ room_id: roomId, object_id: objectId })
}

/** The room each of these belongs to. Plan: room_items_pkey, rooms_pkey. */
export async function roomsOf(trx: Knex, objectIds: string[]): Promise<Map<string, RoomRow>> {
  if (objectIds.length === 0) return new Map()
  const rows = await trx('room_items as i')
    .join('rooms as r', 'r.id', 'i.room_id')
    .whereRaw('i.object_id = any(?::bigint[])', [objectIds])
    .select<(RoomRow & { object_id: string })[]>('i.object_id', 'r.*')
  return new Map(rows.map(({ object_id: id, ...room }) => [id, room]))
}

export interface RoomItem {
  id: string
  kind: 'proposal' | 'vote'
  title: string
  /** Of a proposal; of a vote open or closed. */
  state: string
  published: Date
}

/** Newest first, what the viewer sees. Plan: room_items_room, then primary keys. */
export async function roomItems(ctx: Ctx, viewer: Viewer, roomId: string, limit: number): Promise<RoomItem[]> {
  const query = ctx
    .db('room_items as i')
    .join('objects as o', 'o.id', 'i.object_id')
    .leftJoin('proposals as p', 'p.object_id', 'o.id')
    .leftJoin('votes as v', 'v.object_id', 'o.id')
    .where('i.room_id', roomId)
    .orderBy('i.object_id', 'desc')
    .limit(limit)
    .select(
      'o.id',
      'o.kind',
      'o.name as title',
      ctx.db.raw("coalesce(p.state, case when v.closed_at is null then 'open' else 'closed' end) as state"),
      'o.published'
    )
  return (await visibleTo(query, viewer, 'o')) as RoomItem[]
}

/** How many proposals are open and votes not closed in each, of those the viewer sees. Plan: room_items_room, then primary keys. */
export async function countWaiting(
  ctx: Ctx,
  viewer: Viewer,
  roomIds: string[]
): Promise<Map<string, { proposals: number; votes: number }>> {
  if (roomIds.length === 0) return new Map()
  const query = ctx
    .db('room_items as i')
    .join('objects as o', 'o.id', 'i.object_id')
    .leftJoin('proposals as p', 'p.object_id', 'i.object_id')
    .leftJoin('votes as v', 'v.object_id', 'i.object_id')
    .whereRaw('i.room_id = any(?::bigint[])', [roomIds])
    .groupBy('i.room_id')
    .select(
      'i.room_id',
      ctx.db.raw("count(*) filter (where p.state in ('open', 'voting'))::int as proposals"),
      ctx.db.raw('count(*) filter (where v.object_id is not null and v.closed_at is null)::int as votes')
    )
  const rows = (await visibleTo(query, viewer, 'o')) as { room_id: string; proposals: number; votes: number }[]
  return new Map(rows.map(({ room_id: id, ...counts }) => [id, counts]))
}
