// Reading preferences and markers: where each timeline was left (docs.joinmastodon.org/methods/markers).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import type { AccountPreferences } from '../../db/rows.ts'
import { updatePreferences } from '../../features/accounts/profile.ts'
import { requireAuth } from '../plugins/auth.ts'
import { readForm } from '../plugins/bodies.ts'

const TIMELINES = ['home', 'notifications'] as const

/** Fastify plugin. */
export async function mastodonPreferences(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/api/v1/preferences', { config: { scope: 'read:accounts' } }, async (request) => {
    const { account } = requireAuth(request)
    const { privacy = 'public', sensitive = false, language = account.locale, quotePolicy = 'public' } = account.preferences
    return {
      'posting:default:visibility': privacy,
      'posting:default:sensitive': sensitive,
      'posting:default:language': language,
      'posting:default:quote_policy': quotePolicy,
      'reading:expand:media': 'default',
      'reading:expand:spoilers': false,
      'reading:autoplay:gifs': false
    }
  })

  app.get<{ Querystring: { timeline?: string | string[] } }>('/api/v1/markers', { config: { scope: 'read:statuses' } }, async (request) => {
    const wanted = new Set([request.query.timeline ?? []].flat())
    const markers = requireAuth(request).account.preferences.markers ?? {}
    return Object.fromEntries(Object.entries(markers).filter(([name]) => wanted.has(name)))
  })

  app.post('/api/v1/markers', { config: { scope: 'write:statuses' } }, async (request) => {
    const { account } = requireAuth(request)
    const { fields } = await readForm(request)
    const markers: NonNullable<AccountPreferences['markers']> = { ...account.preferences.markers }
    const changed: typeof markers = {}
    for (const name of TIMELINES) {
      const id = (fields[name] as Record<string, unknown> | undefined)?.['last_read_id']
      if (!isRowId(id)) continue
      changed[name] = { last_read_id: id, version: (markers[name]?.version ?? 0) + 1, updated_at: ctx.clock.now().toISOString() }
    }
    if (Object.keys(changed).length > 0) await updatePreferences(ctx, account.id, { markers: { ...markers, ...changed } })
    return changed
  })
}
