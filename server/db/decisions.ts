// The moderators' log: who decided what about whom, and why. Rows are never changed; who reads them is the caller's question.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { ActorRow, DecisionRow } from './rows.ts'

export interface NewDecision {
  /** Null for what the instance did by itself or through the command line. */
  moderatorId: string | null
  action: string
  targetId?: string | null
  host?: string | null
  reportId?: string | null
  objectIris?: string[]
  /** What the person concerned is told, for decisions about people. */
  reason?: string
  ground?: DecisionRow['ground']
}

/** Writes one decision in the caller's transaction. */
export async function logDecision(ctx: Ctx, trx: Knex, decision: NewDecision): Promise<DecisionRow> {
  const now = ctx.clock.now()
  const [row] = await trx<DecisionRow>('decisions')
    .insert({
      id: newId(now),
      moderator_id: decision.moderatorId,
      action: decision.action,
      target_id: decision.targetId ?? null,
      host: decision.host ?? null,
      report_id: decision.reportId ?? null,
      object_iris: decision.objectIris ?? [],
      reason: decision.reason ?? '',
      ground: decision.ground ?? 'terms',
      created_at: now
    })
    .returning('*')
  return row!
}

/** Latest decisions first, of everybody or about one. Plan: decisions_pkey backwards, decisions_target. */
export async function listDecisions(
  ctx: Ctx,
  { maxId, targetId, limit = 40 }: { maxId?: string | undefined; targetId?: string; limit?: number } = {}
): Promise<DecisionRow[]> {
  const query = ctx.db<DecisionRow>('decisions').orderBy('id', 'desc').limit(limit)
  if (targetId !== undefined) query.where({ target_id: targetId })
  if (maxId !== undefined) query.where('id', '<', maxId)
  return query
}

/** The decision by which an actor is suspended now; none when they were stopped in another way. Plan: decisions_target. */
export async function findSuspension(ctx: Ctx, actor: ActorRow): Promise<DecisionRow | undefined> {
  if (actor.suspended_at === null) return undefined
  const query = ctx.db<DecisionRow>('decisions').where({ target_id: actor.id, action: 'suspend' })
  return query.where('created_at', '>=', actor.suspended_at).orderBy('id', 'desc').first()
}
