// Rooms of a group: opened, changed and archived by who looks after it; and the functions its members hold.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { functionKey, functionNames } from '../../core/member-functions.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { replaceFunctions, type MemberFunction } from '../../db/member-functions.ts'
import { findMembership } from '../../db/memberships.ts'
import type { ActorRow } from '../../db/rows.ts'
import { insertRoom, updateRoom, type RoomRow } from '../../db/rooms.ts'

export interface RoomInput {
  name: string
  topic?: string
  /** Of those who propose, amend and vote there; none: every member. */
  functions?: string[]
}

const MOST_ROOMS = 50
const MOST_FUNCTIONS = 10
const MAX_FUNCTION = 60
const MAX_TOPIC = 1000

/** Throws permission.denied (403), room.name, room.too-many, function.too-many (422). */
export async function openRoom(ctx: Ctx, who: Who, group: ActorRow, input: RoomInput): Promise<RoomRow> {
  await assertKeeper(ctx, who, group.id)
  const now = ctx.clock.now()
  const room = { id: newId(now), group_id: group.id, ...readRoom(input), archived_at: null, created_by: who.actorId, created_at: now }
  return await ctx.db.transaction(async (trx) => {
    await trx('groups').where({ actor_id: group.id }).forUpdate().first('actor_id')
    const known = await trx('rooms').where({ group_id: group.id }).count<{ count: string }[]>('* as count').first()
    if (Number(known?.count ?? 0) >= MOST_ROOMS)
      throw new AppError('room.too-many', 422, `A group has at most ${MOST_ROOMS} rooms.`, { details: { field: 'name', max: MOST_ROOMS } })
    await insertRoom(trx, room)
    return room
  })
}

/** Votes that are open keep the electors they were opened with. Throws permission.denied (403), room.name, function.too-many (422). */
export async function changeRoom(ctx: Ctx, who: Who, room: RoomRow, changes: Partial<RoomInput> & { archived?: boolean }): Promise<void> {
  await assertKeeper(ctx, who, room.group_id)
  const { archived, ...words } = changes
  await updateRoom(ctx.db, room.id, {
    ...readRoom({ name: room.name, topic: room.topic, functions: room.functions, ...words }),
    ...(archived === undefined ? {} : { archived_at: archived ? (room.archived_at ?? ctx.clock.now()) : null })
  })
}

function readRoom({ name, topic = '', functions = [] }: RoomInput): Pick<RoomRow, 'name' | 'topic' | 'functions' | 'function_keys'> {
  const title = line(name)
  if ([...title].length < 2 || [...title].length > 100)
    throw new AppError('room.name', 422, 'The name of a room has 2 to 100 characters.', { details: { field: 'name' } })
  const names = functionNames(functions, MAX_FUNCTION)
  if (names.length > MOST_FUNCTIONS) throw tooMany('functions')
  return {
    name: title,
    topic: [...topic.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()].slice(0, MAX_TOPIC).join(''),
    functions: names,
    function_keys: names.map(functionKey)
  }
}

export interface FunctionInput {
  name: string
  since?: string | null
  until?: string | null
}

/** Gives a member their functions, all at once. Throws permission.denied (403), group.not-member (404), function.* (422). */
export async function setFunctions(ctx: Ctx, who: Who, group: ActorRow, actorId: string, typed: FunctionInput[]): Promise<void> {
  await assertKeeper(ctx, who, group.id)
  const functions = readFunctions(typed)
  await ctx.db.transaction(async (trx) => {
    const member = await trx('memberships').where({ group_id: group.id, actor_id: actorId, state: 'active' }).forUpdate().first('actor_id')
    if (member === undefined) throw new AppError('group.not-member', 404, 'This person is not a member of the group.')
    await replaceFunctions(trx, group.id, actorId, functions)
  })
}

function readFunctions(typed: FunctionInput[]): MemberFunction[] {
  const functions = new Map<string, MemberFunction>()
  for (const { name, since = null, until = null } of typed) {
    const [written] = functionNames([name], MAX_FUNCTION)
    if (written === undefined || functions.has(functionKey(written))) continue
    const days = { since: day(since), until: day(until) }
    if (days.since !== null && days.until !== null && days.since > days.until)
      throw new AppError('function.days', 422, 'A mandate ends after it begins.', { details: { field: 'functions' } })
    functions.set(functionKey(written), { name: written, key: functionKey(written), ...days })
  }
  if (functions.size > MOST_FUNCTIONS) throw tooMany('functions')
  return [...functions.values()]
}

function day(typed: string | null): string | null {
  if (typed === null || typed === '') return null
  const date = /^\d{4}-\d{2}-\d{2}$/.test(typed) ? new Date(`${typed}T12:00:00Z`) : null
  if (date === null || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== typed)
    throw new AppError('function.day', 422, 'This day is not valid.', { details: { field: 'functions' } })
  return typed
}

async function assertKeeper(ctx: Ctx, who: Who, groupId: string): Promise<void> {
  assertCan(who, 'group.review', { membership: await findMembership(ctx.db, groupId, who.actorId) })
}

function line(typed: string): string {
  return typed.replaceAll('\u0000', '').toWellFormed().normalize('NFC').replaceAll(/\s+/g, ' ').trim()
}

function tooMany(field: string): AppError {
  return new AppError('function.too-many', 422, `At most ${MOST_FUNCTIONS} functions.`, { details: { field, max: MOST_FUNCTIONS } })
}
