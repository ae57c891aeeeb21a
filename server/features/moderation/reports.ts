// Reports: what citizens, visitors and other servers bring to the moderators' attention. The one reported is never told by whom (O22, O23).
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import type { ActorRow, ObjectRow, ReportCategory, ReportRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { visibleTo } from '../../db/visibility.ts'
import { publish } from '../../protocol/outbox.ts'
import { emit } from '../../protocol/reactions.ts'

export interface ReportInput {
  target: ActorRow
  /** Row ids of posts of the target. */
  objectIds: string[]
  comment: string
  category: ReportCategory
  /** Also tell the target's own server, in the instance's name. */
  forward?: boolean
  /** Of a visitor without account; may be empty. */
  contactName?: string
  contactEmail?: string
}

/** As in Mastodon. */
const MAX_COMMENT = 1_000
const MAX_OBJECTS = 50

/** Files a report by a citizen, or by a visitor (`reporter` null). Throws report.self, report.too-long, report.empty (422). */
export async function createReport(ctx: Ctx, reporter: ActorRow | null, input: ReportInput): Promise<ReportRow> {
  const comment = input.comment.trim()
  if (reporter?.id === input.target.id) throw new AppError('report.self', 422, 'You cannot report yourself.')
  if ([...comment].length > MAX_COMMENT)
    throw new AppError('report.too-long', 422, 'A report has at most 1,000 characters.', { details: { field: 'comment' } })
  if (reporter === null && comment === '')
    throw new AppError('report.empty', 422, 'Please say what is wrong.', { details: { field: 'comment' } })
  const objects = await reportedObjects(ctx, reporter, input)
  const forwarded = input.forward === true && !input.target.local
  return ctx.db.transaction(async (trx) => {
    const now = ctx.clock.now()
    const [row] = await trx<ReportRow>('reports')
      .insert({
        id: newId(now),
        reporter_id: reporter?.id ?? null,
        target_id: input.target.id,
        object_iris: objects.map((object) => object.iri),
        comment,
        category: input.category,
        local: true,
        contact_name: (input.contactName ?? '').trim().slice(0, 100),
        contact_email: (input.contactEmail ?? '').trim().slice(0, 320),
        forwarded,
        created_at: now
      })
      .returning('*')
    if (forwarded) await forwardReport(ctx, trx, row!, input.target)
    await emit(ctx, trx, [{ kind: 'reported', ids: [row!.id] }])
    return row!
  })
}

/** Only posts of the target that the reporter can see: others' cannot be found out this way. */
async function reportedObjects(ctx: Ctx, reporter: ActorRow | null, { target, objectIds }: ReportInput): Promise<ObjectRow[]> {
  if (objectIds.length === 0) return []
  const query = ctx
    .db('objects as o')
    .whereRaw('o.id = any(?::bigint[])', [objectIds.slice(0, MAX_OBJECTS)])
    .where((either) => either.where('o.actor_id', target.id).orWhere('o.author_id', target.id))
    .select('o.*')
  return (await visibleTo(query, { actorId: reporter?.id ?? null }, 'o')) as ObjectRow[]
}

/** Flag as Mastodon sends it: by the instance's actor, the account first, then its posts. Who reports is not in it. */
async function forwardReport(ctx: Ctx, trx: Knex, report: ReportRow, target: ActorRow): Promise<void> {
  const instance = await trx<ActorRow>('actors')
    .where({ id: requireSite(ctx).instanceActorId })
    .first()
  await publish(ctx, trx, {
    actor: instance!,
    type: 'Flag',
    object: [target.iri, ...report.object_iris],
    to: [target.iri],
    cc: [],
    visibility: 'direct',
    extra: report.comment === '' ? {} : { content: report.comment, summary: report.comment }
  })
}

export interface ReportFilter {
  state?: ReportRow['state']
  maxId?: string | undefined
  limit?: number
}

/** Reports, newest first. Plan: reports_state. */
export async function listReports(ctx: Ctx, { state = 'open', maxId, limit = 40 }: ReportFilter): Promise<ReportRow[]> {
  const query = ctx.db<ReportRow>('reports').where({ state }).orderBy('id', 'desc').limit(limit)
  if (maxId !== undefined) query.where('id', '<', maxId)
  return query
}

/** How many wait. Plan: reports_state. */
export async function countOpenReports(ctx: Ctx): Promise<number> {
  const [row] = await ctx.db('reports').where({ state: 'open' }).count<{ count: string }[]>({ count: '*' })
  return Number(row?.count ?? 0)
}

/** Throws report.unknown (404). */
export async function getReport(ctx: Ctx, id: string): Promise<ReportRow> {
  const row = await ctx.db<ReportRow>('reports').where({ id }).first()
  if (row === undefined) throw new AppError('report.unknown', 404, 'There is no such report.')
  return row
}

/** What a report is about as moderators see it: also what is hidden from others meanwhile, but not what is deleted. */
export async function reportedContent(ctx: Ctx, report: ReportRow): Promise<ObjectRow[]> {
  if (report.object_iris.length === 0) return []
  return ctx.db<ObjectRow>('objects').whereRaw('iri = any(?::text[])', [report.object_iris]).whereNull('deleted_at').orderBy('id')
}

/** The actor or the post behind an address or an id, to report it. Throws report.target-unknown (404). */
export async function findReported(
  ctx: Ctx,
  input: { accountId?: string | undefined; statusId?: string | undefined },
  viewerId: string | null
): Promise<{ target: ActorRow; objectIds: string[] }> {
  const unknown = (): AppError => new AppError('report.target-unknown', 404, 'What you want to report is not here any more.')
  if (input.statusId !== undefined) {
    const query = ctx.db('objects as o').where('o.id', input.statusId).select('o.*')
    const object = (await visibleTo(query, { actorId: viewerId }, 'o').first()) as ObjectRow | undefined
    const target = object && (await ctx.db<ActorRow>('actors').where({ id: object.actor_id }).first())
    if (target === undefined) throw unknown()
    return { target, objectIds: [object!.id] }
  }
  const target = await ctx
    .db<ActorRow>('actors')
    .where({ id: input.accountId ?? '0', deleted_at: null, suspended_at: null })
    .whereNot({ type: 'Application' })
    .first()
  if (target === undefined || target.host_action === 'block') throw unknown()
  return { target, objectIds: [] }
}
