// Where something is said: in a group of ours one has a voice in, in a group elsewhere one follows, or nowhere in particular.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { hear } from '../../core/group-policy.ts'
import { findActorWithHandle } from '../../db/actors.ts'
import { isLocked, standingOf } from '../../db/group-standing.ts'
import { findFollow } from '../../db/links.ts'
import type { ActorRow, Visibility } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import type { ParentPart } from '../../protocol/local-objects.ts'

/**
 * The group named by username, or by `name@host` for one elsewhere; null without a name.
 * Throws group.not-found (404), group.banned, group.moderators-post, group.members-post, group.not-followed (403).
 */
export async function findVenue(ctx: Ctx, author: ActorRow, name: string | undefined): Promise<ActorRow | null> {
  if (name === undefined || name === '') return null
  const [username = '', domain] = name.replace(/^@/, '').split('@')
  const group = await findActorWithHandle(ctx.db, username, domain ?? requireSite(ctx).accountDomain)
  if (group === null || group.type !== 'Group' || group.deleted_at !== null || group.suspended_at !== null)
    throw new AppError('group.not-found', 404, 'There is no group of this name here.')
  if (group.local) await assertHeard(ctx, group, author)
  else if ((await findFollow(ctx.db, author.id, group.id))?.state !== 'accepted')
    throw new AppError('group.not-followed', 403, 'Follow this group first, then you can post in it.')
  return group
}

async function assertHeard(ctx: Ctx, group: ActorRow, author: ActorRow): Promise<void> {
  const standing = await standingOf(ctx.db, group.id, author.id)
  if (standing === null) throw new AppError('group.not-found', 404, 'There is no group of this name here.')
  const hearing = hear(standing, { isAnswer: false, locked: false })
  if (hearing === 'heard') return
  if (hearing === 'banned') throw banned()
  if (standing.role !== null) throw new AppError('group.moderators-post', 403, 'In this group only moderators start discussions.')
  throw new AppError('group.members-post', 403, 'Join this group first, then you can post in it.')
}

/**
 * The group an answer is said in: that of what it answers, where the author is heard there, else none. Throws group.banned and
 * group.thread-locked (403).
 */
export async function venueOfAnswer(ctx: Ctx, author: ActorRow, parent: ParentPart | null): Promise<ActorRow | null> {
  if (parent === null || parent.group === null || !parent.group.local) return parent?.group ?? null
  const standing = await standingOf(ctx.db, parent.group.id, author.id)
  if (standing === null) return parent.group
  const hearing = hear(standing, { isAnswer: true, locked: await isLocked(ctx.db, parent.object) })
  if (hearing === 'banned') throw banned()
  if (hearing === 'locked') throw new AppError('group.thread-locked', 403, 'Moderators have closed this discussion.')
  return hearing === 'heard' ? parent.group : null
}

/** What may be said there: a group elsewhere takes only what is public. Throws post.group-visibility (422). */
export function checkVisibility(group: ActorRow | null, visibility: Visibility): void {
  if (group === null || visibility === 'public' || visibility === 'unlisted' || (visibility === 'members' && group.local)) return
  throw new AppError('post.group-visibility', 422, 'In a group you can write for everybody, or for its members.')
}

function banned(): AppError {
  return new AppError('group.banned', 403, 'The moderators of this group have excluded you from it.')
}
