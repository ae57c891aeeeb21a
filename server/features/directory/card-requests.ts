// What is asked of a card: to have it, by whom it is of; to correct it, by everybody. Asked, told, answered.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { assertCan, can, type Who } from '../../core/permission.ts'
import { findClaims, findSuggestions, type ClaimRow, type SuggestionRow } from '../../db/card-requests.ts'
import { lockCard, saveCard } from '../../db/directory.ts'
import { insertMembership } from '../../db/memberships.ts'
import type { ActorRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'
import { readCard, type CardInput } from './card-input.ts'
import { handOverCorrections, tellAnswer, tellOfClaim, tellOfCorrection } from './card-notices.ts'
import { mayEdit } from './cards.ts'

/** Asks for a card nobody answers for. Again changes nothing but the proof. Throws card.claimed (409). */
export async function claimCard(ctx: Ctx, who: Who, actor: ActorRow, proof: string): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    // Who is being made the owner meanwhile is that first.
    if ((await lockCard(trx, actor.id)) !== 'unclaimed') throw new AppError('card.claimed', 409, 'Somebody answers for this card already.')
    await trx('card_claims')
      .insert({ actor_id: actor.id, claimant_id: who.actorId, proof: proof.trim().slice(0, 1000), created_at: ctx.clock.now() })
      .onConflict(['actor_id', 'claimant_id'])
      .merge(['proof'])
    await tellOfClaim(ctx, trx, actor.id, who.actorId)
  })
}

export interface Answer {
  accepted: boolean
  /** Why not; told to who asked. */
  reason?: string
}

/** The town hall answers: with yes the claimant owns the group and other claims fall away. Throws permission.denied, claim.unknown (404). */
export async function answerClaim(ctx: Ctx, who: Who, actor: ActorRow, claimantId: string, answer: Answer): Promise<void> {
  assertCan(who, 'directory.edit')
  await ctx.db.transaction(async (trx) => {
    // Two who answer at the same time: the second finds it answered, and a card never gets two owners.
    await lockCard(trx, actor.id)
    const gone = await trx('card_claims').where({ actor_id: actor.id, claimant_id: claimantId }).delete()
    if (gone === 0) throw new AppError('claim.unknown', 404, 'Nobody asks for this card.')
    if (!answer.accepted)
      return await tellAnswer(ctx, trx, { cardId: actor.id, personId: claimantId, answer: 'card_refused', reason: reasonOf(answer) })
    await insertMembership(ctx, trx, {
      groupId: actor.id,
      actorId: claimantId,
      role: 'owner',
      state: 'active',
      origin: requireSite(ctx).origin
    })
    await trx('memberships').where({ group_id: actor.id, actor_id: claimantId }).update({ role: 'owner', state: 'active' })
    // Who imported the card answered for it only until now.
    await trx('directory_cards').where({ actor_id: actor.id }).update({ state: 'verified', confirmed_at: ctx.clock.now() })
    const others = await trx('card_claims').where({ actor_id: actor.id }).delete().returning<{ claimant_id: string }[]>('claimant_id')
    await tellAnswer(ctx, trx, { cardId: actor.id, personId: claimantId, answer: 'card_accepted' })
    for (const { claimant_id: personId } of others) await tellAnswer(ctx, trx, { cardId: actor.id, personId, answer: 'card_given' })
    await handOverCorrections(ctx, trx, actor.id)
    await publishActorUpdate(ctx, trx, actor.id)
  })
}

/** Somebody who may not edit says what should change; once more replaces it. Throws card.* (422), card.nothing (422). */
export async function suggestChange(ctx: Ctx, who: Who, actor: ActorRow, input: CardInput, note: string): Promise<void> {
  // A person's card is the person's: nobody is told what to put there.
  if (actor.type === 'Person') throw new AppError('card.unknown', 404, 'There is no card of this name.')
  const { listed: _, ...changes } = input
  readCard(changes)
  if (Object.keys(changes).length === 0 && note.trim() === '')
    throw new AppError('card.nothing', 422, 'Please say what should change.', { details: { field: 'note' } })
  const row = { changes: JSON.stringify(changes), note: note.trim().slice(0, 1000), created_at: ctx.clock.now() }
  await ctx.db.transaction(async (trx) => {
    // Whom it is told depends on whether somebody answers for the card: that does not change meanwhile.
    const state = await lockCard(trx, actor.id)
    if (state === null) throw new AppError('card.unknown', 404, 'There is no card of this name.')
    await trx('card_suggestions')
      .insert({ id: newId(ctx.clock.now()), actor_id: actor.id, author_id: who.actorId, ...row })
      .onConflict(['actor_id', 'author_id'])
      .merge(row)
    await tellOfCorrection(ctx, trx, { id: actor.id, state }, who.actorId)
  })
}

/** Takes a suggestion over, or leaves it; either way it is done with. Throws permission.denied (403), suggestion.unknown (404). */
export async function answerSuggestion(ctx: Ctx, who: Who, actor: ActorRow, id: string, answer: Answer): Promise<void> {
  if (!(await mayEdit(ctx, who, actor))) assertCan(null, 'card.edit')
  await ctx.db.transaction(async (trx) => {
    // The card before what hangs on it, as everywhere here: nobody waits for each other.
    await lockCard(trx, actor.id)
    const [found] = await trx<SuggestionRow>('card_suggestions').where({ id, actor_id: actor.id }).delete().returning('*')
    if (found === undefined) throw new AppError('suggestion.unknown', 404, 'This suggestion is gone.')
    const asked = { cardId: actor.id, personId: found.author_id }
    if (!answer.accepted) return await tellAnswer(ctx, trx, { ...asked, answer: 'correction_refused', reason: reasonOf(answer) })
    await tellAnswer(ctx, trx, { ...asked, answer: 'correction_accepted' })
    await saveCard(trx, actor.id, readCard(found.changes as CardInput), ctx.clock.now())
    await publishActorUpdate(ctx, trx, actor.id)
  })
}

function reasonOf({ reason = '' }: Answer): string {
  return reason.replaceAll('\u0000', '').trim().slice(0, 1000)
}

export interface CardRequests {
  claims: ClaimRow[]
  suggestions: SuggestionRow[]
}

/** What waits for an answer. Throws permission.denied (403). */
export async function requestsOf(ctx: Ctx, who: Who, actor: ActorRow): Promise<CardRequests> {
  if (!(await mayEdit(ctx, who, actor))) assertCan(null, 'card.edit')
  const [claims, suggestions] = await Promise.all([findClaims(ctx.db, actor.id), findSuggestions(ctx.db, actor.id)])
  return { claims: can(who, 'directory.edit') ? claims : [], suggestions }
}
