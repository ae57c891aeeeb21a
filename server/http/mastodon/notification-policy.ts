// Whose notifications come through, and the requests of those whose do not (docs.joinmastodon.org/methods/notifications#get-policy).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import type { NotificationPolicy } from '../../db/rows.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { findStatuses } from '../../db/timelines.ts'
import {
  acceptRequests,
  dismissRequests,
  findRequest,
  listRequests,
  policyOf,
  policySummary,
  updatePolicy,
  type NotificationRequest
} from '../../features/notifications/policy.ts'
import { requireAuth } from '../plugins/auth.ts'
import { idParam, linkPages, listOf, notFound, readPage, readParams } from './params.ts'
import { presentStatuses } from './present.ts'
import { toAccount } from './serialise/account.ts'
import type { NotificationRequestEntity } from './serialise/entities.ts'

const READ = { config: { scope: 'read:notifications' } }
const WRITE = { config: { scope: 'write:notifications' } }

/** Fastify plugin. */
export async function mastodonNotificationPolicy(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const withSummary = async (ownerId: string, policy: NotificationPolicy) => {
    const { requests, notifications } = await policySummary(ctx, ownerId)
    return { ...policy, summary: { pending_requests_count: requests, pending_notifications_count: notifications } }
  }
  app.get('/api/v2/notifications/policy', READ, async (request) => {
    const { actor, account } = requireAuth(request)
    return withSummary(actor.id, policyOf(account))
  })

  app.patch('/api/v2/notifications/policy', WRITE, async (request) => {
    const { actor, account } = requireAuth(request)
    return withSummary(actor.id, await updatePolicy(ctx, account, await readParams(request)))
  })

  await app.register(requestRoutes, { ctx, prefix: '/api/v1/notifications/requests' })
}

async function requestRoutes(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/', READ, async (request, reply) => {
    const { actor } = requireAuth(request)
    const page = readPage(request, 40, 80)
    const rows = await listRequests(ctx, actor.id, page)
    linkPages(
      ctx,
      request,
      reply,
      rows.map((row) => row.from_id),
      page
    )
    return show(ctx, actor.id, rows)
  })

  // Whatever is let through shows at once.
  app.get('/merged', READ, async () => ({ merged: true }))

  app.get('/:id', READ, async (request) => {
    const { actor } = requireAuth(request)
    const row = await findRequest(ctx, actor.id, idParam(request))
    const [entity] = row === null ? [] : await show(ctx, actor.id, [row])
    if (entity === undefined) throw notFound()
    return entity
  })

  const decide =
    (decision: typeof acceptRequests, ids: (request: FastifyRequest) => Promise<string[]>) => async (request: FastifyRequest) => {
      await decision(ctx, requireAuth(request).actor.id, await ids(request))
      return {}
    }
  const one = async (request: FastifyRequest): Promise<string[]> => [idParam(request)]
  const many = async (request: FastifyRequest): Promise<string[]> => (listOf((await readParams(request))['id']) ?? []).filter(isRowId)
  app.post('/:id/accept', WRITE, decide(acceptRequests, one))
  app.post('/:id/dismiss', WRITE, decide(dismissRequests, one))
  app.post('/accept', WRITE, decide(acceptRequests, many))
  app.post('/dismiss', WRITE, decide(dismissRequests, many))
}

async function show(ctx: Ctx, ownerId: string, rows: NotificationRequest[]): Promise<NotificationRequestEntity[]> {
  const viewer = { actorId: ownerId }
  const actors = await loadActorParts(
    ctx,
    rows.map((row) => row.from_id)
  )
  const objects = await findStatuses(
    ctx,
    rows.flatMap((row) => row.last_object_id ?? []),
    viewer
  )
  const statuses = new Map((await presentStatuses(ctx, objects, viewer)).map((status) => [status.id, status]))
  return rows.flatMap((row) => {
    const actor = actors.get(row.from_id)
    if (actor === undefined) return []
    return [
      {
        id: row.from_id,
        created_at: row.first_at.toISOString(),
        updated_at: row.last_at.toISOString(),
        notifications_count: String(row.count),
        account: toAccount(ctx, actor, actor),
        last_status: statuses.get(row.last_object_id ?? '') ?? null
      }
    ]
  })
}
