// Undo of Follow, Like, EmojiReact, Dislike, Announce, Block, Join and Invite: what is undone is found among our rows, and only its own actor may (O11, O12).
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { sameOrigin } from '../../core/iri.ts'
import { removeBlock, removeFollow, removeLike } from '../../db/links.ts'
import { deleteOpenInvitation } from '../../db/group-invitations.ts'
import { findObject } from '../../db/objects.ts'
import { giveBack } from '../../db/participations.ts'
import { removeRequest } from '../../db/votes-together.ts'
import { removeDislike, removeReaction } from '../../db/reactions.ts'
import { authorise } from '../authorise.ts'
import { passOn } from '../group-voice.ts'
import type { NormRef } from '../normalise.ts'
import { readReaction } from '../normalise-reaction.ts'
import { lockObjects } from '../object-lock.ts'
import type { Outcome } from '../outcomes.ts'
import { passSeatOn } from '../participation.ts'
import { emit } from '../reactions.ts'
import { applyGroupDecision } from './group-decision.ts'
import { factsOf, type OwnArrival } from './arrival.ts'
import { leaveGroup } from './membership.ts'

/** One stored link, whatever its table. */
interface Undoable {
  kind: 'Follow' | 'Like' | 'Reaction' | 'Dislike' | 'Announce' | 'Block' | 'Join' | 'Membership' | 'Invite' | 'VoteRequest'
  id: string
  iri: string
  actorIri: string
  actorId: string
  otherId: string
}

const UNDOABLE = new Set(['Follow', 'Like', 'EmojiReact', 'Dislike', 'Announce', 'Block', 'Join', 'Invite'])

/** An Undo by bare id, or with an embedded activity whose id may be unknown here and whose actor may be missing (R5). */
export async function applyUndo(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const ref = arrival.activity.objects[0]!
  const decided = await applyGroupDecision(ctx, arrival)
  if (decided !== null) return decided
  if (ref.type !== null && !UNDOABLE.has(ref.type)) return 'ignored-type'
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, ref.id === null ? [] : [ref.id])
    const found = await findUndone(trx, ref, arrival)
    if (found === 'contradictory') return 'unchanged'
    const verdict = authorise({ ...factsOf(ctx, arrival), objectId: ref.id, owner: found?.actorIri ?? null })
    if (verdict.decision === 'refuse') return verdict.outcome
    if (found === undefined) return remember(ctx, trx, arrival, ref)
    // Another one of its kind stood in its place: the one that is named must not come after all.
    if (found.iri !== ref.id) await remember(ctx, trx, arrival, ref)
    const done = await undo(ctx, trx, found)
    if (done && ['Like', 'Reaction', 'Dislike'].includes(found.kind)) await passOnUndo(ctx, trx, found.otherId, arrival.id)
    if (found.kind === 'Follow') await emit(ctx, trx, [{ kind: 'follow-ended', ids: done ? [found.id] : [] }])
    return done ? 'undone' : 'unchanged'
  })
}

async function undo(ctx: Ctx, trx: Knex, found: Undoable): Promise<boolean> {
  if (found.kind === 'Follow') return removeFollow(trx, found.actorId, found.otherId)
  if (found.kind === 'Like') return removeLike(trx, found.actorId, found.otherId)
  if (found.kind === 'Reaction') return removeReaction(trx, found.id)
  if (found.kind === 'Dislike') return removeDislike(trx, found.actorId, found.otherId)
  if (found.kind === 'Block') return removeBlock(trx, found.actorId, found.otherId)
  if (found.kind === 'Join') return takeBack(ctx, trx, found)
  if (found.kind === 'Membership') return leaveGroup(trx, found.otherId, found.actorId)
  if (found.kind === 'VoteRequest') return removeRequest(trx, found.id)
  if (found.kind === 'Invite') return (await deleteOpenInvitation(trx, found.otherId, found.id)) !== undefined
  await trx('notifications').where({ from_id: found.actorId, object_id: found.otherId, type: 'reblog' }).delete()
  return (await trx('objects').where({ id: found.id }).delete()) > 0
}

async function passOnUndo(ctx: Ctx, trx: Knex, objectId: string, logId: string): Promise<void> {
  const object = await findObject(trx, objectId)
  if (object !== undefined) await passOn(ctx, trx, object, logId)
}

/** Undo of a Join says what Leave says. */
async function takeBack(ctx: Ctx, trx: Knex, found: Undoable): Promise<boolean> {
  const left = await giveBack(ctx, trx, found.otherId, { actor_id: found.actorId })
  const event = await findObject(trx, found.otherId)
  if (left && event !== undefined) await passSeatOn(ctx, trx, event)
  return left
}

/** Only an id can be kept in mind: a later activity of the same kind, with another id, is a new wish. */
async function remember(ctx: Ctx, trx: Knex, { activity }: OwnArrival, ref: NormRef): Promise<Outcome> {
  if (ref.id === null) return 'unchanged'
  await trx('early_undos')
    .insert({ actor_iri: activity.actor, type: ref.type ?? '', object_iri: ref.id, created_at: ctx.clock.now() })
    .onConflict(['actor_iri', 'type', 'object_iri'])
    .merge()
  return 'remembered'
}

const BY_ID = `
  select 'Reaction' as kind, r.id, r.iri, a.iri as "actorIri", r.actor_id as "actorId", r.object_id as "otherId" from reactions r join actors a on a.id = r.actor_id where r.iri = :id
  union all select 'Dislike', d.id, d.iri, a.iri, d.actor_id, d.object_id from dislikes d join actors a on a.id = d.actor_id where d.iri = :id
  union all select 'Follow', f.id, f.iri, a.iri, f.follower_id, f.followed_id from follows f join actors a on a.id = f.follower_id where f.iri = :id
  union all select 'Like', l.id, l.iri, a.iri, l.actor_id, l.object_id from likes l join actors a on a.id = l.actor_id where l.iri = :id
  union all select 'Block', b.id, b.iri, a.iri, b.blocker_id, b.blocked_id from blocks b join actors a on a.id = b.blocker_id where b.iri = :id
  union all select 'Join', p.id, p.iri, a.iri, p.actor_id, p.object_id from participations p join actors a on a.id = p.actor_id where p.iri = :id
  union all select 'Membership', m.group_id, m.iri, a.iri, m.actor_id, m.group_id
    from memberships m join actors a on a.id = m.actor_id and not a.local join actors g on g.id = m.group_id and g.local where m.iri = :id
  union all select 'Invite', i.invitee_id, i.iri, a.iri, i.inviter_id, i.group_id
    from group_invitations i join actors a on a.id = i.inviter_id where i.iri = :id and i.state = 'pending'
  union all select 'VoteRequest', r.id, r.iri, a.iri, o.actor_id, r.object_id
    from vote_requests r join objects o on o.id = r.object_id join actors a on a.id = o.actor_id where r.iri = :id and r.state = 'asked'
  union all select 'Announce', o.id, o.iri, a.iri, o.actor_id, o.reblog_of_id from objects o join actors a on a.id = o.actor_id
    where o.iri = :id and o.reblog_of_id is not null and o.deleted_at is null`

// The signer's own link of that kind to what the embedded activity names.
const BY_PAIR = `
  select 'Reaction' as kind, r.id, r.iri, :actorIri as "actorIri", r.actor_id as "actorId", r.object_id as "otherId"
    from reactions r join objects o on o.id = r.object_id where :type in ('Like', 'EmojiReact') and r.actor_id = :actor and o.iri = :object and r.emoji = :emoji
  union all select 'Dislike', d.id, d.iri, :actorIri, d.actor_id, d.object_id
    from dislikes d join objects o on o.id = d.object_id where :type = 'Dislike' and d.actor_id = :actor and o.iri = :object
  union all select 'Follow' as kind, f.id, f.iri, :actorIri as "actorIri", f.follower_id as "actorId", f.followed_id as "otherId"
    from follows f join actors o on o.id = f.followed_id where :type = 'Follow' and f.follower_id = :actor and o.iri = :object
  union all select 'Like', l.id, l.iri, :actorIri, l.actor_id, l.object_id
    from likes l join objects o on o.id = l.object_id where :type in ('Like', 'EmojiReact') and l.actor_id = :actor and o.iri = :object
  union all select 'Block', b.id, b.iri, :actorIri, b.blocker_id, b.blocked_id
    from blocks b join actors o on o.id = b.blocked_id where :type = 'Block' and b.blocker_id = :actor and o.iri = :object
  union all select 'Join', p.id, p.iri, :actorIri, p.actor_id, p.object_id
    from participations p join objects o on o.id = p.object_id where :type = 'Join' and p.actor_id = :actor and o.iri = :object
  union all select 'Membership', m.group_id, m.iri, :actorIri, m.actor_id, m.group_id
    from memberships m join actors g on g.id = m.group_id and g.local where :type = 'Join' and m.actor_id = :actor and g.iri = :object
  union all select 'Announce', s.id, s.iri, :actorIri, s.actor_id, s.reblog_of_id
    from objects s join objects o on o.id = s.reblog_of_id where :type = 'Announce' and s.actor_id = :actor and o.iri = :object and s.deleted_at is null`

async function findUndone(trx: Knex, ref: NormRef, arrival: OwnArrival): Promise<Undoable | 'contradictory' | undefined> {
  const byId = ref.id === null ? undefined : (await trx.raw<{ rows: Undoable[] }>(BY_ID, { id: ref.id })).rows[0]
  const byPair = await findByPair(trx, ref, arrival)
  if (byId === undefined || byPair === undefined) return byId ?? byPair
  // Its id names one link and its object another: undoing the first now would undo the second when it comes again.
  const contradictory = byId.actorId === byPair.actorId && byId.kind === byPair.kind && byId.otherId !== byPair.otherId
  return contradictory ? 'contradictory' : byId
}

async function findByPair(trx: Knex, ref: NormRef, { actor }: OwnArrival): Promise<Undoable | undefined> {
  if (ref.type === null || ref.objectId === null) return undefined
  // What bears an id of another server is not the signer's, whatever it says of its object.
  if (ref.id !== null && !sameOrigin(ref.id, actor.iri)) return undefined
  const byPair = await trx.raw<{ rows: Undoable[] }>(
    BY_PAIR.replaceAll(':actorIri', 'cast(:actorIri as text)').replaceAll(':type ', 'cast(:type as text) '),
    {
      actorIri: actor.iri,
      actor: actor.id,
      type: ref.type,
      object: ref.objectId,
      emoji: ref.json === null ? null : (readReaction(ref.json)?.emoji ?? null)
    }
  )
  return byPair.rows[0]
}
