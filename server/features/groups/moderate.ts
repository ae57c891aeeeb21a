// What moderators of a group of ours do: let held posts in or not, take posts out, close threads, pin, ban. Each is told to the followers'
// servers. A post taken out stays its author's.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { saveBan, saveLock, takeHold, undoBan, undoLock, type Decision } from '../../db/group-moderation.ts'
import { removeFeatured, saveFeatured } from '../../db/links.ts'
import { findMembership } from '../../db/memberships.ts'
import { fanIn, wipeObject } from '../../db/objects.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { restore, takeOut } from '../../protocol/effects/group-decision.ts'
import { publishAct, rejectFollower, undoAct, type GroupAct } from '../../protocol/group-acts.ts'
import { announceSaid } from '../../protocol/group-voice.ts'
import { emit } from '../../protocol/reactions.ts'

/** As many as a profile shows. */
const MAX_PINS = 5

/** Throws permission.denied (403) for who does not look after this group. */
export async function assertModerates(ctx: Ctx, who: Who, groupId: string): Promise<void> {
  assertCan(who, 'group.review', { membership: await findMembership(ctx.db, groupId, who.actorId) })
}

/** Decides about a held post: in the group and announced, or forgotten. Throws permission.denied (403), post.not-found (404). */
export async function decideHeld(ctx: Ctx, who: Who, group: ActorRow, objectId: string, accept: boolean): Promise<void> {
  await assertModerates(ctx, who, group.id)
  await ctx.db.transaction(async (trx) => {
    const hold = await takeHold(trx, group.id, objectId)
    const object = await trx<ObjectRow>('objects').where({ id: objectId, deleted_at: null }).forUpdate().first()
    if (hold === undefined || object === undefined) throw unknownPost()
    if (!accept) return refuse(ctx, trx, object)
    const [row] = await trx<ObjectRow>('objects')
      .where({ id: objectId })
      .update({ group_id: group.id, visibility: hold.visibility })
      .returning('*')
    const author = (await trx<ActorRow>('actors').where({ id: object.actor_id }).first())!
    await fanIn(ctx, trx, row!)
    await announceSaid(ctx, trx, { group, object: row!, author, activity: hold.activity })
    await emit(ctx, trx, [{ kind: 'object-created', ids: [objectId] }])
  })
}

/** What was kept only for this decision goes; what concerns somebody here for another reason stays theirs. */
async function refuse(ctx: Ctx, trx: Knex, object: ObjectRow): Promise<void> {
  const reader = await trx('object_recipients as r')
    .join('actors as a', 'a.id', 'r.actor_id')
    .where({ 'r.object_id': object.id, 'a.local': true, 'a.type': 'Person' })
    .first('a.id')
  if (!object.local && object.visibility === 'direct' && reader === undefined) await wipeObject(ctx, trx, object)
}

/** Takes a post out of the group, or puts it back. Doing it twice changes nothing. */
export async function setRemoved(ctx: Ctx, who: Who, group: ActorRow, objectId: string, removed: boolean, reason = ''): Promise<void> {
  await act(ctx, who, group, objectId, async (trx, { object, author, moderator }) => {
    const saying: GroupAct = { group, moderator, type: 'Delete', object: object.iri, about: author, reason }
    if (removed) {
      if (object.actor_id === group.id) throw notInGroup()
      if (object.group_id !== group.id) return
      const { iri } = await publishAct(ctx, trx, saying)
      await takeOut(ctx, trx, group, object.id, decisionOf(group, moderator, iri, reason))
      return
    }
    const row = await trx('group_removals')
      .where({ object_id: object.id, group_id: group.id })
      .first<{ iri: string | null; by_id: string | null } | undefined>('iri', 'by_id')
    if (row === undefined) return
    await undoAct(ctx, trx, { ...saying, iri: row.iri, by: await actorOf(trx, row.by_id) })
    await restore(ctx, trx, group, object.id)
  })
}

/** Closes a thread for everyone but moderators, or opens it again. */
export async function setLocked(ctx: Ctx, who: Who, group: ActorRow, objectId: string, locked: boolean, reason = ''): Promise<void> {
  await act(ctx, who, group, objectId, async (trx, { object, author, moderator }) => {
    if (object.group_id !== group.id) throw notInGroup()
    const saying: GroupAct = { group, moderator, type: 'Lock', object: object.iri, about: author, reason }
    if (locked) {
      if ((await trx('group_locks').where({ object_id: object.id }).first('object_id')) !== undefined) return
      const { iri } = await publishAct(ctx, trx, saying)
      await saveLock(ctx, trx, object.id, decisionOf(group, moderator, iri, reason))
      return
    }
    const row = await undoLock(trx, group.id, object.id)
    if (row !== undefined) await undoAct(ctx, trx, { ...saying, iri: row.iri, by: await actorOf(trx, row.by_id) })
  })
}

/** Pins a post at the top of the group, or unpins it. Throws post.too-many-pins (422). */
export async function setPinned(ctx: Ctx, who: Who, group: ActorRow, objectId: string, pinned: boolean): Promise<void> {
  await act(ctx, who, group, objectId, async (trx, { object, author, moderator }) => {
    if (object.group_id !== group.id) throw notInGroup()
    await trx('actors').where({ id: group.id }).forUpdate().first('id')
    const pins = await trx('featured').where({ actor_id: group.id }).select<{ object_id: string }[]>('object_id')
    if (pins.some((pin) => pin.object_id === object.id) === pinned) return
    if (pinned && pins.length >= MAX_PINS) throw new AppError('post.too-many-pins', 422, 'You have already pinned five posts.')
    await (pinned ? saveFeatured(ctx, trx, group.id, object.id) : removeFeatured(trx, group.id, object.id))
    const target = group.featured_iri ?? `${group.iri}/featured`
    await publishAct(ctx, trx, { group, moderator, type: pinned ? 'Add' : 'Remove', object: object.iri, about: author, target })
  })
}

/** Bans somebody from the group, whose membership and follow end. Throws account.unknown (404), group.owner-stays (422). */
export async function banActor(ctx: Ctx, who: Who, group: ActorRow, actorId: string, reason = ''): Promise<void> {
  await assertModerates(ctx, who, group.id)
  await ctx.db.transaction(async (trx) => {
    const person = await trx<ActorRow>('actors').where({ id: actorId, deleted_at: null }).first()
    if (person === undefined) throw unknownAccount()
    const membership = await findMembership(trx, group.id, actorId)
    if (membership?.role === 'owner' || actorId === who.actorId)
      throw new AppError('group.owner-stays', 422, 'Owners of a group, and you yourself, cannot be excluded from it.')
    if (membership?.role === 'moderator') assertCan(who, 'group.edit', { membership: await findMembership(trx, group.id, who.actorId) })
    const moderator = (await actorOf(trx, who.actorId))!
    const { iri } = await publishAct(ctx, trx, {
      group,
      moderator,
      type: 'Block',
      object: person.iri,
      about: person,
      target: group.iri,
      reason
    })
    await saveBan(ctx, trx, actorId, { ...decisionOf(group, moderator, iri, reason), until: null })
    await rejectFollower(ctx, trx, group, person)
  })
}

/** Ends a ban. What ended with it does not come back by itself. */
export async function unbanActor(ctx: Ctx, who: Who, group: ActorRow, actorId: string): Promise<void> {
  await assertModerates(ctx, who, group.id)
  await ctx.db.transaction(async (trx) => {
    const ban = await undoBan(trx, group.id, actorId)
    const person = await actorOf(trx, actorId)
    if (ban === undefined || person === null) return
    const moderator = (await actorOf(trx, who.actorId))!
    const saying: GroupAct = { group, moderator, type: 'Block', object: person.iri, about: person, target: group.iri }
    await undoAct(ctx, trx, { ...saying, iri: ban.iri, by: await actorOf(trx, ban.by_id) })
  })
}

interface Parts {
  object: ObjectRow
  author: ActorRow
  moderator: ActorRow
}

/** Only what everybody may see is decided about: members-only words are not announced. */
async function act(ctx: Ctx, who: Who, group: ActorRow, objectId: string, work: (trx: Knex, parts: Parts) => Promise<void>): Promise<void> {
  await assertModerates(ctx, who, group.id)
  await ctx.db.transaction(async (trx) => {
    const object = await trx<ObjectRow>('objects').where({ id: objectId, deleted_at: null }).forUpdate().first()
    const removed = await trx('group_removals').where({ object_id: objectId, group_id: group.id }).first('object_id')
    if (object === undefined || (object.group_id !== group.id && removed === undefined)) throw notInGroup()
    if (object.visibility !== 'public' && object.visibility !== 'unlisted') throw notInGroup()
    await work(trx, { object, author: (await actorOf(trx, object.actor_id))!, moderator: (await actorOf(trx, who.actorId))! })
  })
}

async function actorOf(trx: Knex, id: string | null): Promise<ActorRow | null> {
  return id === null ? null : ((await trx<ActorRow>('actors').where({ id }).first()) ?? null)
}

function decisionOf(group: ActorRow, by: ActorRow, iri: string, reason: string): Decision {
  return { groupId: group.id, byId: by.id, iri, reason }
}

function unknownPost(): AppError {
  return new AppError('post.not-found', 404, 'This message does not exist.')
}

function unknownAccount(): AppError {
  return new AppError('account.unknown', 404, 'This account does not exist.')
}

function notInGroup(): AppError {
  return new AppError('group.post-elsewhere', 404, 'This message does not stand in the group.')
}
