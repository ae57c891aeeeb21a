// Flag: a report from elsewhere becomes a row for our moderators. Nobody else learns of it (O22).
import type { Ctx } from '../../context.ts'
import { newId } from '../../core/ids.ts'
import { authorise } from '../authorise.ts'
import type { Outcome } from '../outcomes.ts'
import { emit } from '../reactions.ts'
import { factsOf, type OwnArrival } from './arrival.ts'

/** One report about one of ours: the first local actor named, or the author of the first local object. */
export async function applyFlag(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const verdict = authorise(factsOf(ctx, arrival))
  if (verdict.decision === 'refuse') return verdict.outcome
  if (await refusesReports(ctx, actor.host)) return 'refused-blocked'
  const iris = activity.objects.map((ref) => ref.id).filter((iri) => iri !== null)
  const found = await ctx.db.raw<{ rows: { target_id: string; object_iri: string | null }[] }>(
    `select id as target_id, null as object_iri from actors where local and iri = any(:iris)
     union all select coalesce(author_id, actor_id), iri from objects where local and iri = any(:iris)`,
    { iris }
  )
  const target = found.rows[0]?.target_id
  if (target === undefined) return 'unknown-object'
  const objectIris = found.rows.map((row) => row.object_iri).filter((iri) => iri !== null)
  return ctx.db.transaction(async (trx) => {
    const now = ctx.clock.now()
    const written = await trx('reports')
      .insert({
        id: newId(now),
        reporter_id: actor.id,
        target_id: target,
        object_iris: objectIris,
        comment: activity.text,
        iri: activity.id,
        created_at: now
      })
      .onConflict('iri')
      .ignore()
      .returning<{ id: string }[]>('id')
    await emit(ctx, trx, [{ kind: 'reported', ids: written.map((row) => row.id) }])
    return written.length > 0 ? 'reported' : 'unchanged'
  })
}

/** The commune takes no reports from there. Plan: domain_policies_pkey. */
async function refusesReports(ctx: Ctx, host: string): Promise<boolean> {
  const row = await ctx.db('domain_policies').whereRaw('host = any(host_and_parents(?)) and reject_reports', [host]).first('host')
  return row !== undefined
}
