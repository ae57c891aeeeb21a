// Reports by Mastodon's apps (docs.joinmastodon.org/methods/reports).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { createReport, findReported } from '../../features/moderation/reports.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, listOf, notFound, readParams, textOf } from './params.ts'
import { toAccount } from './serialise/account.ts'

const CATEGORIES = ['spam', 'legal', 'violation', 'other'] as const

/** Fastify plugin, to register under /api/v1. */
export async function mastodonReports(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.post('/reports', { config: { scope: 'write:reports', rateLimit: LIMITS.report } }, async (request) => {
    const { actor } = requireAuth(request)
    const params = await readParams(request)
    const accountId = textOf(params['account_id'])
    if (!isRowId(accountId)) throw notFound()
    const { target } = await findReported(ctx, { accountId }, actor.id)
    const objectIds = (listOf(params['status_ids']) ?? []).filter(isRowId)
    const category = CATEGORIES.find((word) => word === textOf(params['category'])) ?? 'other'
    const report = await createReport(ctx, actor, {
      target,
      objectIds,
      comment: textOf(params['comment']) ?? '',
      category,
      forward: boolOf(params['forward']) ?? false
    })
    const part = (await loadActorParts(ctx, [target.id])).get(target.id)!
    return {
      id: report.id,
      action_taken: false,
      action_taken_at: null,
      category,
      comment: report.comment,
      forwarded: report.forwarded,
      created_at: report.created_at.toISOString(),
      status_ids: objectIds,
      rule_ids: listOf(params['rule_ids']) ?? [],
      target_account: toAccount(ctx, part, part)
    }
  })
}
