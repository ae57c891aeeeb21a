// Notifications in groups: version 2 of the API (docs.joinmastodon.org/methods/grouped_notifications).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import { countUnreadGroups, dismissGroup, findGroup, listGroups } from '../../features/notifications/groups.ts'
import { lastReadOf } from '../../features/notifications/list.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, linkPages, listOf, notFound, readPage, textOf, type Params } from './params.ts'
import { toGroupedNotifications } from './serialise/notification.ts'

const READ = { config: { scope: 'read:notifications' } }
const WRITE = { config: { scope: 'write:notifications' } }

/** Notifications of a group that name who is in it, as Mastodon. */
const SAMPLES = 8
/** People named when all of a group are asked for. */
const MAX_ACCOUNTS = 400

/** Fastify plugin, to register under /api/v2/notifications. */
export async function mastodonGroupedNotifications(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/', READ, async (request, reply) => {
    const query = request.query as Params
    const page = readPage(request, 40, 80)
    const from = query['account_id']
    const found = await listGroups(
      ctx,
      requireAuth(request).actor.id,
      {
        types: listOf(query['types']),
        excludeTypes: listOf(query['exclude_types']),
        groupedTypes: listOf(query['grouped_types']),
        includeFiltered: boolOf(query['include_filtered']) ?? false,
        ...(isRowId(from) ? { fromId: from } : {})
      },
      page
    )
    // The bounds of a page are those of the notifications in its groups.
    const keys = found.rows.map((row) => row.id).sort((one, other) => (BigInt(one) > BigInt(other) ? -1 : 1))
    linkPages(ctx, request, reply, keys, { ...page, limit: found.hasMore ? keys.length : -1 })
    return toGroupedNotifications(ctx, found)
  })

  app.get('/unread_count', READ, async (request) => {
    const { actor, account } = requireAuth(request)
    return { count: await countUnreadGroups(ctx, actor.id, lastReadOf(account), readPage(request, 100, 1000).limit) }
  })

  app.get('/:group_key', READ, async (request) => {
    const found = await findGroup(ctx, requireAuth(request).actor.id, keyOf(request.params), SAMPLES)
    if (found.groups.length === 0) throw notFound()
    return toGroupedNotifications(ctx, found)
  })

  app.get('/:group_key/accounts', READ, async (request) => {
    const found = await findGroup(ctx, requireAuth(request).actor.id, keyOf(request.params), MAX_ACCOUNTS)
    return toGroupedNotifications(ctx, found, Number.POSITIVE_INFINITY).accounts
  })

  app.post('/:group_key/dismiss', WRITE, async (request) => {
    await dismissGroup(ctx, requireAuth(request).actor.id, keyOf(request.params))
    return {}
  })
}

function keyOf(params: unknown): string {
  return textOf((params as Params)['group_key']) ?? ''
}
