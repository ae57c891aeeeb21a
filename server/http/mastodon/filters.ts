// Filters in the Mastodon API, version 2 with words and posts, version 1 one word at a time (docs.joinmastodon.org/methods/filters).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { isRowId } from '../../core/ids.ts'
import type { FilterRow } from '../../db/rows.ts'
import {
  addFilteredStatus,
  addKeyword,
  createFilter,
  deleteFilter,
  deleteFilteredStatus,
  deleteKeyword,
  getFilter,
  getFilteredStatus,
  getKeyword,
  listFilters,
  updateFilter,
  updateKeyword,
  type FilterInput,
  type KeywordInput,
  type WholeFilter
} from '../../features/filters/filters.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, idParam, listOf, notFound, readParams, textOf, type Params } from './params.ts'
import type { Filter, FilterV1 } from './serialise/entities.ts'
import { toFilter, toFilterKeyword, toFilterStatus, toFilterV1 } from './serialise/filter.ts'

const READ = { config: { scope: 'read:filters' } }
const WRITE = { config: { scope: 'write:filters' } }

/** Fastify plugin. */
export async function mastodonFilters(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  await app.register(wholeFilters, { ctx, prefix: '/api/v2/filters' })
  await app.register(filterParts, { ctx, prefix: '/api/v2/filters' })

  await app.register(filtersV1, { ctx, prefix: '/api/v1/filters' })
}

/** A filter of version 1 is a word of ours; what holds for a whole filter changes only through it while it has no other word. */
async function filtersV1(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/', READ, async (request) =>
    (await listFilters(ctx, requireAuth(request).actor.id)).flatMap(({ row, keywords }) => keywords.map((word) => toFilterV1(row, word)))
  )

  const shown = async (actorId: string, keywordId: string): Promise<FilterV1> => {
    const word = await getKeyword(ctx, actorId, keywordId)
    return toFilterV1((await getFilter(ctx, actorId, word.filter_id)).row, word)
  }

  app.post('/', WRITE, async (request) => {
    const { actor } = requireAuth(request)
    const params = await readParams(request)
    const phrase = textOf(params['phrase']) ?? ''
    const keywords = [{ keyword: phrase, wholeWord: boolOf(params['whole_word']) }]
    const { row, keywords: made } = await createFilter(ctx, actor.id, { context: [], ...wholeOf(params), title: phrase, keywords })
    return toFilterV1(row, made[0]!)
  })

  app.get('/:id', READ, async (request) => shown(requireAuth(request).actor.id, idParam(request)))

  app.put('/:id', WRITE, async (request) => {
    const { actor } = requireAuth(request)
    const params = await readParams(request)
    const word = await getKeyword(ctx, actor.id, idParam(request))
    const { row, keywords } = await getFilter(ctx, actor.id, word.filter_id)
    const wanted = wholeOf(params)
    if (keywords.length > 1 && changes(row, wanted))
      throw new AppError('filter.several-words', 422, 'This filter has several words: this app cannot change it.')
    if (keywords.length === 1) await updateFilter(ctx, actor.id, row.id, wanted)
    await updateKeyword(ctx, actor.id, word.id, { keyword: textOf(params['phrase']), wholeWord: boolOf(params['whole_word']) })
    return shown(actor.id, word.id)
  })

  app.delete('/:id', WRITE, async (request) => {
    const { actor } = requireAuth(request)
    const word = await getKeyword(ctx, actor.id, idParam(request))
    const { keywords, statuses } = await getFilter(ctx, actor.id, word.filter_id)
    // A filter that looks for nothing any more goes with its last word.
    if (keywords.length + statuses.length === 1) await deleteFilter(ctx, actor.id, word.filter_id)
    else await deleteKeyword(ctx, actor.id, word.id)
    return {}
  })
}

/** What version 1 says of the whole filter. */
function wholeOf(params: Params): FilterInput {
  const irreversible = boolOf(params['irreversible'])
  return {
    ...(params['context'] === undefined ? {} : { context: listOf(params['context']) }),
    ...(irreversible === undefined ? {} : { action: irreversible ? 'hide' : 'warn' }),
    ...(params['expires_in'] === undefined ? {} : { expiresInSeconds: secondsOf(params['expires_in']) })
  }
}

function changes(row: FilterRow, { context, action, expiresInSeconds }: FilterInput): boolean {
  const otherPlaces =
    context !== undefined && (context.length !== row.context.length || context.some((one) => !row.context.includes(one as never)))
  const otherEnd = expiresInSeconds !== undefined && (expiresInSeconds !== null || row.expires_at !== null)
  return otherPlaces || otherEnd || (action !== undefined && (action === 'hide') !== (row.action === 'hide'))
}

async function wholeFilters(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/', READ, async (request) => (await listFilters(ctx, requireAuth(request).actor.id)).map(show))

  app.post('/', WRITE, async (request) => show(await createFilter(ctx, requireAuth(request).actor.id, inputOf(await readParams(request)))))

  app.get('/:id', READ, async (request) => show(await getFilter(ctx, requireAuth(request).actor.id, idParam(request))))

  app.put('/:id', WRITE, async (request) =>
    show(await updateFilter(ctx, requireAuth(request).actor.id, idParam(request), inputOf(await readParams(request))))
  )

  app.delete('/:id', WRITE, async (request) => {
    await deleteFilter(ctx, requireAuth(request).actor.id, idParam(request))
    return {}
  })
}

async function filterParts(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/:id/keywords', READ, async (request) =>
    (await getFilter(ctx, requireAuth(request).actor.id, idParam(request))).keywords.map(toFilterKeyword)
  )

  app.post('/:id/keywords', WRITE, async (request) =>
    toFilterKeyword(await addKeyword(ctx, requireAuth(request).actor.id, idParam(request), wordOf(await readParams(request))))
  )

  app.get('/keywords/:id', READ, async (request) => toFilterKeyword(await getKeyword(ctx, requireAuth(request).actor.id, idParam(request))))

  app.put('/keywords/:id', WRITE, async (request) =>
    toFilterKeyword(await updateKeyword(ctx, requireAuth(request).actor.id, idParam(request), wordOf(await readParams(request))))
  )

  app.delete('/keywords/:id', WRITE, async (request) => {
    await deleteKeyword(ctx, requireAuth(request).actor.id, idParam(request))
    return {}
  })

  app.get('/:id/statuses', READ, async (request) =>
    (await getFilter(ctx, requireAuth(request).actor.id, idParam(request))).statuses.map(toFilterStatus)
  )

  app.post('/:id/statuses', WRITE, async (request) => {
    const statusId = (await readParams(request))['status_id']
    if (!isRowId(statusId)) throw notFound()
    return toFilterStatus(await addFilteredStatus(ctx, requireAuth(request).actor.id, idParam(request), statusId))
  })

  app.get('/statuses/:id', READ, async (request) =>
    toFilterStatus(await getFilteredStatus(ctx, requireAuth(request).actor.id, idParam(request)))
  )

  app.delete('/statuses/:id', WRITE, async (request) =>
    toFilterStatus(await deleteFilteredStatus(ctx, requireAuth(request).actor.id, idParam(request)))
  )
}

function show({ row, keywords, statuses }: WholeFilter): Filter {
  return toFilter(row, keywords, statuses)
}

function inputOf(params: Params): FilterInput {
  const keywords = params['keywords_attributes']
  return {
    title: textOf(params['title']),
    context: listOf(params['context']),
    action: textOf(params['filter_action']),
    expiresInSeconds: secondsOf(params['expires_in']),
    keywords: Array.isArray(keywords) ? keywords.flatMap((word) => (isParams(word) ? [wordOf(word)] : [])) : []
  }
}

function wordOf(params: Params): KeywordInput {
  return {
    id: isRowId(params['id']) ? params['id'] : undefined,
    keyword: textOf(params['keyword']),
    wholeWord: boolOf(params['whole_word']),
    destroy: boolOf(params['_destroy'])
  }
}

/** Undefined: nothing was said; null or an empty text: for good. */
function secondsOf(value: unknown): number | null | undefined {
  if (value === undefined) return undefined
  const seconds = Number(textOf(value) ?? '')
  return value === null || value === '' || !Number.isFinite(seconds) ? null : seconds
}

function isParams(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
