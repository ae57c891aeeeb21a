// Hashtags people follow, whose public posts come into their home timeline, and those they show on their profile.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { forgetTagHome } from '../../db/home.ts'
import { inOrder, pageOf, type Page } from '../../db/paging.ts'
import type { KeptTagRow } from '../../db/rows.ts'
import { foldTag } from '../../protocol/normalise-parts.ts'

/** What the profile shows; instances announce it as max_featured_tags. */
export const MAX_FEATURED_TAGS = 10
const MAX_FOLLOWED_TAGS = 500

/** A hashtag as typed, without #, and the key it is found by. Throws 404 for what is no hashtag. */
export function readTag(typed: string): { tag: string; name: string } {
  const name = typed.replace(/^#/, '').normalize('NFC')
  const tag = foldTag(name)
  if (tag === null) throw new AppError('request.not-found', 404, 'Record not found')
  return { tag, name }
}

/** Follows a hashtag from now on. Throws tag.too-many (422). */
export async function followTag(ctx: Ctx, actorId: string, typed: string): Promise<void> {
  await keep(ctx, 'tag_follows', actorId, typed, MAX_FOLLOWED_TAGS)
}

/** Stops; what only the hashtag brought leaves the home timeline. */
export async function unfollowTag(ctx: Ctx, actorId: string, typed: string): Promise<void> {
  const { tag } = readTag(typed)
  await ctx.db.transaction(async (trx) => {
    if ((await trx('tag_follows').where({ actor_id: actorId, tag }).delete()) > 0) await forgetTagHome(trx, actorId, tag)
  })
}

/** The hashtags somebody follows, latest first. Plan: tag_follows_actor. */
export async function followedTags(ctx: Ctx, actorId: string, page: Page): Promise<KeptTagRow[]> {
  return inOrder((await pageOf(ctx.db('tag_follows').where({ actor_id: actorId }), 'id', page)) as KeptTagRow[], page)
}

/** The hashtags of a profile, in the order they were chosen. */
export async function featuredTags(ctx: Ctx, actorId: string): Promise<KeptTagRow[]> {
  return ctx.db<KeptTagRow>('featured_tags').where({ actor_id: actorId }).orderBy('id')
}

/** Shows a hashtag on one's profile. Throws tag.too-many (422). */
export async function featureTag(ctx: Ctx, actorId: string, typed: string): Promise<KeptTagRow> {
  return keep(ctx, 'featured_tags', actorId, typed, MAX_FEATURED_TAGS)
}

/** Shows it no more, by its name. */
export async function unfeatureTag(ctx: Ctx, actorId: string, typed: string): Promise<void> {
  await ctx
    .db('featured_tags')
    .where({ actor_id: actorId, tag: readTag(typed).tag })
    .delete()
}

/** Shows it no more, by the id of the featured hashtag. Throws 404. */
export async function removeFeaturedTag(ctx: Ctx, actorId: string, id: string): Promise<void> {
  if ((await ctx.db('featured_tags').where({ actor_id: actorId, id }).delete()) === 0)
    throw new AppError('request.not-found', 404, 'Record not found')
}

async function keep(ctx: Ctx, table: 'tag_follows' | 'featured_tags', actorId: string, typed: string, max: number): Promise<KeptTagRow> {
  const now = ctx.clock.now()
  const row: KeptTagRow = { id: newId(now), actor_id: actorId, ...readTag(typed), created_at: now }
  return ctx.db.transaction(async (trx) => {
    await trx(table).insert(row).onConflict(['actor_id', 'tag']).ignore()
    const [count] = await trx(table).where({ actor_id: actorId }).count<{ count: string }[]>({ count: '*' })
    if (Number(count?.count) > max) throw new AppError('tag.too-many', 422, 'You have chosen too many hashtags.')
    return (await trx<KeptTagRow>(table).where({ actor_id: actorId, tag: row.tag }).first())!
  })
}
