// The doors of rooms: who proposes, amends and votes in one is an active member who holds one of its functions, today. Asked by whoever acts there.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { holdsFunction } from '../db/member-functions.ts'
import { findRoom, holdRoom, roomsOf, type RoomRow } from '../db/rooms.ts'

/** Whether this person proposes, amends and votes there; whoever they are, not in one that is archived. */
export async function mayActIn(ctx: Ctx, trx: Knex, room: RoomRow, actorId: string): Promise<boolean> {
  return room.archived_at === null && (await holdsFunction(ctx, trx, room.group_id, actorId, room.function_keys))
}

/** Throws room.archived (409), room.functions-only, room.members-only (403). */
export async function assertMayActIn(ctx: Ctx, trx: Knex, room: RoomRow, actorId: string): Promise<void> {
  if (room.archived_at !== null) throw archived()
  if (await holdsFunction(ctx, trx, room.group_id, actorId, room.function_keys)) return
  if (room.functions.length === 0) throw new AppError('room.members-only', 403, 'In this room the members of the group propose and vote.')
  throw new AppError('room.functions-only', 403, 'In this room only members with certain functions propose and vote.', {
    details: { functions: room.functions.join(', ') }
  })
}

/** The same for what is done to an object, if it belongs to a room; in a transaction the room is held, so that it is not archived meanwhile. */
export async function assertRoomOf(ctx: Ctx, trx: Knex, objectId: string, actorId: string): Promise<void> {
  const room = (await roomsOf(trx, [objectId])).get(objectId)
  const held = room && (await holdRoom(trx, room.id))
  if (held) await assertMayActIn(ctx, trx, held, actorId)
}

/** What everybody may add to an object stops when its room is archived. Throws room.archived (409). */
export async function assertNotArchived(trx: Knex, objectId: string): Promise<void> {
  const room = (await roomsOf(trx, [objectId])).get(objectId)
  if (room !== undefined) await assertRoomOpen(trx, room.id)
}

/** Held while something is written there. Throws room.archived (409), room.none (422). */
export async function assertRoomOpen(trx: Knex, id: string): Promise<void> {
  const room = await holdRoom(trx, id)
  if (room === null) throw none()
  if (room.archived_at !== null) throw archived()
}

/** Throws room.none (422). */
export async function roomOrThrow(trx: Knex, id: string): Promise<RoomRow> {
  const room = await findRoom(trx, id)
  if (room === null) throw none()
  return room
}

function none(): AppError {
  return new AppError('room.none', 422, 'This room was not found in this group.', { details: { field: 'room' } })
}

function archived(): AppError {
  return new AppError('room.archived', 409, 'This room is archived: nothing new is written there.')
}
