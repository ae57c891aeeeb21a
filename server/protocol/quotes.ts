// Quotes and their permission (FEP-044f): looking into those that arrived, granting and revoking ours, and telling readers of our posts.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { sameOrigin } from '../core/iri.ts'
import { jsonForPostgres } from '../db/json.ts'
import { findObjectByIri } from '../db/objects.ts'
import { findActor } from '../db/publishers.ts'
import { changeQuote, findQuote } from '../db/quotes.ts'
import type { ActorRow, ObjectRow, QuoteRow } from '../db/rows.ts'
import { canSee } from '../db/visibility.ts'
import { fetchDocument, newBudget, type Budget } from './fetch.ts'
import { addressesOf } from './local-objects.ts'
import { subjectOf, withFreshSeals } from './media-address.ts'
import { idOf } from './normalise-values.ts'
import { publish } from './outbox.ts'
import { mayQuote } from './interaction-policy.ts'
import { emit } from './reactions.ts'
import { fetchObject } from './remote-objects.ts'

/** The quoted post, its author, and a word of the author's server that it is allowed: three addresses on a cold start. */
const FETCHES = 4

/**
 * Chore `quote-check`: whether a post of elsewhere may show what it quotes. Yes when the quoted author wrote both, gave a stamp that
 * their server confirms, or lets everyone quote; else it waits for a stamp.
 */
export async function checkQuote(ctx: Ctx, quoteIri: string): Promise<Date | null> {
  const [quote, post] = [await findQuote(ctx.db, quoteIri), await findObjectByIri(ctx.db, quoteIri)]
  if (quote === undefined || post === undefined || post.local || post.deleted_at !== null || quote.state !== 'pending') return null
  const budget = newBudget(FETCHES)
  const quoted = await orNull(() => fetchObject(ctx, quote.quoted_iri, { budget }))
  const author = quoted === null ? null : await findActor(ctx, quoted.actor_id)
  if (quoted === null || author === null) return null
  const stamp = idOf(post.doc['quoteAuthorization'])
  const stamped = stamp !== null && (await orNull(() => isStamp(ctx, stamp, { post, quoted, author }, budget))) === true
  const isAllowed = stamped || mayQuote(quoted, { id: post.actor_id, follows: await follows(ctx.db, post.actor_id, author.id) })
  // Nobody quotes across a block, whatever a stamp says.
  const accepted = isAllowed && (await canSee(ctx, ctx.db, quoted, { actorId: post.actor_id }))
  await ctx.db.transaction(async (trx) => {
    await trx('quotes')
      .where({ quote_iri: quoteIri, state: 'pending' })
      .update({ quoted_id: quoted.id, state: accepted ? 'accepted' : 'pending', ...(stamped ? { stamp_iri: stamp } : {}) })
    await emit(ctx, trx, [{ kind: 'object-updated', ids: [post.id] }])
  })
  return null
}

/** A refusal of the other server is an answer; that it cannot be reached now is not: then the chore is tried again. */
async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (isAppError(error) && error.code !== 'fetch.unreachable') return null
    throw error
  }
}

/** The document at the stamp's address, on the quoted author's server, names author, post and quoted post. */
async function isStamp(
  ctx: Ctx,
  stampIri: string,
  { post, quoted, author }: { post: ObjectRow; quoted: ObjectRow; author: ActorRow },
  budget: Budget
): Promise<boolean> {
  if (!sameOrigin(stampIri, author.iri) || author.local) return false
  const { json } = await fetchDocument(ctx, stampIri, { budget })
  return (
    json['type'] === 'QuoteAuthorization' &&
    idOf(json['id']) === stampIri &&
    idOf(json['attributedTo']) === author.iri &&
    idOf(json['interactingObject']) === post.iri &&
    idOf(json['interactionTarget']) === quoted.iri
  )
}

/** True when the actor is an accepted follower. */
export async function follows(trx: Knex, followerId: string, followedId: string): Promise<boolean> {
  const row = await trx('follows').where({ follower_id: followerId, followed_id: followedId, state: 'accepted' }).first('id')
  return row !== undefined
}

/**
 * The answer to a question of ours, or its later withdrawal: the quote takes its new state, and everyone who got our post gets it with the
 * stamp, or without. Not an edit: the Update carries no new `updated`.
 */
export async function settleQuote(ctx: Ctx, trx: Knex, quote: QuoteRow, change: Pick<QuoteRow, 'state' | 'stamp_iri'>): Promise<void> {
  await changeQuote(trx, quote.quote_iri, change)
  const post = await trx<ObjectRow>('objects').where({ iri: quote.quote_iri }).whereNull('deleted_at').forNoKeyUpdate().first()
  if (post === undefined) return
  await emit(ctx, trx, [{ kind: 'object-updated', ids: [post.id] }])
  const actor = post.local ? await findActor(ctx, post.actor_id) : null
  const { quoteAuthorization, ...doc } = post.doc
  if (actor === null || (change.state !== 'accepted' && quoteAuthorization === undefined)) return
  const stamp = change.state === 'accepted' && change.stamp_iri !== null ? { quoteAuthorization: change.stamp_iri } : {}
  await publishChanged(ctx, trx, { ...post, doc: { ...doc, ...stamp } }, actor)
}

/** Writes and sends a document of ours in which something other than its words changed. */
export async function publishChanged(ctx: Ctx, trx: Knex, row: ObjectRow, actor: ActorRow): Promise<void> {
  await trx('objects')
    .where({ id: row.id })
    .update({ doc: jsonForPostgres(row.doc), quote_policy: row.quote_policy, reply_policy: row.reply_policy })
  const { to, cc } = addressesOf(row, [])
  const object = subjectOf(row) === null ? row.doc : withFreshSeals(ctx, row.doc, row.id)
  await publish(ctx, trx, { actor, type: 'Update', object, to, cc, visibility: row.visibility, alsoInboxesOf: row.iri })
}

/** Takes back the permission to quote a post of ours: the stamp is gone, and the one who quoted is told. */
export async function revokeQuote(ctx: Ctx, trx: Knex, quote: QuoteRow, author: ActorRow): Promise<void> {
  await settleQuote(ctx, trx, quote, { state: 'revoked', stamp_iri: quote.stamp_iri })
  const quoter = await trx<ActorRow>('actors as a')
    .join('objects as o', 'o.actor_id', 'a.id')
    .where({ 'o.id': quote.quote_id })
    .first('a.*')
  if (quoter === undefined || quoter.local || quote.stamp_iri === null) return
  await publish(ctx, trx, {
    actor: author,
    type: 'Delete',
    object: quote.stamp_iri,
    to: [quoter.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
}
