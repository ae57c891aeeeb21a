// Follow, and the answers to ours: Accept and Reject.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { scheduleChores } from '../../db/chores.ts'
import { isSoftwareStale } from '../../db/hosts.ts'
import { acceptFollow, findFollow, findFollowByIri, removeFollow, saveFollow } from '../../db/links.ts'
import { notify } from '../../db/notifications.ts'
import type { ActorRow, FollowRow } from '../../db/rows.ts'
import { backfillHome } from '../../db/timelines.ts'
import { askForOutbox } from '../ask-outbox.ts'
import { authorise } from '../authorise.ts'
import type { NormRef } from '../normalise.ts'
import type { Outcome } from '../outcomes.ts'
import { afterCommit, publish } from '../outbox.ts'
import { emit } from '../reactions.ts'
import { factsOf, wasUndoneBefore, type OwnArrival } from './arrival.ts'

/**
 * A Follow of one of ours: accepted at once, except for people who approve their followers (federation.md §3.2). A repeated Follow takes
 * the new id and is answered again. Someone blocked hears nothing: an answer would tell them (D03).
 */
export async function applyFollow(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const verdict = authorise(factsOf(ctx, arrival))
  if (verdict.decision === 'refuse') return verdict.outcome
  const followed = await ctx
    .db<ActorRow>('actors')
    .where({ iri: activity.objects[0]!.id ?? '', local: true, deleted_at: null, suspended_at: null })
    .first()
  if (followed === undefined) return 'unknown-actor'
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    if (await isBlocked(trx, followed, actor)) return 'refused-blocked'
    const state = followed.type === 'Person' && followed.locked ? 'pending' : 'accepted'
    const follow = await saveFollow(ctx, trx, {
      iri: await followIri(trx, arrival, followed),
      follower: actor,
      followedId: followed.id,
      state
    })
    if (follow.state === 'accepted') await accept(ctx, trx, followed, arrival)
    if (follow.fresh && followed.type === 'Group') await askForSoftware(ctx, trx, actor.host)
    const type = follow.state === 'accepted' ? 'follow' : 'follow_request'
    const news = follow.fresh ? await notify(ctx, trx, [{ ownerId: followed.id, type, fromId: actor.id, objectId: null }]) : []
    await emit(ctx, trx, [
      { kind: 'followed', ids: follow.fresh ? [follow.id] : [] },
      { kind: 'notified', ids: news.map((row) => row.id) }
    ])
    return follow.state === 'accepted' ? 'followed' : 'follow-requested'
  })
}

/** A group announces in the form that its followers' hosts read: what they run is looked up soon. */
async function askForSoftware(ctx: Ctx, trx: Knex, host: string): Promise<void> {
  if (!(await isSoftwareStale(ctx, trx, host))) return
  await scheduleChores(trx, [{ kind: 'software', subject: host, dueAt: ctx.clock.now() }])
  afterCommit(trx, () => ctx.queue.wake('chores'))
}

/** The activity's id, unless it is missing or this server used it for another pair already: then one of our own making. */
async function followIri(trx: Knex, { activity, actor }: OwnArrival, followed: ActorRow): Promise<string> {
  const own = `${actor.iri}#follow/${followed.id}`
  if (activity.id === null) return own
  const used = await findFollowByIri(trx, activity.id)
  return used === undefined || (used.follower_id === actor.id && used.followed_id === followed.id) ? activity.id : own
}

async function isBlocked(trx: Knex, by: ActorRow, who: ActorRow): Promise<boolean> {
  const found = await trx.raw<{ rows: unknown[] }>(
    `select 1 from blocks where blocker_id = :by and blocked_id = :who
     union all select 1 from actors where id = :by and blocked_hosts && (host_and_parents(:domain) || host_and_parents(:host))`,
    { by: by.id, who: who.id, domain: who.domain, host: who.host }
  )
  return found.rows.length > 0
}

/** Embeds the Follow with the follower's own id, as every peer requires (checklist 31). */
async function accept(ctx: Ctx, trx: Knex, by: ActorRow, { activity, actor }: OwnArrival): Promise<void> {
  const object = { ...(activity.id === null ? {} : { id: activity.id }), type: 'Follow', actor: actor.iri, object: by.iri }
  await publish(ctx, trx, {
    actor: by,
    type: 'Accept',
    object,
    objectIri: activity.id ?? by.iri,
    to: [actor.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
}

/**
 * Accept or Reject of a Follow that one of ours sent: only by the actor that was followed (O15–O17). Reject also ends an accepted one.
 * Null: what is answered is no Follow of ours.
 */
export async function applyFollowAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const ref = arrival.activity.objects[0]!
  const follow = await findAnswered(ctx, ref, arrival.actor)
  const followed = follow === undefined ? undefined : await ctx.db<ActorRow>('actors').where({ id: follow.followed_id }).first()
  if (follow === undefined) return null
  const verdict = authorise({ ...factsOf(ctx, arrival), objectId: ref.id, owner: followed?.iri ?? null })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (arrival.activity.type !== 'Accept' && arrival.activity.type !== 'Reject') return 'ignored-type'
  return ctx.db.transaction(async (trx) => {
    if (arrival.activity.type === 'Reject') {
      const ended = await removeFollow(trx, follow.follower_id, follow.followed_id)
      await emit(ctx, trx, [{ kind: 'follow-ended', ids: ended ? [follow.id] : [] }])
      return ended ? 'follow-rejected' : 'unchanged'
    }
    const accepted = await acceptFollow(ctx, trx, follow.id)
    if (accepted) await backfillHome(trx, follow.follower_id, follow.followed_id)
    if (accepted) await askForOutbox(ctx, trx, follow.followed_id)
    await emit(ctx, trx, [{ kind: 'follow-accepted', ids: accepted ? [follow.id] : [] }])
    return accepted ? 'follow-accepted' : 'unchanged'
  })
}

/** By the id of our Follow; else by the pair an embedded Follow names, where the followed one must be the signer. */
async function findAnswered(ctx: Ctx, ref: NormRef, signer: ActorRow): Promise<FollowRow | undefined> {
  const byId = ref.id === null ? undefined : await findFollowByIri(ctx.db, ref.id)
  if (byId !== undefined) return byId.follower_local ? byId : undefined
  if (ref.actor === null || ref.objectId !== signer.iri) return undefined
  const follower = await ctx.db<ActorRow>('actors').where({ iri: ref.actor, local: true }).first()
  return follower === undefined ? undefined : findFollow(ctx.db, follower.id, signer.id)
}
