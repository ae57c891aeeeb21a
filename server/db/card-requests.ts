// What waits on cards of the directory: people who say that one is theirs, changes that others suggest. Reading only.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'

export interface ClaimRow {
  actor_id: string
  claimant_id: string
  proof: string
  created_at: Date
}

export interface SuggestionRow {
  id: string
  actor_id: string
  author_id: string
  changes: Record<string, unknown>
  note: string
  created_at: Date
}

const MOST = 100

/** Oldest first. Plan: card_claims_pkey. */
export async function findClaims(trx: Knex, actorId: string): Promise<ClaimRow[]> {
  return await trx<ClaimRow>('card_claims').where({ actor_id: actorId }).orderBy('created_at').limit(MOST)
}

/** Oldest first. Plan: card_suggestions_actor_id_author_id_key. */
export async function findSuggestions(trx: Knex, actorId: string): Promise<SuggestionRow[]> {
  return await trx<SuggestionRow>('card_suggestions').where({ actor_id: actorId }).orderBy('id').limit(MOST)
}

/** Cards something waits on that the town hall answers, most urgent first: claims, then suggestions on cards without an owner. */
export async function waitingCards(ctx: Ctx): Promise<{ actor_id: string; claims: number; suggestions: number }[]> {
  const found = await ctx.db.raw<{ rows: { actor_id: string; claims: number; suggestions: number }[] }>(
    `select actor_id::text, sum(claims)::int as claims, sum(suggestions)::int as suggestions from (
       select actor_id, 1 as claims, 0 as suggestions from card_claims
       union all select s.actor_id, 0, 1 from card_suggestions s join directory_cards c on c.actor_id = s.actor_id and c.state = 'unclaimed'
     ) as waiting group by actor_id order by claims desc, suggestions desc, actor_id limit ${MOST}`
  )
  return found.rows
}
