// Blocking and muting. A block ends every link between the two and hides each from the other; muting is private.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { removeBlock, saveBlock } from '../../db/links.ts'
import type { ActorRow, BlockRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { publish } from '../../protocol/outbox.ts'
import { embeddedActivity } from '../../vocab/activity.ts'
import { mintActivityIri } from '../../vocab/iris.ts'
import { endFollow } from './follow.ts'
import { dropFollower } from './requests.ts'

/**
 * Blocks an actor. Their server is told, as Mastodon does: it then stops showing our citizen's posts to them. Servers that do not
 * know Block at least hear that the follows end (Undo, Reject). Throws block.self (422).
 */
export async function blockActor(ctx: Ctx, blocker: ActorRow, target: ActorRow): Promise<void> {
  if (blocker.id === target.id) throw new AppError('block.self', 422, 'You cannot block yourself.')
  await ctx.db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`block ${blocker.id} ${target.id}`])
    if ((await trx('blocks').where({ blocker_id: blocker.id, blocked_id: target.id }).first('id')) !== undefined) return
    await endFollow(ctx, trx, blocker, target)
    await dropFollower(ctx, trx, blocker, target)
    const iri = target.local
      ? mintActivityIri(requireSite(ctx).origin)
      : (await publish(ctx, trx, { actor: blocker, type: 'Block', object: target.iri, to: [target.iri], cc: [], visibility: 'direct' })).iri
    await saveBlock(ctx, trx, { iri, blockerId: blocker.id, blockedId: target.id })
  })
}

/** Takes a block back; nothing happens when there was none. */
export async function unblockActor(ctx: Ctx, blocker: ActorRow, target: ActorRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const block = await trx<BlockRow>('blocks').where({ blocker_id: blocker.id, blocked_id: target.id }).forUpdate().first()
    if (block === undefined) return
    await removeBlock(trx, blocker.id, target.id)
    if (target.local) return
    const undone = embeddedActivity({ iri: block.iri, type: 'Block', actorIri: blocker.iri, object: target.iri })
    await publish(ctx, trx, {
      actor: blocker,
      type: 'Undo',
      object: undone,
      objectIri: target.iri,
      to: [target.iri],
      cc: [],
      visibility: 'direct'
    })
  })
}

/** Ten years: longer is for good. */
const LONGEST_MUTE_SECONDS = 10 * 366 * 86_400

/**
 * Hides someone's posts, and their notifications unless told otherwise, for `durationSeconds` (0: until it is taken back). Nobody else
 * learns of it. Throws mute.self (422).
 */
export async function muteActor(
  ctx: Ctx,
  muter: ActorRow,
  target: ActorRow,
  { notifications = true, durationSeconds = 0 }: { notifications?: boolean; durationSeconds?: number } = {}
): Promise<void> {
  if (muter.id === target.id) throw new AppError('mute.self', 422, 'You cannot mute yourself.')
  const now = ctx.clock.now()
  const ends = durationSeconds > 0 ? new Date(now.getTime() + Math.min(durationSeconds, LONGEST_MUTE_SECONDS) * 1000) : null
  await ctx
    .db('mutes')
    .insert({ muter_id: muter.id, muted_id: target.id, notifications, created_at: now, expires_at: ends })
    .onConflict(['muter_id', 'muted_id'])
    .merge(['notifications', 'expires_at'])
}

/** Shows them again. */
export async function unmuteActor(ctx: Ctx, muter: ActorRow, target: ActorRow): Promise<void> {
  await ctx.db('mutes').where({ muter_id: muter.id, muted_id: target.id }).delete()
}
