// Notifications in the Mastodon API, version 1 (docs.joinmastodon.org/methods/notifications).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import {
  countUnread,
  lastReadOf,
  dismissNotifications,
  findNotification,
  listNotifications,
  type NotificationPage
} from '../../features/notifications/list.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, idParam, linkPages, listOf, notFound, readPage, type Params } from './params.ts'
import type { Notification } from './serialise/entities.ts'
import { toNotification } from './serialise/notification.ts'

const READ = { scope: 'read:notifications' }
const WRITE = { scope: 'write:notifications' }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonNotifications(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const show = (page: NotificationPage): Notification[] => page.rows.flatMap((row) => toNotification(ctx, row, page) ?? [])

  app.get('/notifications', { config: READ }, async (request, reply) => {
    const query = request.query as Params
    const page = readPage(request, 40, 80)
    const from = query['account_id']
    const filter = {
      types: listOf(query['types']),
      excludeTypes: listOf(query['exclude_types']),
      ...(isRowId(from) ? { fromId: from } : {}),
      includeFiltered: boolOf(query['include_filtered']) ?? false
    }
    const found = await listNotifications(ctx, requireAuth(request).actor.id, filter, page)
    linkPages(
      ctx,
      request,
      reply,
      found.rows.map((row) => row.id),
      page
    )
    return show(found)
  })

  app.get('/notifications/unread_count', { config: READ }, async (request) => {
    const { actor, account } = requireAuth(request)
    const { limit } = readPage(request, 100, 1000)
    return { count: await countUnread(ctx, actor.id, lastReadOf(account), limit) }
  })

  app.get('/notifications/:id', { config: READ }, async (request) => {
    const [notification] = show(await findNotification(ctx, requireAuth(request).actor.id, idParam(request)))
    if (notification === undefined) throw notFound()
    return notification
  })

  app.post('/notifications/clear', { config: WRITE }, async (request) => {
    await dismissNotifications(ctx, requireAuth(request).actor.id, null)
    return {}
  })

  app.post('/notifications/:id/dismiss', { config: WRITE }, async (request) => {
    await dismissNotifications(ctx, requireAuth(request).actor.id, idParam(request))
    return {}
  })
}
