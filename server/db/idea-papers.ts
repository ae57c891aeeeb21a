// Ideas and backers on paper: slips with numbers, entered by one and confirmed by another (checks of the tables hold this too).
import type { Knex } from 'knex'
import { jsonForPostgres } from './json.ts'

export interface BackerSlip {
  slip: number
  entered_by: string | null
  confirmed_at: Date | null
}

/** In the order of their numbers. Plan: idea_papers_pkey. */
export async function backerSlips(trx: Knex, objectId: string): Promise<BackerSlip[]> {
  return await trx('idea_papers').where({ object_id: objectId }).orderBy('slip').select<BackerSlip[]>('slip', 'entered_by', 'confirmed_at')
}

/** Enters the slips of these numbers; those that are there stay. Gives how many are new. */
export async function enterSlips(trx: Knex, objectId: string, slips: number[], by: string, at: Date): Promise<number> {
  const rows = slips.map((slip) => ({ object_id: objectId, slip, entered_by: by, entered_at: at }))
  const saved = await trx('idea_papers').insert(rows).onConflict(['object_id', 'slip']).ignore().returning('slip')
  return saved.length
}

/** Confirms what others entered. `own`: how many wait that this person entered. */
export async function confirmSlips(trx: Knex, objectId: string, by: string, at: Date): Promise<{ confirmed: number; own: number }> {
  const waiting = (): Knex.QueryBuilder => trx('idea_papers').where({ object_id: objectId, confirmed_at: null })
  const confirmed = await waiting().whereRaw('entered_by is distinct from ?::bigint', [by]).update({ confirmed_by: by, confirmed_at: at })
  const own = await waiting().count<{ count: string }[]>('* as count').first()
  return { confirmed, own: Number(own?.count ?? 0) }
}

/** Takes a slip out that is not confirmed; false when it is, or is not there. */
export async function removeSlip(trx: Knex, objectId: string, slip: number): Promise<boolean> {
  return (await trx('idea_papers').where({ object_id: objectId, slip, confirmed_at: null }).delete()) > 0
}

export interface PaperWords {
  title: string
  text: string
  themes: string[]
  place: { name: string } | null
}

export interface PaperDraft {
  slip: number
  words: PaperWords
  entered_by: string | null
  entered_at: Date
}

/** In the order of their numbers. */
export async function paperDrafts(trx: Knex): Promise<PaperDraft[]> {
  return await trx<PaperDraft>('idea_paper_drafts').orderBy('slip').limit(200)
}

/** Held until the end of the transaction. */
export async function lockPaperDraft(trx: Knex, slip: number): Promise<PaperDraft | null> {
  return (await trx<PaperDraft>('idea_paper_drafts').where({ slip }).forUpdate().first()) ?? null
}

export async function savePaperDraft(trx: Knex, { words, ...draft }: PaperDraft): Promise<void> {
  const row = { ...draft, words: jsonForPostgres(words) }
  await trx('idea_paper_drafts').insert(row).onConflict('slip').merge()
}

export async function removePaperDraft(trx: Knex, slip: number): Promise<boolean> {
  return (await trx('idea_paper_drafts').where({ slip }).delete()) > 0
}

/** Whether an idea of this slip is published. Plan: ideas_paper_slip. */
export async function isSlipPublished(trx: Knex, slip: number): Promise<boolean> {
  return (await trx('ideas').where({ paper_slip: slip }).first('object_id')) !== undefined
}
