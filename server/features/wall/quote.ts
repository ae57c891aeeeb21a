// Quoting: what may be quoted, asking its author, and deciding who quotes one's own posts (FEP-044f).
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { type Who } from '../../core/permission.ts'
import { isRowId } from '../../core/ids.ts'
import { notify } from '../../db/notifications.ts'
import { findActor } from '../../db/publishers.ts'
import { saveQuote } from '../../db/quotes.ts'
import type { ActorRow, ObjectRow, QuotePolicy, QuoteRow } from '../../db/rows.ts'
import { ownPublisher } from './own-publisher.ts'
import { requireSite } from '../../db/site.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import { publish } from '../../protocol/outbox.ts'
import { mayQuote, interactionPolicyOf } from '../../protocol/interaction-policy.ts'
import { follows, publishChanged, revokeQuote } from '../../protocol/quotes.ts'
import { mintQuoteAuthorizationIri } from '../../vocab/iris.ts'

export interface Quoted {
  object: ObjectRow
  author: ActorRow
  /** Our own permission, when it can be given here and now. */
  stampIri: string | null
  /** Its author lives elsewhere and is asked. */
  isAsked: boolean
}

/** The post a citizen wants to quote; null without an id. Throws post.not-found (404), quote.denied (422). */
export async function findQuoted(ctx: Ctx, publisher: ActorRow, person: ActorRow, id: string | undefined): Promise<Quoted | null> {
  if (id === undefined || id === '') return null
  const object = isRowId(id) ? await findVisibleObject(ctx, id, { actorId: person.id }) : null
  const author = object === null ? null : await findActor(ctx, object.actor_id)
  if (object === null || author === null) throw new AppError('post.not-found', 404, 'Record not found')
  const isOwn = author.id === publisher.id
  const isAllowed = mayQuote(object, { id: publisher.id, follows: await follows(ctx.db, publisher.id, author.id) })
  // Elsewhere the author decides: whoever has not said no is asked.
  const isAsked = !author.local && !isOwn && isOpen(object) && object.quote_policy !== 'nobody'
  if (!isAllowed && !isAsked) throw new AppError('quote.denied', 422, 'The author does not allow this post to be quoted.')
  return { object, author, isAsked, stampIri: author.local && isOpen(object) ? mintQuoteAuthorizationIri(requireSite(ctx).origin) : null }
}

/** Notes the quote of a post just written; asks an author elsewhere, tells one of ours. */
export async function keepQuote(ctx: Ctx, trx: Knex, row: ObjectRow, publisher: ActorRow, quoted: Quoted): Promise<void> {
  const { object, author, stampIri, isAsked } = quoted
  const request = isAsked
    ? await publish(ctx, trx, {
        actor: publisher,
        type: 'QuoteRequest',
        object: object.iri,
        // After the post itself, to the same server.
        objectIri: row.iri,
        to: [author.iri],
        cc: [],
        visibility: 'direct',
        personalInbox: true,
        extra: { instrument: row.doc }
      })
    : null
  await saveQuote(trx, {
    quote_iri: row.iri,
    quote_id: row.id,
    quoted_iri: object.iri,
    quoted_id: object.id,
    state: isAsked ? 'pending' : 'accepted',
    stamp_iri: stampIri,
    request_iri: request?.iri ?? null,
    created_at: row.published
  })
  if (author.local)
    await notify(ctx, trx, [
      { ownerId: object.author_id ?? object.actor_id, type: 'quote', fromId: row.author_id ?? row.actor_id, objectId: row.id }
    ])
}

/** Changes who may quote a post of one's own; everyone who got it learns so. Quotes that were granted stay. */
export async function changeQuotePolicy(ctx: Ctx, who: Who, row: ObjectRow, policy: QuotePolicy): Promise<void> {
  const publisher = await ownPublisher(ctx, who, row)
  if (!isOpen(row)) throw new AppError('quote.private', 422, 'Only public posts can be quoted by others.')
  await ctx.db.transaction(async (trx) => {
    const fresh = await trx<ObjectRow>('objects').where({ id: row.id }).whereNull('deleted_at').forNoKeyUpdate().first()
    if (fresh === undefined || fresh.quote_policy === policy) return
    const doc = {
      ...fresh.doc,
      interactionPolicy: interactionPolicyOf(
        { ...fresh, quote_policy: policy },
        publisher,
        typeof fresh.doc['audience'] === 'string' ? fresh.doc['audience'] : null
      )
    }
    await publishChanged(ctx, trx, { ...fresh, quote_policy: policy, doc }, publisher)
  })
}

/** Takes back the permission of one quote of a post of one's own. Throws post.not-found (404). */
export async function revokeQuoteOf(ctx: Ctx, who: Who, row: ObjectRow, quoteId: string): Promise<void> {
  const publisher = await ownPublisher(ctx, who, row)
  await ctx.db.transaction(async (trx) => {
    const quote = await trx<QuoteRow>('quotes').where({ quote_id: quoteId, quoted_id: row.id }).forUpdate().first()
    if (quote === undefined) throw new AppError('post.not-found', 404, 'Record not found')
    if (quote.state === 'accepted') await revokeQuote(ctx, trx, quote, publisher)
  })
}

function isOpen(object: Pick<ObjectRow, 'visibility'>): boolean {
  return object.visibility === 'public' || object.visibility === 'unlisted'
}
