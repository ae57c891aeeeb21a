// Cards of the directory that look like the same, two by two: found by triggers (migration 0173), answered by the town hall once.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'

export type TwinReason = 'siret' | 'rna' | 'near' | 'address' | 'name'

/** The older card first: row ids of the two actors. */
export interface TwinPair {
  low_id: string
  high_id: string
  why: TwinReason
}

type TwinRow = TwinPair & { state: 'open' | 'different' | 'merged' }

const MOST = 50
/** Surest first. */
const BY_CERTAINTY = `array_position(array['siret', 'rna', 'near', 'address', 'name'], why), low_id, high_id`

/** Pairs that wait for an answer. Plan: card_twins_open. */
export async function openTwins(ctx: Ctx): Promise<TwinPair[]> {
  return await ctx
    .db<TwinRow>('card_twins')
    .where({ state: 'open' })
    .orderByRaw(BY_CERTAINTY)
    .limit(MOST)
    .select('low_id', 'high_id', 'why')
}

/** Locks both cards, the older first, and then the pair: whoever answers the same pair, or merges one of the two elsewhere, waits. Null: nothing waits. */
export async function lockTwins(trx: Knex, lowId: string, highId: string): Promise<TwinPair | null> {
  await trx('directory_cards').whereIn('actor_id', [lowId, highId]).orderBy('actor_id').forUpdate().select('actor_id')
  const pair = await trx<TwinRow>('card_twins').where({ low_id: lowId, high_id: highId, state: 'open' }).forUpdate().first()
  return pair ?? null
}

/** Writes what was answered, for good. */
export async function answerTwins(
  trx: Knex,
  pair: TwinPair,
  answer: { state: 'different' | 'merged'; keptId: string | null; byId: string; at: Date }
): Promise<void> {
  await trx('card_twins')
    .where({ low_id: pair.low_id, high_id: pair.high_id })
    .update({ state: answer.state, kept_id: answer.keptId, by_id: answer.byId, answered_at: answer.at })
}
