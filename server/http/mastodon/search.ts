// Search in the Mastodon API, version 2 (docs.joinmastodon.org/methods/search).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { isRowId } from '../../core/ids.ts'
import { search, type SearchInput } from '../../features/search/search.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { boolOf, readPage, textOf, viewerOf, type Params } from './params.ts'
import { presentStatuses, presentTags } from './present.ts'
import { toAccount } from './serialise/account.ts'

const TYPES: SearchInput['types'] = ['accounts', 'statuses', 'hashtags']

/** Fastify plugin, to register under /api/v2. Asking other servers (resolve) is for people who are logged in. */
export async function mastodonSearch(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const lookups = limitLookups(app, ctx)
  app.get('/search', { config: { public: true } }, async (request) => {
    const query = request.query as Params
    const viewer = viewerOf(request)
    const resolve = boolOf(query['resolve']) ?? false
    const offset = Math.floor(Number(textOf(query['offset']) ?? 0)) || 0
    if (viewer.actorId === null && (resolve || offset > 0 || boolOf(query['following']) === true))
      throw new AppError('auth.required', 401, 'Please log in.')
    const type = textOf(query['type'])
    const input: SearchInput = {
      text: textOf(query['q']) ?? '',
      types: TYPES.filter((one) => type === undefined || type === '' || one === type),
      mayAsk: resolve ? lookups(request) : null,
      limit: readPage(request).limit,
      offset: Math.min(Math.max(offset, 0), 400),
      accountId: readAccount(query['account_id']),
      following: boolOf(query['following']) ?? false,
      maxId: readPage(request).maxId
    }
    const found = await search(ctx, viewer, input)
    return {
      accounts: found.actors.map((actor) => toAccount(ctx, actor, actor)),
      statuses: await presentStatuses(ctx, found.objects, viewer),
      hashtags: await presentTags(
        ctx,
        found.tags.map((tag) => ({ tag, name: tag })),
        viewer
      )
    }
  })
}

/** Only posts of this account; null when not asked, and "0", which nobody is, for what is no id. */
function readAccount(value: unknown): string | null {
  const id = textOf(value)
  if (id === undefined || id === '') return null
  return isRowId(id) ? id : '0'
}
