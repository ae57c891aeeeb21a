// What moderators do about a person or a report: each decision is written in the log, and a local person is told what was decided and
// why (statement of reasons, DSA art. 17). Nobody judges someone above them (W25).
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { logDecision } from '../../db/decisions.ts'
import { cancelOfActor } from '../../db/deliveries.ts'
import { removeFollow } from '../../db/links.ts'
import { notifyDecision } from '../../db/notifications.ts'
import { wipeObject } from '../../db/objects.ts'
import type { AccountRow, ActorRow, DecisionRow, FollowRow, ObjectRow, ReportRow } from '../../db/rows.ts'
import { deleteLocalObject } from '../../protocol/local-objects.ts'
import { distrustDocuments } from '../../protocol/document-cache.ts'
import { afterCommit, publish } from '../../protocol/outbox.ts'
import { emit } from '../../protocol/reactions.ts'
import { embeddedActivity } from '../../vocab/activity.ts'

export type DecisionAction = 'none' | 'warn' | 'delete' | 'limit' | 'unlimit' | 'suspend' | 'unsuspend'

export interface DecisionInput {
  action: DecisionAction
  /** What the person is told: what happened and which rule it breaks. */
  reason: string
  ground: DecisionRow['ground']
}

const NEEDS_REASON = new Set<DecisionAction>(['warn', 'delete', 'limit', 'suspend'])

/** Settles a report. Throws report.unknown (404), report.settled (409), decision.reason (422), permission.denied (403). */
export async function decideReport(ctx: Ctx, who: Who, reportId: string, input: DecisionInput): Promise<DecisionRow> {
  return ctx.db.transaction(async (trx) => {
    const report = await trx<ReportRow>('reports').where({ id: reportId }).forUpdate().first()
    if (report === undefined) throw new AppError('report.unknown', 404, 'There is no such report.')
    if (report.state !== 'open') throw new AppError('report.settled', 409, 'Somebody has settled this report already.')
    const decision = await decide(ctx, trx, who, { ...input, targetId: report.target_id, reportId, objectIris: report.object_iris })
    await trx('reports').where({ id: reportId }).update({ state: 'resolved', resolved_at: ctx.clock.now(), resolved_by: who.actorId })
    return decision
  })
}

/** Decides about an account without a report. Throws account.unknown (404), decision.reason (422), permission.denied (403). */
export async function decideAccount(ctx: Ctx, who: Who, targetId: string, input: DecisionInput): Promise<DecisionRow> {
  return ctx.db.transaction((trx) => decide(ctx, trx, who, { ...input, targetId, reportId: null, objectIris: [] }))
}

interface Case extends DecisionInput {
  targetId: string
  reportId: string | null
  objectIris: string[]
}

async function decide(ctx: Ctx, trx: Knex, who: Who, input: Case): Promise<DecisionRow> {
  const target = await trx<ActorRow>('actors').where({ id: input.targetId, deleted_at: null }).first()
  if (target === undefined || target.type === 'Application') throw new AppError('account.unknown', 404, 'This account does not exist.')
  const account = await trx<AccountRow>('accounts').where({ actor_id: target.id }).forUpdate().first()
  assertCan(who, 'report.judge')
  if (input.action !== 'none') assertCan(who, 'account.moderate', { ownerId: target.id, ownerRole: account?.role ?? null })
  const reason = input.reason.trim().slice(0, 5000)
  if (NEEDS_REASON.has(input.action) && reason === '')
    throw new AppError('decision.reason', 422, 'Please say why: the person has a right to know.', { details: { field: 'reason' } })
  await carryOut(ctx, trx, input, target, account)
  const { action, ground, reportId, objectIris } = input
  const decision = await logDecision(ctx, trx, {
    moderatorId: who.actorId,
    action,
    targetId: target.id,
    reportId,
    objectIris,
    reason,
    ground
  })
  if (action !== 'none' && target.local) {
    const news = await notifyDecision(ctx, trx, target, decision)
    await emit(ctx, trx, [{ kind: 'notified', ids: news.map((row) => row.id) }])
  }
  afterCommit(trx, () => distrustDocuments(ctx))
  return decision
}

async function carryOut(ctx: Ctx, trx: Knex, input: Case, target: ActorRow, account: AccountRow | undefined): Promise<void> {
  const now = ctx.clock.now()
  if (input.action === 'delete') await deleteObjects(ctx, trx, input.objectIris, target)
  if (input.action === 'limit') await trx('actors').where({ id: target.id }).update({ limited_at: now })
  if (input.action === 'unlimit') await trx('actors').where({ id: target.id }).update({ limited_at: null })
  if (input.action === 'suspend') await (target.local ? suspendHere(ctx, trx, target, account) : suspendRemote(ctx, trx, target))
  // Somebody who waits for approval is let in by approving.
  if (input.action === 'unsuspend' && account?.status !== 'pending') {
    await trx('actors').where({ id: target.id }).update({ suspended_at: null })
    if (account?.status === 'disabled') await trx('accounts').where({ id: account.id }).update({ status: 'active' })
  }
}

/** Local posts are deleted everywhere, by their own author's Delete; of remote ones only our copy. */
async function deleteObjects(ctx: Ctx, trx: Knex, iris: string[], target: ActorRow): Promise<void> {
  const objects = await trx<ObjectRow>('objects').whereRaw('iri = any(?::text[])', [iris]).whereNull('deleted_at').forUpdate()
  for (const object of objects.filter((one) => one.actor_id === target.id || one.author_id === target.id)) {
    const publisher = object.actor_id === target.id ? target : await trx<ActorRow>('actors').where({ id: object.actor_id }).first()
    if (object.local) await deleteLocalObject(ctx, trx, object, publisher!)
    else {
      await wipeObject(ctx, trx, object)
      await emit(ctx, trx, [{ kind: 'object-deleted', ids: [object.id] }])
    }
  }
}

/** Nothing leaves any more in the person's name, and nobody logs in as them (W26). What they wrote is hidden, not lost. */
async function suspendHere(ctx: Ctx, trx: Knex, target: ActorRow, account: AccountRow | undefined): Promise<void> {
  const now = ctx.clock.now()
  if (account?.role === 'admin') {
    const other = await trx('accounts').where({ role: 'admin', status: 'active' }).whereNot({ id: account.id }).first('id')
    if (other === undefined) throw new AppError('account.last-admin', 422, 'At least one administrator must remain.')
  }
  await trx('actors').where({ id: target.id }).update({ suspended_at: now })
  await cancelOfActor(trx, target.id, now)
  if (account === undefined) return
  await trx('accounts').where({ id: account.id }).update({ status: 'disabled' })
  await trx('tokens').where({ account_id: account.id }).whereNull('revoked_at').update({ revoked_at: now })
}

/** Follows end both ways, and their server is told so. */
async function suspendRemote(ctx: Ctx, trx: Knex, target: ActorRow): Promise<void> {
  await trx('actors').where({ id: target.id }).update({ suspended_at: ctx.clock.now() })
  const follows = await trx<FollowRow>('follows').where({ follower_id: target.id }).orWhere({ followed_id: target.id })
  for (const follow of follows) {
    const isFollower = follow.follower_id === target.id
    const own = await trx<ActorRow>('actors')
      .where({ id: isFollower ? follow.followed_id : follow.follower_id, local: true })
      .first()
    await removeFollow(trx, follow.follower_id, follow.followed_id)
    if (own === undefined) continue
    const [follower, followed] = isFollower ? [target, own] : [own, target]
    const object = embeddedActivity({ iri: follow.iri, type: 'Follow', actorIri: follower.iri, object: followed.iri })
    const type = isFollower ? 'Reject' : 'Undo'
    await publish(ctx, trx, { actor: own, type, object, objectIri: target.iri, to: [target.iri], cc: [], visibility: 'direct' })
  }
  await trx('memberships').where({ actor_id: target.id }).delete()
  await trx('group_invitations').where({ invitee_id: target.id }).orWhere({ inviter_id: target.id, state: 'pending' }).delete()
}
