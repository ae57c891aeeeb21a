// What somebody writes before anybody else sees it: kept as typed, checked when it is published.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { jsonForPostgres } from '../../db/json.ts'
import type { ActorRow } from '../../db/rows.ts'

export interface DraftWords {
  title: string
  text: string
  themes: string[]
  as: string
  amendable_by: string
  visibility: string
  /** Row id of the idea it is made of. */
  idea: string | null
  /** Row id of the process it is written for. */
  process?: string | null
  /** Row id of the room it is written in. */
  room?: string | null
}

export interface DraftRow {
  id: string
  actor_id: string
  words: DraftWords
  updated_at: Date
}

const MOST_DRAFTS = 50

/** Newest first. Plan: proposal_drafts_actor. */
export async function listDrafts(ctx: Ctx, author: ActorRow): Promise<DraftRow[]> {
  return await ctx.db<DraftRow>('proposal_drafts').where({ actor_id: author.id }).orderBy('id', 'desc').limit(MOST_DRAFTS)
}

/** Throws request.not-found (404). */
export async function getDraft(ctx: Ctx, author: ActorRow, id: string): Promise<DraftRow> {
  const row = await ctx.db<DraftRow>('proposal_drafts').where({ id, actor_id: author.id }).first()
  if (row === undefined) throw new AppError('request.not-found', 404, 'Record not found')
  return row
}

/** Keeps a new draft, or changes one of one's own. Throws proposal.drafts (422), request.not-found (404). */
export async function saveDraft(ctx: Ctx, author: ActorRow, words: DraftWords, id?: string): Promise<DraftRow> {
  const now = ctx.clock.now()
  if (id !== undefined) await getDraft(ctx, author, id)
  else if ((await listDrafts(ctx, author)).length >= MOST_DRAFTS)
    throw new AppError('proposal.drafts', 422, 'You have too many drafts. Please delete one first.')
  const row = { id: id ?? newId(now), actor_id: author.id, words: jsonForPostgres(words), updated_at: now }
  const [saved] = await ctx.db('proposal_drafts').insert(row).onConflict('id').merge(['words', 'updated_at']).returning('*')
  return saved as DraftRow
}

/** Nothing happens when there is none. */
export async function deleteDraft(trx: Knex, author: ActorRow, id: string): Promise<void> {
  await trx('proposal_drafts').where({ id, actor_id: author.id }).delete()
}
