// What others asked of a card that went: asked of the one that stays. Told to whoever answers for that one.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import type { ClaimRow, SuggestionRow } from '../../db/card-requests.ts'
import type { CardRow } from '../../db/directory.ts'
import { tellAnswer, tellOfClaim, tellOfCorrection } from './card-notices.ts'

export async function inheritRequests(ctx: Ctx, trx: Knex, { kept, otherId }: { kept: CardRow; otherId: string }): Promise<void> {
  const cardId = kept.actor_id
  const claims = await trx<ClaimRow>('card_claims').where({ actor_id: otherId }).delete().returning('*')
  for (const claim of claims) {
    if (kept.state !== 'unclaimed') {
      await tellAnswer(ctx, trx, { cardId, personId: claim.claimant_id, answer: 'card_given' })
      continue
    }
    await trx('card_claims')
      .insert({ ...claim, actor_id: cardId })
      .onConflict(['actor_id', 'claimant_id'])
      .ignore()
    await tellOfClaim(ctx, trx, cardId, claim.claimant_id)
  }
  const corrections = await trx<SuggestionRow>('card_suggestions').where({ actor_id: otherId }).delete().returning('*')
  for (const { changes, ...correction } of corrections) {
    await trx('card_suggestions')
      .insert({ ...correction, changes: JSON.stringify(changes), actor_id: cardId })
      .onConflict(['actor_id', 'author_id'])
      .ignore()
    await tellOfCorrection(ctx, trx, { id: cardId, state: kept.state }, correction.author_id)
  }
}
