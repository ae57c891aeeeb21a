// Lists of a person: a name for some of those they follow. Who is on a list is known to its owner alone.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import type { ListRow } from '../../db/rows.ts'

const MAX_LISTS = 50
const MAX_TITLE = 200
const MAX_MEMBERS = 500

export interface ListInput {
  title?: string
  repliesPolicy?: string
  exclusive?: boolean
}

/** A person's lists in the order they were made. */
export async function listsOf(ctx: Ctx, ownerId: string): Promise<ListRow[]> {
  return ctx.db<ListRow>('lists').where({ owner_id: ownerId }).orderBy('id')
}

/** A person's lists that somebody is on. */
export async function listsWith(ctx: Ctx, ownerId: string, actorId: string): Promise<ListRow[]> {
  const on = ctx.db('list_accounts').where({ actor_id: actorId }).select('list_id')
  return ctx.db<ListRow>('lists').where({ owner_id: ownerId }).whereIn('id', on).orderBy('id')
}

/** One list of one's own. Throws 404. */
export async function getList(ctx: Ctx, ownerId: string, id: string): Promise<ListRow> {
  const row = await ctx.db<ListRow>('lists').where({ id, owner_id: ownerId }).first()
  if (row === undefined) throw new AppError('request.not-found', 404, 'Record not found')
  return row
}

/** Makes a list. Throws list.title, list.too-many (422). */
export async function createList(ctx: Ctx, ownerId: string, input: ListInput): Promise<ListRow> {
  const [count] = await ctx.db('lists').where({ owner_id: ownerId }).count<{ count: string }[]>({ count: '*' })
  if (Number(count?.count) >= MAX_LISTS) throw new AppError('list.too-many', 422, 'You have too many lists.')
  const now = ctx.clock.now()
  const [row] = await ctx
    .db<ListRow>('lists')
    .insert({ id: newId(now), owner_id: ownerId, created_at: now, ...columnsOf({ ...input, title: input.title ?? '' }) })
    .returning('*')
  return row!
}

/** Changes what is named. Throws 404, list.title (422). */
export async function updateList(ctx: Ctx, ownerId: string, id: string, input: ListInput): Promise<ListRow> {
  const known = await getList(ctx, ownerId, id)
  const columns = columnsOf(input)
  if (Object.keys(columns).length === 0) return known
  const [row] = await ctx.db<ListRow>('lists').where({ id, owner_id: ownerId }).update(columns).returning('*')
  return row ?? known
}

/** Removes a list; nobody is unfollowed. Throws 404. */
export async function deleteList(ctx: Ctx, ownerId: string, id: string): Promise<void> {
  await getList(ctx, ownerId, id)
  await ctx.db('lists').where({ id, owner_id: ownerId }).delete()
}

/** Puts people the owner follows (or themselves) on a list. Throws 404 for a list, or for somebody who is not followed, as Mastodon does; list.full (422). */
export async function addToList(ctx: Ctx, ownerId: string, id: string, actorIds: string[]): Promise<void> {
  await getList(ctx, ownerId, id)
  const wanted = [...new Set(actorIds)]
  await ctx.db.transaction(async (trx) => {
    const followed = await trx('follows')
      .where({ follower_id: ownerId, state: 'accepted' })
      .whereIn('followed_id', wanted)
      .pluck<string[]>('followed_id')
    const known = new Set([...followed, ownerId])
    if (!wanted.every((actorId) => known.has(actorId))) throw new AppError('request.not-found', 404, 'Record not found')
    if (wanted.length > 0)
      await trx('list_accounts')
        .insert(wanted.map((actorId) => ({ list_id: id, actor_id: actorId })))
        .onConflict()
        .ignore()
    if ((await countMembers(trx, id)) > MAX_MEMBERS) throw new AppError('list.full', 422, 'This list is full.')
  })
}

/** Takes people off a list. Throws 404. */
export async function removeFromList(ctx: Ctx, ownerId: string, id: string, actorIds: string[]): Promise<void> {
  await getList(ctx, ownerId, id)
  await ctx.db('list_accounts').where({ list_id: id }).whereIn('actor_id', actorIds).delete()
}

async function countMembers(trx: Knex, id: string): Promise<number> {
  const [count] = await trx('list_accounts').where({ list_id: id }).count<{ count: string }[]>({ count: '*' })
  return Number(count?.count)
}

function columnsOf(input: ListInput): Partial<ListRow> {
  const columns: Partial<ListRow> = {}
  if (input.title !== undefined) {
    columns.title = input.title.trim().slice(0, MAX_TITLE)
    if (columns.title === '') throw new AppError('list.title', 422, 'Please give the list a name.', { details: { field: 'title' } })
  }
  const policy = (['followed', 'list', 'none'] as const).find((one) => one === input.repliesPolicy)
  if (policy !== undefined) columns.replies_policy = policy
  if (input.exclusive !== undefined) columns.exclusive = input.exclusive
  return columns
}
