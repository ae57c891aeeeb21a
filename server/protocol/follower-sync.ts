// Follower synchronisation (FEP-8fcf): a peer says what it believes about our people who follow one of its own; when we believe something
// else, its list is read, at most hourly, and both sides come to agree again. A lost Undo or Accept heals with the next post.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { hostOf, sameOrigin } from '../core/iri.ts'
import { scheduleChores } from '../db/chores.ts'
import { followersHere, type FollowerHere } from '../db/followers.ts'
import { acceptFollow, removeFollow } from '../db/links.ts'
import type { ActorRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { backfillHome } from '../db/timelines.ts'
import { claimVisit, findVisit } from '../db/visits.ts'
import { embeddedActivity } from '../vocab/activity.ts'
import { mintActivityIri } from '../vocab/iris.ts'
import { askForOutbox } from './ask-outbox.ts'
import { collectionIds } from './collection-ids.ts'
import { newBudget } from './fetch.ts'
import { digestOf, readSyncHeader, SYNC_HEADER } from './follower-digest.ts'
import { afterCommit, publish } from './outbox.ts'
import { emit } from './reactions.ts'
import type { Verified } from './verify.ts'

/** FEP-8fcf: not at every post. */
const APART_MS = 3_600_000
const FETCHES = 6
const DEADLINE_MS = 30_000
/** A list of followers is whole or useless: longer than what else we read. */
const BOUNDS = { pages: 5, items: 20_000 }
/** Follows the peer has and we do not: ended in portions, the next difference brings the rest. */
const MAX_UNDONE = 50

/** To be called with the header of every accepted request. Never throws, never holds up the answer. */
export function noticeFollowers(ctx: Ctx, verified: Verified, header: string | string[] | undefined): void {
  if (typeof header !== 'string' || !verified.covered.includes(SYNC_HEADER)) return
  compareFollowers(ctx, verified, header).catch((error: unknown) =>
    ctx.log.warn({ err: error, host: verified.host }, 'followers could not be compared')
  )
}

/**
 * Compares the signer's number with ours; true when they differ and the list is going to be read. The header counts only when it is about
 * the signer's own followers, at an address of the signer's own host.
 */
export async function compareFollowers(ctx: Ctx, signer: Pick<Verified, 'actorId' | 'host'>, header: string): Promise<boolean> {
  const claim = readSyncHeader(header)
  if (claim === null || hostOf(claim.url) !== signer.host) return false
  const actor = await ctx.db<ActorRow>('actors').where({ id: signer.actorId, local: false, followers_iri: claim.collectionId }).first('id')
  if (actor === undefined) return false
  const ours = (await followersHere(ctx.db, actor.id)).filter(({ state }) => state === 'accepted')
  if (digestOf(ours.map(({ iri }) => iri)) === claim.digest) return false
  const now = ctx.clock.now()
  return ctx.db.transaction(async (trx) => {
    const visit = { kind: 'followers-sync' as const, subject: actor.id, at: now, detail: { url: claim.url, digest: claim.digest } }
    if (!(await claimVisit(trx, visit, new Date(now.getTime() - APART_MS)))) return false
    await scheduleChores(trx, [{ kind: 'followers-sync', subject: actor.id, dueAt: now }])
    ctx.count('followers-sync.differs')
    afterCommit(trx, () => ctx.queue.wake('chores'))
    return true
  })
}

/**
 * Chore `followers-sync`, about a remote actor: reads the list its server has for us. Only a list that gives the number that was announced
 * is acted upon (Mastodon's rule: an incomplete list ends nobody's follow). Throws when the server cannot answer now.
 */
export async function repairFollowers(ctx: Ctx, actorId: string): Promise<null> {
  const visit = await findVisit(ctx.db, 'followers-sync', actorId)
  const actor = await ctx.db<ActorRow>('actors').where({ id: actorId, local: false, deleted_at: null, suspended_at: null }).first()
  const { url, digest } = visit?.detail ?? {}
  if (actor === undefined || typeof url !== 'string') return null
  const listed = await listAt(ctx, url)
  if (listed === null || digestOf(listed) !== digest) {
    ctx.count('followers-sync.unproved')
    return null
  }
  await ctx.db.transaction((trx) => repair(ctx, trx, actor, new Set(listed)))
  ctx.count('followers-sync.repaired')
  return null
}

/** Our own people in the peer's list; null when it cannot be read at all. */
async function listAt(ctx: Ctx, url: string): Promise<string[] | null> {
  const own = requireSite(ctx).origin
  try {
    const ids = await collectionIds(ctx, url, url, newBudget(FETCHES, DEADLINE_MS), BOUNDS)
    return ids.filter((iri) => sameOrigin(iri, own))
  } catch (error) {
    if (!isAppError(error) || error.code === 'fetch.unreachable') throw error
    return null
  }
}

async function repair(ctx: Ctx, trx: Knex, actor: ActorRow, listed: Set<string>): Promise<void> {
  const ours = await followersHere(trx, actor.id)
  await endStale(
    ctx,
    trx,
    actor,
    ours.filter(({ iri, state }) => state === 'accepted' && !listed.has(iri))
  )
  await acceptAwaited(
    ctx,
    trx,
    actor,
    ours.filter(({ iri, state }) => state === 'pending' && listed.has(iri))
  )
  const known = new Set(ours.map(({ iri }) => iri))
  await undoUnknown(
    ctx,
    trx,
    actor,
    [...listed].filter((iri) => !known.has(iri))
  )
}

/** Their server forgot these follows: nothing comes any more, and nobody should believe it does. */
async function endStale(ctx: Ctx, trx: Knex, actor: ActorRow, stale: FollowerHere[]): Promise<void> {
  for (const { follower_id: id } of stale) await removeFollow(trx, id, actor.id)
  await emit(ctx, trx, [{ kind: 'follow-ended', ids: stale.map(({ follow_id: id }) => id) }])
}

/** Their Accept was lost. */
async function acceptAwaited(ctx: Ctx, trx: Knex, actor: ActorRow, awaited: FollowerHere[]): Promise<void> {
  for (const { follow_id: id, follower_id: follower } of awaited)
    if (await acceptFollow(ctx, trx, id)) await backfillHome(trx, follower, actor.id)
  if (awaited.length > 0) await askForOutbox(ctx, trx, actor.id)
  await emit(ctx, trx, [{ kind: 'follow-accepted', ids: awaited.map(({ follow_id: id }) => id) }])
}

/** Our Undo was lost: said again, for whoever is still here to say it. Its Follow has an id of today, the old one is forgotten. */
async function undoUnknown(ctx: Ctx, trx: Knex, actor: ActorRow, iris: string[]): Promise<void> {
  const followers = await trx<ActorRow>('actors')
    .whereIn('iri', iris)
    .where({ local: true, deleted_at: null, suspended_at: null })
    .orderBy('id')
    .limit(MAX_UNDONE)
  for (const follower of followers) {
    const iri = mintActivityIri(requireSite(ctx).origin)
    await publish(ctx, trx, {
      actor: follower,
      type: 'Undo',
      object: embeddedActivity({ iri, type: 'Follow', actorIri: follower.iri, object: actor.iri }),
      objectIri: actor.iri,
      to: [actor.iri],
      cc: [],
      visibility: 'direct'
    })
  }
}
