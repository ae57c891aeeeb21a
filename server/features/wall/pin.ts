// Pinning a post on one's profile (`featured`): what servers that have just found the profile show first.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { removeFeatured, saveFeatured } from '../../db/links.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { publish } from '../../protocol/outbox.ts'
import { PUBLIC } from '../../vocab/addressing.ts'

/** Mastodon's limit; more is no selection. */
const MAX_PINS = 5

/** Pins or unpins one's own public post. Throws post.not-pinnable, post.too-many-pins (422). */
export async function pinObject(ctx: Ctx, actor: ActorRow, object: ObjectRow, pinned: boolean): Promise<void> {
  const open = object.visibility === 'public' || object.visibility === 'unlisted'
  if (object.actor_id !== actor.id || object.reblog_of_id !== null || !open)
    throw new AppError('post.not-pinnable', 422, 'Only your own public posts can be pinned.')
  await ctx.db.transaction(async (trx) => {
    await trx('actors').where({ id: actor.id }).forUpdate().first('id')
    const pins = await trx('featured').where({ actor_id: actor.id }).select<{ object_id: string }[]>('object_id')
    const already = pins.some((pin) => pin.object_id === object.id)
    if (already === pinned) return
    if (pinned && pins.length >= MAX_PINS) throw new AppError('post.too-many-pins', 422, 'You have already pinned five posts.')
    if (pinned) await saveFeatured(ctx, trx, actor.id, object.id)
    else await removeFeatured(trx, actor.id, object.id)
    const followers = actor.followers_iri ?? `${actor.iri}/followers`
    const target = actor.featured_iri ?? `${actor.iri}/featured`
    await publish(ctx, trx, {
      actor,
      type: pinned ? 'Add' : 'Remove',
      object: object.iri,
      to: [PUBLIC],
      cc: [followers],
      visibility: 'public',
      extra: { target }
    })
  })
}
