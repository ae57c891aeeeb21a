// Filters of a person: made, changed, removed, with the words and posts they look for. Applying them is db/filters.ts.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { tell } from '../../db/live.ts'
import type { FilterKeywordRow, FilterRow, FilterStatusRow } from '../../db/rows.ts'
import { findStatus } from '../../db/timelines.ts'

export const FILTER_CONTEXTS = ['home', 'notifications', 'public', 'thread', 'account'] as const

/** More than anyone sorts by hand; each is asked of every post of a page. */
const MAX_FILTERS = 50
const MAX_PARTS = 100
const MAX_TITLE = 200
const MAX_KEYWORD = 200
/** Ten years: later is never. */
const MAX_SECONDS = 10 * 366 * 86_400

/** A filter with all it looks for. */
export interface WholeFilter {
  row: FilterRow
  keywords: FilterKeywordRow[]
  statuses: FilterStatusRow[]
}

export interface KeywordInput {
  id?: string
  keyword?: string
  wholeWord?: boolean
  /** Takes the keyword away. */
  destroy?: boolean
}

export interface FilterInput {
  title?: string
  context?: string[]
  action?: string
  /** Null: for good. */
  expiresInSeconds?: number | null
  keywords?: KeywordInput[]
}

/** The filters of a person, oldest first, expired ones too: they can be renewed. Three queries. */
export async function listFilters(ctx: Ctx, actorId: string): Promise<WholeFilter[]> {
  return withParts(ctx.db, await ctx.db<FilterRow>('filters').where({ actor_id: actorId }).orderBy('id'))
}

/** One filter of one's own. Throws 404. */
export async function getFilter(ctx: Ctx, actorId: string, id: string): Promise<WholeFilter> {
  const rows = await ctx.db<FilterRow>('filters').where({ id, actor_id: actorId })
  const [filter] = await withParts(ctx.db, rows)
  if (filter === undefined) throw gone()
  return filter
}

/** Makes a filter. Throws filter.* (422). */
export async function createFilter(ctx: Ctx, actorId: string, input: FilterInput): Promise<WholeFilter> {
  const now = ctx.clock.now()
  const columns = columnsOf(ctx, { context: [], ...input, title: input.title ?? '' })
  const id = newId(now)
  await ctx.db.transaction(async (trx) => {
    const [count] = await trx('filters').where({ actor_id: actorId }).count<{ count: string }[]>({ count: '*' })
    if (Number(count?.count) >= MAX_FILTERS) throw new AppError('filter.too-many', 422, 'You have too many filters.')
    await trx('filters').insert({ id, actor_id: actorId, created_at: now, ...columns })
    await saveKeywords(ctx, trx, id, input.keywords ?? [])
    await tell(trx, 'filters-changed', [actorId])
  })
  return getFilter(ctx, actorId, id)
}

/** Changes what is named and leaves the rest. Throws 404, filter.* (422). */
export async function updateFilter(ctx: Ctx, actorId: string, id: string, input: FilterInput): Promise<WholeFilter> {
  await getFilter(ctx, actorId, id)
  const columns = columnsOf(ctx, input)
  await ctx.db.transaction(async (trx) => {
    if (Object.keys(columns).length > 0) await trx('filters').where({ id, actor_id: actorId }).update(columns)
    await saveKeywords(ctx, trx, id, input.keywords ?? [])
    await tell(trx, 'filters-changed', [actorId])
  })
  return getFilter(ctx, actorId, id)
}

/** Removes a filter. Throws 404. */
export async function deleteFilter(ctx: Ctx, actorId: string, id: string): Promise<void> {
  if ((await ctx.db('filters').where({ id, actor_id: actorId }).delete()) === 0) throw gone()
  await tell(ctx.db, 'filters-changed', [actorId])
}

/** Adds a word to a filter. Throws 404, filter.* (422). */
export async function addKeyword(ctx: Ctx, actorId: string, filterId: string, input: KeywordInput): Promise<FilterKeywordRow> {
  await getFilter(ctx, actorId, filterId)
  const { keyword, wholeWord } = input
  const [id] = await ctx.db.transaction((trx) =>
    saveKeywords(ctx, trx, filterId, [{ keyword: keyword ?? '', wholeWord: wholeWord ?? true }])
  )
  await tell(ctx.db, 'filters-changed', [actorId])
  return getKeyword(ctx, actorId, id!)
}

/** One word of one's own filters. Throws 404. */
export async function getKeyword(ctx: Ctx, actorId: string, id: string): Promise<FilterKeywordRow> {
  const row = await ownPart<FilterKeywordRow>(ctx, 'filter_keywords', actorId, id)
  if (row === undefined) throw gone()
  return row
}

/** Changes a word. Throws 404, filter.* (422). */
export async function updateKeyword(ctx: Ctx, actorId: string, id: string, input: KeywordInput): Promise<FilterKeywordRow> {
  const row = await getKeyword(ctx, actorId, id)
  await ctx.db.transaction((trx) => saveKeywords(ctx, trx, row.filter_id, [{ ...input, id, destroy: false }]))
  await tell(ctx.db, 'filters-changed', [actorId])
  return getKeyword(ctx, actorId, id)
}

/** Removes a word. Throws 404. */
export async function deleteKeyword(ctx: Ctx, actorId: string, id: string): Promise<void> {
  await getKeyword(ctx, actorId, id)
  await ctx.db('filter_keywords').where({ id }).delete()
  await tell(ctx.db, 'filters-changed', [actorId])
}

/** Adds a post to a filter. Throws 404 for a filter or post that is not there for this person. */
export async function addFilteredStatus(ctx: Ctx, actorId: string, filterId: string, objectId: string): Promise<FilterStatusRow> {
  const { statuses } = await getFilter(ctx, actorId, filterId)
  if ((await findStatus(ctx, objectId, { actorId })) === null) throw gone()
  const known = statuses.find((status) => status.object_id === objectId)
  if (known !== undefined) return known
  if (statuses.length >= MAX_PARTS) throw new AppError('filter.too-long', 422, 'This filter holds too much.')
  const row = { id: newId(ctx.clock.now()), filter_id: filterId, object_id: objectId }
  await ctx.db('filter_statuses').insert(row).onConflict(['filter_id', 'object_id']).ignore()
  await tell(ctx.db, 'filters-changed', [actorId])
  return row
}

/** One post of one's own filters. Throws 404. */
export async function getFilteredStatus(ctx: Ctx, actorId: string, id: string): Promise<FilterStatusRow> {
  const row = await ownPart<FilterStatusRow>(ctx, 'filter_statuses', actorId, id)
  if (row === undefined) throw gone()
  return row
}

/** Removes a post from its filter. Throws 404. */
export async function deleteFilteredStatus(ctx: Ctx, actorId: string, id: string): Promise<FilterStatusRow> {
  const row = await getFilteredStatus(ctx, actorId, id)
  await ctx.db('filter_statuses').where({ id }).delete()
  await tell(ctx.db, 'filters-changed', [actorId])
  return row
}

async function withParts(db: Knex, rows: FilterRow[]): Promise<WholeFilter[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const keywords = await db<FilterKeywordRow>('filter_keywords').whereIn('filter_id', ids).orderBy('id')
  const statuses = await db<FilterStatusRow>('filter_statuses').whereIn('filter_id', ids).orderBy('id')
  return rows.map((row) => ({
    row,
    keywords: keywords.filter(({ filter_id: id }) => id === row.id),
    statuses: statuses.filter(({ filter_id: id }) => id === row.id)
  }))
}

async function ownPart<Row>(ctx: Ctx, table: string, actorId: string, id: string): Promise<Row | undefined> {
  return (await ctx
    .db(`${table} as part`)
    .join('filters as f', 'f.id', 'part.filter_id')
    .where({ 'part.id': id, 'f.actor_id': actorId })
    .first('part.*')) as Row | undefined
}

/** The ids of the words that were written, in order. */
async function saveKeywords(ctx: Ctx, trx: Knex, filterId: string, inputs: KeywordInput[]): Promise<string[]> {
  const saved: string[] = []
  for (const { id, keyword, wholeWord, destroy } of inputs.slice(0, MAX_PARTS)) {
    const known = id === undefined ? null : trx('filter_keywords').where({ id, filter_id: filterId })
    if (known !== null && destroy === true) await known.delete()
    else if (known !== null) await known.update({ ...wordOf(keyword), ...(wholeWord === undefined ? {} : { whole_word: wholeWord }), id })
    else {
      const row = { id: newId(ctx.clock.now()), filter_id: filterId, keyword: '', ...wordOf(keyword ?? ''), whole_word: wholeWord ?? true }
      await trx('filter_keywords').insert(row)
      saved.push(row.id)
    }
  }
  const [count] = await trx('filter_keywords').where({ filter_id: filterId }).count<{ count: string }[]>({ count: '*' })
  if (Number(count?.count) > MAX_PARTS) throw new AppError('filter.too-long', 422, 'This filter holds too much.')
  return saved
}

function wordOf(keyword: string | undefined): { keyword?: string } {
  if (keyword === undefined) return {}
  const word = keyword.trim()
  if (word === '' || word.length > MAX_KEYWORD)
    throw new AppError('filter.keyword', 422, 'A filtered word has between 1 and 200 characters.', { details: { field: 'keyword' } })
  return { keyword: word }
}

function columnsOf(ctx: Ctx, input: FilterInput): Partial<FilterRow> {
  const columns: Partial<FilterRow> = {}
  if (input.title !== undefined) {
    columns.title = input.title.trim().slice(0, MAX_TITLE)
    if (columns.title === '') throw new AppError('filter.title', 422, 'Please give the filter a name.', { details: { field: 'title' } })
  }
  if (input.context !== undefined) {
    columns.context = FILTER_CONTEXTS.filter((context) => input.context!.includes(context))
    if (columns.context.length === 0)
      throw new AppError('filter.context', 422, 'Please say where the filter applies.', { details: { field: 'context' } })
  }
  const action = (['warn', 'hide', 'blur'] as const).find((one) => one === input.action)
  if (action !== undefined) columns.action = action
  if (input.expiresInSeconds !== undefined) {
    const seconds = input.expiresInSeconds
    columns.expires_at = seconds === null ? null : new Date(ctx.clock.now().getTime() + Math.min(Math.max(seconds, 0), MAX_SECONDS) * 1000)
  }
  return columns
}

function gone(): AppError {
  return new AppError('request.not-found', 404, 'Record not found')
}
