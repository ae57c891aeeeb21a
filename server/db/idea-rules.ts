// What the commune promised about ideas: how many backers oblige it to answer, and until when. Kept in `settings`.
import type { Knex } from 'knex'

export interface IdeaRules {
  /** Backers who live here; null: no promise. */
  threshold: number | null
  /** Days to answer from then on. */
  days: number
  /** Whether saying that one lives here is enough, or the town hall confirms. */
  counts: 'declared' | 'verified'
}

const KEY = 'ideas'
export const USUAL_RULES: IdeaRules = { threshold: 30, days: 60, counts: 'declared' }

export async function ideaRules(trx: Knex): Promise<IdeaRules> {
  const row = await trx('settings').where({ key: KEY }).first<{ value: IdeaRules } | undefined>('value')
  return row?.value ?? USUAL_RULES
}

export async function saveIdeaRules(trx: Knex, rules: IdeaRules, now: Date): Promise<void> {
  const row = { key: KEY, value: JSON.stringify(rules), updated_at: now }
  await trx('settings').insert(row).onConflict('key').merge()
}
