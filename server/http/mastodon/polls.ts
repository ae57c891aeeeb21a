// Polls in the Mastodon API: read one, vote in it (docs.joinmastodon.org/methods/polls). A poll has the id of its status.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { voteInPoll, type PollInput } from '../../features/wall/poll.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, idParam, listOf, notFound, readParams, textOf, viewerOf } from './params.ts'
import { presentStatus } from './present.ts'
import type { Poll } from './serialise/entities.ts'

/** Choices one request may name; a poll of elsewhere has at most 32. */
const MAX_CHOICES = 32

/** Fastify plugin, to register under /api/v1. */
export async function mastodonPolls(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const show = async (request: FastifyRequest, viewer: Viewer): Promise<Poll> => {
    const { poll } = await presentStatus(ctx, idParam(request), viewer)
    if (poll === null) throw notFound()
    return poll
  }

  app.get('/polls/:id', { config: { public: true } }, async (request) => show(request, viewerOf(request)))

  app.post('/polls/:id/votes', { config: { scope: 'write:statuses' } }, async (request) => {
    const { actor } = requireAuth(request)
    const object = await findVisibleObject(ctx, idParam(request), { actorId: actor.id })
    if (object === null || object.poll === null) throw notFound()
    const { choices } = await readParams(request)
    // What is not a number is no option: the feature says so.
    const options = (listOf(choices, MAX_CHOICES) ?? []).map((choice) => (/^[0-9]{1,3}$/.test(choice) ? Number(choice) : -1))
    await voteInPoll(ctx, actor, object, options)
    return show(request, { actorId: actor.id })
  })
}

/** The `poll` of a new status, from JSON or a form; undefined when there is none. */
export function pollInputOf(value: unknown): PollInput | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const poll = value as Record<string, unknown>
  return {
    options: listOf(poll['options']) ?? [],
    expiresInSeconds: Number(textOf(poll['expires_in']) ?? Number.NaN),
    multiple: boolOf(poll['multiple']),
    hideTotals: boolOf(poll['hide_totals'])
  }
}
