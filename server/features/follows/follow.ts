// Following people and groups, here and elsewhere, and stopping.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { forgetHome } from '../../db/home.ts'
import { findFollow, removeFollow, saveFollow } from '../../db/links.ts'
import { notify } from '../../db/notifications.ts'
import type { ActorRow, FollowRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { backfillHome } from '../../db/timelines.ts'
import { publish } from '../../protocol/outbox.ts'
import { embeddedActivity } from '../../vocab/activity.ts'
import { mintActivityIri } from '../../vocab/iris.ts'
import { isBlockedBetween } from './blocked.ts'

export interface FollowOptions {
  /** Their boosts too. */
  reblogs?: boolean | undefined
  /** A notification for each new post. */
  notify?: boolean | undefined
  /** Only posts in these languages (ISO 639); none for all. */
  languages?: string[] | undefined
}

const MAX_LANGUAGES = 30

/**
 * Follows an actor. Here: accepted at once, except by people who want to be asked. Elsewhere: pending until their server accepts.
 * Throws follow.self, follow.languages (422), follow.refused (403).
 */
export async function followActor(ctx: Ctx, follower: ActorRow, target: ActorRow, options: FollowOptions = {}): Promise<void> {
  const languages = languagesOf(options.languages)
  if (follower.id === target.id) throw new AppError('follow.self', 422, 'You cannot follow yourself.')
  if (target.suspended_at !== null || target.deleted_at !== null || target.host_action === 'block')
    throw new AppError('actor.not-found', 404, 'Record not found')
  await ctx.db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`follow ${follower.id} ${target.id}`])
    if (await isBlockedBetween(trx, follower.id, target.id)) throw new AppError('follow.refused', 403, 'You cannot follow this account.')
    const known = await findFollow(trx, follower.id, target.id)
    if (known === undefined) await startFollow(ctx, trx, follower, target)
    const changes = {
      ...(options.reblogs === undefined ? {} : { reblogs: options.reblogs }),
      ...(options.notify === undefined ? {} : { notify: options.notify }),
      ...(languages === undefined ? {} : { languages })
    }
    if (Object.keys(changes).length === 0) return
    await trx('follows').where({ follower_id: follower.id, followed_id: target.id }).update(changes)
    if (languages) await forgetHome(trx, follower.id, target.id, languages)
  })
}

/** Undefined: nothing was said; null: all. */
function languagesOf(said: string[] | undefined): string[] | null | undefined {
  if (said === undefined) return undefined
  const languages = [...new Set(said.map((one) => one.toLowerCase()))].filter((one) => one !== '')
  if (languages.length > MAX_LANGUAGES || languages.some((one) => !/^[a-z]{2,3}(-[a-z]{2,4})?$/.test(one)))
    throw new AppError('follow.languages', 422, 'Validation failed: Languages is invalid')
  return languages.length === 0 ? null : languages
}

async function startFollow(ctx: Ctx, trx: Knex, follower: ActorRow, target: ActorRow): Promise<void> {
  if (!target.local) {
    const { iri } = await publish(ctx, trx, {
      actor: follower,
      type: 'Follow',
      object: target.iri,
      to: [target.iri],
      cc: [],
      visibility: 'direct'
    })
    await saveFollow(ctx, trx, { iri, follower, followedId: target.id, state: 'pending' })
    return
  }
  const state: FollowRow['state'] = target.locked && target.type === 'Person' ? 'pending' : 'accepted'
  await saveFollow(ctx, trx, { iri: mintActivityIri(requireSite(ctx).origin), follower, followedId: target.id, state })
  if (state === 'accepted') await backfillHome(trx, follower.id, target.id)
  await notify(ctx, trx, [
    { ownerId: target.id, type: state === 'accepted' ? 'follow' : 'follow_request', fromId: follower.id, objectId: null }
  ])
}

/** Stops following, or withdraws the request; nothing happens when there was neither. */
export async function unfollowActor(ctx: Ctx, follower: ActorRow, target: ActorRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`follow ${follower.id} ${target.id}`])
    await endFollow(ctx, trx, follower, target)
  })
}

/** Ends a follow of `follower` and tells the other server (federation.md §3.1: Undo embeds the full Follow). */
export async function endFollow(ctx: Ctx, trx: Knex, follower: ActorRow, target: ActorRow): Promise<void> {
  const follow = await findFollow(trx, follower.id, target.id)
  if (follow === undefined) return
  await removeFollow(trx, follower.id, target.id)
  if (target.local) return
  const undone = embeddedActivity({ iri: follow.iri, type: 'Follow', actorIri: follower.iri, object: target.iri })
  await publish(ctx, trx, {
    actor: follower,
    type: 'Undo',
    object: undone,
    objectIri: target.iri,
    to: [target.iri],
    cc: [],
    visibility: 'direct'
  })
}
