// Ideas as they leave: what stands in their document, and an Update when that changes. Their likes from elsewhere are effects/like.ts's.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { ideaRules } from '../db/idea-rules.ts'
import { findIdea } from '../db/ideas.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import type { IdeaSource } from '../vocab/idea.ts'
import { publishState } from './local-edits.ts'

/** Null: no idea of ours. */
export async function ideaSource(trx: Knex, objectId: string): Promise<IdeaSource | null> {
  const idea = await findIdea(trx, objectId)
  if (idea === null) return null
  const { state, themes, answer, progress } = idea
  return {
    state,
    themes,
    answer,
    progress,
    answeredAt: idea.answered_at === null ? null : new Date(idea.answered_at),
    threshold: (await ideaRules(trx)).threshold,
    slip: idea.paper_slip
  }
}

/** Chore: the same for an idea whose state a chore changed. */
export async function publishIdea(ctx: Ctx, objectId: string): Promise<Date | null> {
  await ctx.db.transaction(async (trx) => {
    const row = await trx<ObjectRow>('objects').where({ id: objectId, deleted_at: null, local: true }).forUpdate().first()
    const publisher = row && (await trx<ActorRow>('actors').where({ id: row.actor_id }).first())
    if (row !== undefined && publisher !== undefined) await publishState(ctx, trx, row, publisher)
  })
  return null
}
