// Who hears of what around a card: the town hall or its owners of what is asked, who asked of the answer.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import type { CardState } from '../../db/directory.ts'
import { townHall } from '../../db/ideas.ts'
import { keepersOf } from '../../db/memberships.ts'
import { notify, type NewNotification } from '../../db/notifications.ts'
import { requireSite } from '../../db/site.ts'
import { tellNotified } from '../../protocol/reactions.ts'

/** The town hall hears that somebody asks for a card nobody answers for. Gone with the claim, by a trigger. */
export async function tellOfClaim(ctx: Ctx, trx: Knex, cardId: string, claimantId: string): Promise<void> {
  const people = await townHall(trx)
  await tell(
    ctx,
    trx,
    people.map((ownerId) => ({ ownerId, type: 'card_claim', fromId: claimantId, objectId: null, groupId: cardId }))
  )
}

/** Who answers for the card hears of a correction; the town hall where nobody does. Gone with the correction, by a trigger. */
export async function tellOfCorrection(ctx: Ctx, trx: Knex, card: { id: string; state: CardState }, authorId: string): Promise<void> {
  const people = card.state === 'unclaimed' ? await townHall(trx) : await keepersOf(trx, card.id)
  await tell(
    ctx,
    trx,
    people.map((ownerId) => ({ ownerId, type: 'card_correction', fromId: authorId, objectId: null, groupId: card.id }))
  )
}

/** The card has an owner now: what waits is theirs to answer, and no longer asks the town hall. */
export async function handOverCorrections(ctx: Ctx, trx: Knex, cardId: string): Promise<void> {
  await trx('notifications').where({ group_id: cardId, type: 'card_correction' }).delete()
  const authors = await trx('card_suggestions').where({ actor_id: cardId }).pluck<string[]>('author_id')
  for (const author of authors) await tellOfCorrection(ctx, trx, { id: cardId, state: 'claimed' }, author)
}

export type CardAnswer = 'card_accepted' | 'card_refused' | 'card_given' | 'correction_accepted' | 'correction_refused'

/** Who asked hears the answer, from the commune. An earlier answer about the same card gives way to it. */
export async function tellAnswer(
  ctx: Ctx,
  trx: Knex,
  { cardId, personId, answer, reason = '' }: { cardId: string; personId: string; answer: CardAnswer; reason?: string }
): Promise<void> {
  await trx('notifications').where({ owner_id: personId, group_id: cardId, type: answer }).delete()
  const fromId = requireSite(ctx).communeActorId
  await tell(ctx, trx, [{ ownerId: personId, type: answer, fromId, objectId: null, groupId: cardId, reason }])
}

/** Who looks after a card that gave way to another one hears which. */
export async function tellOfMerge(ctx: Ctx, trx: Knex, goneId: string, keptId: string): Promise<void> {
  const fromId = requireSite(ctx).communeActorId
  const people = await keepersOf(trx, goneId)
  await tell(
    ctx,
    trx,
    people.map((ownerId) => ({ ownerId, type: 'card_merged', fromId, objectId: null, groupId: keptId }))
  )
}

async function tell(ctx: Ctx, trx: Knex, news: NewNotification[]): Promise<void> {
  await tellNotified(ctx, trx, await notify(ctx, trx, news))
}
