// What moderators of a group decide from elsewhere (FEP-1b12, federation.md §3.1): removals, locks, bans, pins, moderators. Of a group of
// ours it is announced to its followers as it came; of a group elsewhere it arrived in the group's own announcement.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { saveBan, saveLock, saveModerators, saveRemoval, undoBan, undoLock, undoRemoval, type Decision } from '../../db/group-moderation.ts'
import { verbatimBodies } from '../../db/inbox-log.ts'
import { removeFeatured, saveFeatured } from '../../db/links.ts'
import { findMembership } from '../../db/memberships.ts'
import { notify } from '../../db/notifications.ts'
import { findObject } from '../../db/objects.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { authorise } from '../authorise.ts'
import { newBudget } from '../fetch.ts'
import { decidesIn, moderatorsIri } from '../group-moderators.ts'
import { announceActivity, announceSaid, withdrawAddress } from '../group-voice.ts'
import { normaliseActivity, type NormActivity, type NormRef } from '../normalise.ts'
import type { Outcome } from '../outcomes.ts'
import { emit, tellNotified } from '../reactions.ts'
import { factsOf, findOwned, type OwnArrival } from './arrival.ts'

/** What is decided, about what, in which group. */
export interface Decided {
  kind: 'remove' | 'lock' | 'ban' | 'pin' | 'moderator'
  undo: boolean
  group: ActorRow
  /** Row id of the object, or IRI of the actor, it is about. */
  objectId: string | null
  actorIri: string | null
  activity: NormActivity
}

const UNDOABLE = new Set(['Delete', 'Lock', 'Block'])

/** A decision in a group of ours, sent by one of its moderators. Null: it is none, and means what it means elsewhere. */
export async function applyGroupDecision(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const decided = await readDecision(ctx.db, arrival.activity)
  if (decided === null || !decided.group.local) return null
  const mayDecide = await decidesIn(ctx, decided.group, arrival.actor.iri, newBudget(0))
  // Deleting is also for authors, and what is gone may be told by anyone: that is judged as everywhere.
  if (!mayDecide && arrival.activity.type === 'Delete') return null
  const verdict = authorise({ ...factsOf(ctx, arrival), moderates: mayDecide })
  if (verdict.decision === 'refuse') return verdict.outcome
  return ctx.db.transaction((trx) => decide(ctx, trx, decided, { moderator: arrival.actor, logId: arrival.id }))
}

/** A Lock, or its like: without a group it means nothing. */
export async function applyLock(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  return (await applyGroupDecision(ctx, arrival)) ?? 'unknown-object'
}

/** What an activity decides in a group we hold, by our rows; null when it decides nothing there. */
export async function readDecision(trx: Knex, activity: NormActivity): Promise<Decided | null> {
  const ref = activity.objects[0]!
  switch (activity.type) {
    case 'Delete':
    case 'Lock': {
      const owned = ref.id === null ? undefined : await findOwned(trx, ref.id)
      if (owned === undefined || owned.object.deleted_at !== null || owned.object.group_id === null) return null
      const isAuthor = owned.ownerIri === activity.actor || owned.writerIri === activity.actor
      if (activity.type === 'Delete' && isAuthor) return null
      const group = await findGroup(trx, { id: owned.object.group_id })
      const kind = activity.type === 'Delete' ? 'remove' : 'lock'
      return group && { kind, undo: false, group, objectId: owned.object.id, actorIri: null, activity }
    }
    case 'Block': {
      const group = activity.target === null ? null : await findGroup(trx, { iri: activity.target })
      return group && { kind: 'ban', undo: false, group, objectId: null, actorIri: ref.id, activity }
    }
    case 'Add':
    case 'Remove':
      return readListing(trx, activity, ref)
    case 'Undo':
      return readUndo(trx, activity, ref)
    default:
      return null
  }
}

/** Add and Remove, of pinned posts or of moderators, by the collection they name. */
async function readListing(trx: Knex, activity: NormActivity, ref: NormRef): Promise<Decided | null> {
  const { target } = activity
  if (target === null) return null
  const undo = activity.type === 'Remove'
  const pinning = await findGroup(trx, { featured_iri: target })
  if (pinning !== null) {
    if (pinning.iri === activity.actor) return null
    const object = ref.id === null ? undefined : await trx<ObjectRow>('objects').where({ iri: ref.id, deleted_at: null }).first()
    return object === undefined ? null : { kind: 'pin', undo, group: pinning, objectId: object.id, actorIri: null, activity }
  }
  const group = await findGroupOfModerators(trx, target)
  return group && { kind: 'moderator', undo, group, objectId: null, actorIri: ref.id, activity }
}

async function findGroupOfModerators(trx: Knex, target: string): Promise<ActorRow | null> {
  const named = await findGroup(trx, { iri: target.replace(/\/moderators$/, '') })
  return named !== null && moderatorsIri(named) === target ? named : null
}

/** An embedded decision, or the id of one. */
async function readUndo(trx: Knex, activity: NormActivity, ref: NormRef): Promise<Decided | null> {
  if (ref.type !== null && !UNDOABLE.has(ref.type)) return null
  const byId = ref.id === null ? null : await findById(trx, ref.id)
  if (byId !== null) return { ...byId, undo: true, activity }
  if (ref.json === null || ref.type === null) return null
  const inner = embedded(ref.json)
  if (inner === null) return null
  if (inner.type === 'Block') {
    const decided = await readDecision(trx, inner)
    return decided && { ...decided, undo: true, activity }
  }
  const table = inner.type === 'Delete' ? 'group_removals' : 'group_locks'
  const row = await trx(`${table} as d`)
    .join('objects as o', 'o.id', 'd.object_id')
    .where('o.iri', inner.objects[0]!.id ?? '')
    .first<{ object_id: string; group_id: string } | undefined>('d.object_id', 'd.group_id')
  const group = row === undefined ? null : await findGroup(trx, { id: row.group_id })
  const kind = inner.type === 'Delete' ? 'remove' : 'lock'
  return group && { kind, undo: true, group, objectId: row!.object_id, actorIri: null, activity }
}

function embedded(json: Record<string, unknown>): NormActivity | null {
  try {
    return normaliseActivity(json)
  } catch {
    return null
  }
}

async function findById(trx: Knex, iri: string): Promise<Pick<Decided, 'kind' | 'group' | 'objectId' | 'actorIri'> | null> {
  const { rows } = await trx.raw<{
    rows: { kind: Decided['kind']; group_id: string; object_id: string | null; actor_iri: string | null }[]
  }>(
    `select 'remove' as kind, group_id, object_id, null as actor_iri from group_removals where iri = :iri
     union all select 'lock', group_id, object_id, null from group_locks where iri = :iri
     union all select 'ban', b.group_id, null, a.iri from group_bans b join actors a on a.id = b.actor_id where b.iri = :iri limit 1`,
    { iri }
  )
  const row = rows[0]
  const group = row === undefined ? null : await findGroup(trx, { id: row.group_id })
  return group && { kind: row!.kind, group, objectId: row!.object_id, actorIri: row!.actor_iri }
}

async function findGroup(trx: Knex, by: Partial<ActorRow>): Promise<ActorRow | null> {
  return (
    (await trx<ActorRow>('actors')
      .where({ type: 'Group', deleted_at: null, suspended_at: null, ...by })
      .first()) ?? null
  )
}

/** Writes a decision that was judged, and in a group of ours announces it word for word. `logId`: what the moderator signed. */
export async function decide(
  ctx: Ctx,
  trx: Knex,
  decided: Decided,
  { moderator, logId }: { moderator: ActorRow | null; logId: string }
): Promise<Outcome> {
  const { group, activity } = decided
  const decision: Decision = { groupId: group.id, byId: moderator?.id ?? null, iri: activity.id, reason: activity.text }
  const done = await write(ctx, trx, decided, decision)
  if (typeof done === 'string') return done
  if (!done) return 'unchanged'
  if (group.local) {
    const body = (await verbatimBodies(trx, [logId])).get(logId)
    if (body !== undefined) await announceActivity(ctx, trx, { group, activity: body, objectIri: activity.objects[0]!.id ?? group.iri })
  }
  return 'moderated'
}

async function write(ctx: Ctx, trx: Knex, decided: Decided, decision: Decision): Promise<boolean | Outcome> {
  const { kind, undo, group, objectId } = decided
  if (kind === 'remove') return undo ? restore(ctx, trx, group, objectId!) : takeOut(ctx, trx, group, objectId!, decision)
  if (kind === 'lock') return undo ? (await undoLock(trx, group.id, objectId!)) !== undefined : saveLock(ctx, trx, objectId!, decision)
  if (kind === 'pin') return pin(ctx, trx, decided)
  const actor = await trx<ActorRow>('actors')
    .where({ iri: decided.actorIri ?? '' })
    .first()
  if (kind === 'moderator' && !group.local) return listModerator(ctx, trx, decided)
  if (actor === undefined) return 'unknown-actor'
  return kind === 'ban' ? ban(ctx, trx, decided, actor, decision) : promote(ctx, trx, decided, actor)
}

/** Out of the group: its announcement is taken back, lists of the group no longer show it. The author is told, and reads why. */
export async function takeOut(ctx: Ctx, trx: Knex, group: ActorRow, objectId: string, decision: Decision): Promise<boolean> {
  if (!(await saveRemoval(ctx, trx, objectId, decision))) return false
  const object = (await findObject(trx, objectId))!
  if (group.local) await withdrawAddress(ctx, trx, group, object)
  else await trx('objects').where({ actor_id: group.id, reblog_of_id: objectId }).delete()
  const news = { ownerId: object.actor_id, type: 'group_removed', fromId: group.id, objectId } as const
  await tellNotified(ctx, trx, await notify(ctx, trx, [news]))
  await emit(ctx, trx, [{ kind: 'object-updated', ids: [objectId] }])
  return true
}

/** Back in the group; a first post is boosted again. */
export async function restore(ctx: Ctx, trx: Knex, group: ActorRow, objectId: string): Promise<boolean> {
  if ((await undoRemoval(trx, group.id, objectId)) === undefined) return false
  await trx('notifications').where({ from_id: group.id, object_id: objectId, type: 'group_removed' }).delete()
  const object = await findObject(trx, objectId)
  const author = object && (await trx<ActorRow>('actors').where({ id: object.actor_id }).first())
  if (group.local && object !== undefined && object.deleted_at === null && author !== undefined)
    await announceSaid(ctx, trx, { group, object, author, activity: null })
  await emit(ctx, trx, [{ kind: 'object-updated', ids: [objectId] }])
  return true
}

async function pin(ctx: Ctx, trx: Knex, { group, objectId, undo }: Decided): Promise<boolean | Outcome> {
  const object = (await findObject(trx, objectId!))!
  if (object.group_id !== group.id && object.actor_id !== group.id) return 'refused-owner'
  const pinned = (await trx('featured').where({ actor_id: group.id, object_id: object.id }).first('object_id')) !== undefined
  if (pinned !== undo) return false
  await (undo ? removeFeatured(trx, group.id, object.id) : saveFeatured(ctx, trx, group.id, object.id))
  return true
}

async function ban(ctx: Ctx, trx: Knex, decided: Decided, actor: ActorRow, decision: Decision): Promise<boolean | Outcome> {
  const { group, undo, activity } = decided
  if (undo) return (await undoBan(trx, group.id, actor.id)) !== undefined
  // Owners are dismissed by owners, here.
  if (group.local && (await findMembership(trx, group.id, actor.id))?.role === 'owner') return 'refused-owner'
  await saveBan(ctx, trx, actor.id, { ...decision, until: activity.until })
  return true
}

/** Moderators of a group of ours are members with that role; owners stay what they are. */
async function promote(ctx: Ctx, trx: Knex, { group, undo }: Decided, actor: ActorRow): Promise<boolean | Outcome> {
  const known = await findMembership(trx, group.id, actor.id)
  if (known?.role === 'owner') return undo ? 'refused-owner' : false
  const role = undo ? 'member' : 'moderator'
  if (known === null && undo) return false
  if (known !== null && known.state === 'active' && known.role === role) return false
  await trx('memberships')
    .insert({ group_id: group.id, actor_id: actor.id, role, state: 'active', created_at: ctx.clock.now() })
    .onConflict(['group_id', 'actor_id'])
    .merge(['role', 'state'])
  return true
}

async function listModerator(ctx: Ctx, trx: Knex, { group, undo, actorIri }: Decided): Promise<boolean> {
  const row = await trx('group_moderators').where({ group_id: group.id }).first<{ iris: string[] } | undefined>('iris')
  const others = (row?.iris ?? []).filter((iri) => iri !== actorIri)
  if (actorIri === null) return false
  await saveModerators(ctx, trx, group.id, undo ? others : [...others, actorIri])
  return true
}
