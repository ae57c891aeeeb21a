// Posts that wait for their time in the Mastodon API (docs.joinmastodon.org/methods/scheduled_statuses).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { cancelScheduled, getScheduled, listScheduled, reschedule, type Scheduled } from '../../features/wall/scheduled.ts'
import { requireAuth } from '../plugins/auth.ts'
import { presentMedia } from './media.ts'
import { idParam, linkPages, readPage, readParams, textOf } from './params.ts'
import { toVisibility } from './serialise/status.ts'

const READ = { config: { scope: 'read:statuses' } }
const WRITE = { config: { scope: 'write:statuses' } }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonScheduled(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/scheduled_statuses', READ, async (request, reply) => {
    const page = readPage(request)
    const found = await listScheduled(ctx, requireAuth(request).actor.id, page)
    linkPages(
      ctx,
      request,
      reply,
      found.map(({ row }) => row.id),
      page
    )
    return found.map((one) => toScheduledStatus(ctx, one))
  })

  app.get('/scheduled_statuses/:id', READ, async (request) =>
    toScheduledStatus(ctx, await getScheduled(ctx, requireAuth(request).actor.id, idParam(request)))
  )

  app.put('/scheduled_statuses/:id', WRITE, async (request) => {
    const at = scheduleOf((await readParams(request))['scheduled_at'])
    if (at === null) throw new AppError('schedule.date', 422, 'Please choose a time at least five minutes from now.')
    return toScheduledStatus(ctx, await reschedule(ctx, requireAuth(request).actor.id, idParam(request), at))
  })

  app.delete('/scheduled_statuses/:id', WRITE, async (request) => {
    await cancelScheduled(ctx, requireAuth(request).actor.id, idParam(request))
    return {}
  })
}

/** `scheduled_at` of a request; null when there is none. What is no date is refused by the feature. */
export function scheduleOf(value: unknown): Date | null {
  const written = textOf(value)
  return written === undefined || written === '' ? null : new Date(written)
}

/** ScheduledStatus entity. */
export function toScheduledStatus(ctx: Ctx, { row, media }: Scheduled) {
  const { input } = row
  return {
    id: row.id,
    scheduled_at: row.scheduled_at.toISOString(),
    params: {
      text: input.text,
      poll:
        input.poll === undefined
          ? null
          : {
              options: input.poll.options,
              expires_in: input.poll.expiresInSeconds,
              multiple: input.poll.multiple ?? false,
              hide_totals: input.poll.hideTotals ?? false
            },
      media_ids: row.media_ids.length === 0 ? null : row.media_ids,
      sensitive: input.sensitive ?? null,
      spoiler_text: input.spoilerText ?? null,
      visibility: toVisibility(input.visibility ?? 'public'),
      language: input.language ?? null,
      in_reply_to_id: input.inReplyToId ?? null,
      quoted_status_id: input.quotedId ?? null,
      quote_approval_policy: input.quotePolicy ?? null,
      scheduled_at: null,
      idempotency: null,
      application_id: null,
      with_rate_limit: false
    },
    media_attachments: media.map((one) => presentMedia(ctx, one))
  }
}
