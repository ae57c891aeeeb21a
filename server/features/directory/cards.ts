// Cards of the directory: read, edited and confirmed by whoever keeps them.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, can, type Who } from '../../core/permission.ts'
import { findClaims, findSuggestions } from '../../db/card-requests.ts'
import { blankCard, findCard, saveCard, type CardRow } from '../../db/directory.ts'
import { findMembership } from '../../db/memberships.ts'
import type { ActorRow } from '../../db/rows.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'
import { readCard, type CardInput } from './card-input.ts'

/** A year: then the card asks whether it is still right. */
const STALE_MS = 365 * 86_400_000

export interface CardView {
  actor: ActorRow
  card: CardRow
  isStale: boolean
  canEdit: boolean
  /** Of the viewer, on a card nobody answers for: asked for it. */
  hasClaimed: boolean
  /** Waiting for whoever may edit; 0 for others. */
  requests: number
}

/** A living person, group or place of this instance by username. Throws card.unknown (404). */
export async function getCardActor(ctx: Ctx, username: string): Promise<ActorRow> {
  const actor = await ctx
    .db<ActorRow>('actors')
    .where({ local: true })
    .whereIn('type', ['Person', 'Group'])
    .whereRaw('lower(username) = ?', username.replace(/^@/, '').toLowerCase())
    .whereNull('deleted_at')
    .whereNull('suspended_at')
    .first()
  if (actor === undefined) throw new AppError('card.unknown', 404, 'There is no card of this name.')
  return actor
}

/** The card as the viewer may see it; null when it is not listed and not theirs. */
export async function viewCard(ctx: Ctx, who: Who | null, actor: ActorRow): Promise<CardView | null> {
  const canEdit = await mayEdit(ctx, who, actor)
  // Who has none yet begins with an empty one.
  const card = (await findCard(ctx.db, actor.id)) ?? (canEdit ? blankCard(actor.id, ctx.clock.now()) : null)
  if (card === null || (!card.listed && !canEdit)) return null
  const [claims, suggestions] = canEdit ? await Promise.all([findClaims(ctx.db, actor.id), findSuggestions(ctx.db, actor.id)]) : [[], []]
  const mine =
    who === null ? undefined : await ctx.db('card_claims').where({ actor_id: actor.id, claimant_id: who.actorId }).first('actor_id')
  return {
    actor,
    card,
    isStale: isStale(ctx, card),
    canEdit,
    hasClaimed: mine !== undefined,
    requests: claims.length + suggestions.length
  }
}

export function isStale(ctx: Ctx, card: CardRow): boolean {
  return card.confirmed_at.getTime() < ctx.clock.now().getTime() - STALE_MS
}

/** Changes a card and tells followers' servers. Throws permission.denied (403), card.* (422). */
export async function editCard(ctx: Ctx, who: Who, actor: ActorRow, input: CardInput): Promise<void> {
  if (!(await mayEdit(ctx, who, actor))) assertCan(null, 'card.edit')
  const columns = readCard(input)
  await ctx.db.transaction(async (trx) => {
    // People are not listed by the way: only when they say so.
    const isNew = actor.type === 'Person' && (await findCard(trx, actor.id)) === null
    await saveCard(trx, actor.id, { ...(isNew ? { listed: false, precision: 'commune' as const } : {}), ...columns }, ctx.clock.now())
    await publishActorUpdate(ctx, trx, actor.id)
  })
}

/** "Still right": asked once a year. Throws permission.denied (403). */
export async function confirmCard(ctx: Ctx, who: Who, actor: ActorRow): Promise<void> {
  if (!(await mayEdit(ctx, who, actor))) assertCan(null, 'card.edit')
  await ctx.db('directory_cards').where({ actor_id: actor.id }).update({ confirmed_at: ctx.clock.now() })
}

/** The town hall says that the card is of whom it names, or takes that back. Throws permission.denied (403), card.unclaimed (409). */
export async function verifyCard(ctx: Ctx, who: Who, actor: ActorRow, verified: boolean): Promise<void> {
  assertCan(who, 'directory.edit')
  const changed = await ctx
    .db('directory_cards')
    .where({ actor_id: actor.id })
    .whereNot({ state: 'unclaimed' })
    .update({ state: verified ? 'verified' : 'claimed' })
  if (changed === 0) throw new AppError('card.unclaimed', 409, 'Nobody answers for this card yet.')
}

/** Whose card it is, and the town hall; of a person, nobody else. */
export async function mayEdit(ctx: Ctx, who: Who | null, actor: ActorRow, trx: Knex = ctx.db): Promise<boolean> {
  if (who === null) return false
  // A person's card is the person's: not even the town hall writes it.
  if (actor.type === 'Person') return who.actorId === actor.id
  return can(who, 'card.edit', { membership: await findMembership(trx, actor.id, who.actorId) })
}
