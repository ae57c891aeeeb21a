// Functions of the members of a group, with the days of their mandates.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { DateTime } from 'luxon'
import { requireSite } from './site.ts'

export interface MemberFunction {
  name: string
  key: string
  /** YYYY-MM-DD, both days included; null: without an end. */
  since: string | null
  until: string | null
}

/** SQL: the member `m` holds one of these functions on that day. Binds :functions, :today. */
export const HOLDS_FUNCTION = `exists (select 1 from member_functions f where f.group_id = m.group_id and f.actor_id = m.actor_id
  and f.key = any(:functions::text[]) and (f.since is null or f.since <= :today::date) and (f.until is null or f.until >= :today::date))`

/** Today in the commune, YYYY-MM-DD. */
export function todayIn(ctx: Ctx): string {
  return DateTime.fromJSDate(ctx.clock.now(), { zone: requireSite(ctx).timezone }).toISODate()!
}

/** By row id of the member, in the order of their names; of a mandate that has ended too. Plan: member_functions_pkey. */
export async function functionsOf(trx: Knex, groupId: string, actorIds: string[]): Promise<Map<string, MemberFunction[]>> {
  const found = new Map<string, MemberFunction[]>()
  if (actorIds.length === 0) return found
  const rows = await trx('member_functions')
    .where({ group_id: groupId })
    .whereRaw('actor_id = any(?::bigint[])', [actorIds])
    .orderBy(['actor_id', 'key'])
    .select<(MemberFunction & { actor_id: string })[]>('actor_id', 'name', 'key', day(trx, 'since'), day(trx, 'until'))
  for (const { actor_id: id, ...one } of rows) found.set(id, [...(found.get(id) ?? []), one])
  return found
}

function day(trx: Knex, column: string): Knex.Raw {
  return trx.raw(`to_char(${column}, 'YYYY-MM-DD') as ${column}`)
}

export async function replaceFunctions(trx: Knex, groupId: string, actorId: string, functions: MemberFunction[]): Promise<void> {
  await trx('member_functions').where({ group_id: groupId, actor_id: actorId }).delete()
  if (functions.length > 0) await trx('member_functions').insert(functions.map((one) => ({ group_id: groupId, actor_id: actorId, ...one })))
}

/** Names in use in this group, each once. Plan: member_functions_key. */
export async function functionsInUse(trx: Knex, groupId: string): Promise<string[]> {
  const rows = await trx('member_functions')
    .where({ group_id: groupId })
    .groupBy('key')
    .orderBy('key')
    .limit(100)
    .select<{ name: string }[]>(trx.raw('min(name) as name'))
  return rows.map(({ name }) => name)
}

/** Whether an active member of the group holds one of these functions today; with none, whether they are a member. */
export async function holdsFunction(ctx: Ctx, trx: Knex, groupId: string, actorId: string, keys: string[]): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `select 1 from memberships m where m.group_id = :groupId and m.actor_id = :actorId and m.state = 'active'
       and (cardinality(:functions::text[]) = 0 or ${HOLDS_FUNCTION})`,
    { groupId, actorId, functions: keys as unknown as Knex.Value, today: todayIn(ctx) }
  )
  return rows.length > 0
}
