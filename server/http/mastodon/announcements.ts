// The commune's announcements in the Mastodon API (docs.joinmastodon.org/methods/announcements).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import {
  currentAnnouncements,
  dismissAnnouncement,
  reactToAnnouncement,
  unreactToAnnouncement
} from '../../features/announcements/announcements.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, idParam, textOf, viewerOf, type Params } from './params.ts'
import { toAnnouncement } from './serialise/announcement.ts'

const REACT = { config: { scope: 'write:favourites' } }

/** Fastify plugin, to register under /api/v1/announcements. */
export async function mastodonAnnouncements(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/', { config: { scope: 'read:accounts' } }, async (request) => {
    const withDismissed = boolOf((request.query as Params)['with_dismissed']) ?? false
    return (await currentAnnouncements(ctx, viewerOf(request), { withDismissed })).map(toAnnouncement)
  })

  app.post('/:id/dismiss', { config: { scope: 'write:accounts' } }, async (request) => {
    await dismissAnnouncement(ctx, requireAuth(request).actor.id, idParam(request))
    return {}
  })

  const react = (work: typeof reactToAnnouncement) => async (request: FastifyRequest) => {
    await work(ctx, requireAuth(request).actor.id, idParam(request), textOf((request.params as Params)['name']) ?? '')
    return {}
  }
  app.put('/:id/reactions/:name', REACT, react(reactToAnnouncement))
  app.delete('/:id/reactions/:name', REACT, react(unreactToAnnouncement))
}
