// Quotes in the Mastodon API, 4.5 (docs.joinmastodon.org/methods/statuses): who quotes a post, taking a permission back, who may; and, ours, who
// may answer.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { quotesOf } from '../../db/quotes.ts'
import { REPLY_POLICIES, type ReplyPolicy } from '../../core/reply-policy.ts'
import type { ObjectRow, QuotePolicy } from '../../db/rows.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import { changeReplyPolicy } from '../../features/wall/reply-policy.ts'
import { changeQuotePolicy, revokeQuoteOf } from '../../features/wall/quote.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { idParam, notFound, readPage, readParams, textOf, viewerOf } from './params.ts'
import { presentPage, presentStatus } from './present.ts'

const WRITE = { scope: 'write:statuses' }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonQuotes(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const own = async (request: FastifyRequest): Promise<ObjectRow> => {
    const row = await findVisibleObject(ctx, idParam(request), { actorId: requireAuth(request).actor.id })
    if (row === null) throw notFound()
    return row
  }

  app.get('/statuses/:id/quotes', { config: { public: true } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const row = await findVisibleObject(ctx, idParam(request), viewer)
    if (row === null) throw notFound()
    const page = readPage(request)
    return presentPage(ctx, request, reply, await quotesOf(ctx.db, row.id, viewer, page), page)
  })

  app.post('/statuses/:id/quotes/:quoting_status_id/revoke', { config: WRITE }, async (request) => {
    const quoteId = idParam(request, 'quoting_status_id')
    await revokeQuoteOf(ctx, whoIs(request)!, await own(request), quoteId)
    return presentStatus(ctx, quoteId, viewerOf(request))
  })

  app.put('/statuses/:id/interaction_policy', { config: WRITE }, async (request) => {
    const params = await readParams(request)
    const [policy, replies] = [quotePolicyOf(params['quote_approval_policy']), replyPolicyOf(params['reply_policy'])]
    if (policy === undefined && replies === undefined)
      throw new AppError('quote.policy', 422, 'Choose who may quote this: public, followers or nobody.')
    const row = await own(request)
    if (policy !== undefined) await changeQuotePolicy(ctx, whoIs(request)!, row, policy)
    if (replies !== undefined) await changeReplyPolicy(ctx, whoIs(request)!, row, replies)
    return presentStatus(ctx, row.id, viewerOf(request))
  })
}

/** Mastodon's three words; undefined when nothing was said. Throws quote.policy (422) for another. */
export function quotePolicyOf(value: unknown): QuotePolicy | undefined {
  const word = textOf(value)
  if (word === undefined || word === '') return undefined
  if (word === 'public' || word === 'followers' || word === 'nobody') return word
  throw new AppError('quote.policy', 422, 'Choose who may quote this: public, followers or nobody.')
}

/** `everyone` (null), `members`, `nobody`; undefined when nothing was said. Throws post.reply-policy (422) for another. */
export function replyPolicyOf(value: unknown): ReplyPolicy | null | undefined {
  const word = textOf(value)
  if (word === undefined || word === '') return undefined
  const policy = REPLY_POLICIES.find((one) => one === word)
  if (policy === undefined) throw new AppError('post.reply-policy', 422, 'Choose who may answer this: everyone, members or nobody.')
  return policy === 'everyone' ? null : policy
}
