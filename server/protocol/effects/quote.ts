// Quotes between servers (FEP-044f): somebody asks to quote a post of ours, answers a question of ours, or takes an agreement back.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { notify } from '../../db/notifications.ts'
import { storeRemoteObject } from '../../db/objects.ts'
import { findActor } from '../../db/publishers.ts'
import { findQuote, findQuoteByRequest, findQuoteByStamp, saveQuote } from '../../db/quotes.ts'
import type { ActorRow, ObjectRow, QuoteRow } from '../../db/rows.ts'
import { sameOrigin } from '../../core/iri.ts'
import { requireSite } from '../../db/site.ts'
import { canSee } from '../../db/visibility.ts'
import { mintQuoteAuthorizationIri } from '../../vocab/iris.ts'
import { authorise } from '../authorise.ts'
import { lockObjects } from '../object-lock.ts'
import type { Outcome } from '../outcomes.ts'
import { publish } from '../outbox.ts'
import { mayQuote } from '../interaction-policy.ts'
import { follows, settleQuote } from '../quotes.ts'
import { emit } from '../reactions.ts'
import { factsOf, type Arrival, type OwnArrival } from './arrival.ts'

/**
 * QuoteRequest: answered at once, by the policy of the quoted post (checklist 54). Yes carries a stamp, the same one however often it is
 * asked for; what was revoked is not granted again.
 */
export async function applyQuoteRequest(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const { instrument } = activity
  const verdict = authorise({
    ...factsOf(ctx, arrival),
    objectId: instrument?.id ?? null,
    claimedAuthor: instrument?.object?.attributedTo ?? null
  })
  if (verdict.decision === 'refuse') return verdict.outcome
  const quoteIri = instrument!.id!
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [quoteIri])
    const quoted = await trx<ObjectRow>('objects')
      .where({ iri: activity.objects[0]!.id ?? '', local: true })
      .whereNull('deleted_at')
      .first()
    const author = quoted === undefined ? null : await findActor(ctx, quoted.actor_id)
    if (quoted === undefined || quoted.reblog_of_id !== null || author === null) return 'unknown-object'
    if (instrument!.object !== null && instrument!.object.quote !== quoted.iri) return 'refused-document'
    const known = await findQuote(trx, quoteIri)
    const granted =
      known?.state !== 'revoked' &&
      (known === undefined || known.quoted_iri === quoted.iri) &&
      mayQuote(quoted, { id: actor.id, follows: await follows(trx, actor.id, author.id) }) &&
      (await canSee(ctx, trx, quoted, { actorId: actor.id }))
    if (!granted) {
      await answer(ctx, trx, arrival, author, null)
      return 'quote-refused'
    }
    const stamp = known?.stamp_iri ?? mintQuoteAuthorizationIri(requireSite(ctx).origin)
    const post = await keepPost(ctx, trx, arrival)
    await saveQuote(trx, {
      quote_iri: quoteIri,
      ...(post === null ? {} : { quote_id: post.id }),
      quoted_iri: quoted.iri,
      quoted_id: quoted.id,
      state: 'accepted',
      stamp_iri: stamp,
      request_iri: activity.id
    })
    await answer(ctx, trx, arrival, author, stamp)
    const news =
      post === null
        ? []
        : await notify(ctx, trx, [{ ownerId: quoted.author_id ?? quoted.actor_id, type: 'quote', fromId: actor.id, objectId: post.id }])
    await emit(ctx, trx, [{ kind: 'notified', ids: news.map((row) => row.id) }])
    return 'quote-granted'
  })
}

/** The post that quotes, as its author sent it along; null when only its address came. */
async function keepPost(ctx: Ctx, trx: Knex, { activity, actor }: OwnArrival): Promise<ObjectRow | null> {
  const norm = activity.instrument!.object
  if (norm === null)
    return (await trx<ObjectRow>('objects').where({ iri: activity.instrument!.id! }).whereNull('deleted_at').first()) ?? null
  return storeRemoteObject(ctx, trx, norm, actor)
}

/** Accept with the stamp as `result`, or Reject; both repeat the question, the post by its address. */
async function answer(ctx: Ctx, trx: Knex, { activity, actor }: OwnArrival, by: ActorRow, stamp: string | null): Promise<void> {
  const object = {
    ...(activity.id === null ? {} : { id: activity.id }),
    type: 'QuoteRequest',
    actor: actor.iri,
    object: activity.objects[0]!.id,
    instrument: activity.instrument!.id
  }
  await publish(ctx, trx, {
    actor: by,
    type: stamp === null ? 'Reject' : 'Accept',
    object,
    objectIri: activity.instrument!.id!,
    to: [actor.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true,
    ...(stamp === null ? {} : { extra: { result: stamp } })
  })
}

/** Accept or Reject of a QuoteRequest of ours, by the quoted author. Null when it is none. */
export async function applyQuoteAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const { activity } = arrival
  const ref = activity.objects[0]!
  const quote = ref.id === null ? undefined : await findQuoteByRequest(ctx.db, ref.id)
  if (quote === undefined || !sameOrigin(quote.quote_iri, requireSite(ctx).origin)) return null
  const verdict = authorise({ ...factsOf(ctx, arrival), objectId: ref.id, owner: await quotedAuthor(ctx, quote) })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (activity.type !== 'Accept' && activity.type !== 'Reject') return 'ignored-type'
  const granted = activity.type === 'Accept'
  // The stamp is its author's document: another server's word for it is none (FEP-044f).
  if (granted && !sameOrigin(activity.result, arrival.signerIri)) return 'refused-origin'
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [quote.quote_iri])
    const current = await findQuote(trx, quote.quote_iri)
    if (current === undefined || current.state === 'revoked' || (granted && current.state === 'accepted')) return 'unchanged'
    await settleQuote(ctx, trx, current, { state: granted ? 'accepted' : 'rejected', stamp_iri: granted ? activity.result : null })
    return granted ? 'quote-granted' : 'quote-refused'
  })
}

/** Delete of a stamp, by the author who gave it: the quote is not shown any more. Null when it is no stamp we know. */
export async function applyStampDelete(ctx: Ctx, arrival: Arrival, iri: string): Promise<Outcome | null> {
  const quote = await findQuoteByStamp(ctx.db, iri)
  if (quote === undefined) return null
  const verdict = authorise({ ...factsOf(ctx, arrival), objectId: iri, owner: await quotedAuthor(ctx, quote) })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (verdict.decision !== 'apply') return 'refused-owner'
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [quote.quote_iri])
    const current = await findQuote(trx, quote.quote_iri)
    if (current === undefined || current.state === 'revoked') return 'unchanged'
    await settleQuote(ctx, trx, current, { state: 'revoked', stamp_iri: current.stamp_iri })
    return 'quote-revoked'
  })
}

async function quotedAuthor(ctx: Ctx, quote: QuoteRow): Promise<string | null> {
  const row = await ctx
    .db('objects as o')
    .join('actors as a', 'a.id', 'o.actor_id')
    .where({ 'o.iri': quote.quoted_iri })
    .first<{ iri: string } | undefined>('a.iri')
  return row?.iri ?? null
}
