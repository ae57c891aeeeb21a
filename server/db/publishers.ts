// In whose name someone speaks: themselves, or a group they may publish for.
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { canPublishAs, findMembership } from './memberships.ts'
import type { ActorRow, MembershipRow } from './rows.ts'

/** The publishing actor: the group of this username, or the author without one. Throws group.not-found (404), group.publish-denied (403). */
export async function findPublisher(ctx: Ctx, author: ActorRow, as: string | undefined): Promise<ActorRow> {
  if (as === undefined || as === '') return author
  const name = as.replace(/^@/, '').toLowerCase()
  const group = await ctx
    .db<ActorRow>('actors')
    .where({ local: true, type: 'Group' })
    .whereRaw('lower(username) = ?', [name])
    .whereNull('deleted_at')
    .first()
  if (group === undefined || group.suspended_at !== null) throw new AppError('group.not-found', 404, 'There is no group of this name here.')
  if (!(await canPublishAs(ctx, author.id, group.id))) {
    throw new AppError('group.publish-denied', 403, 'You are not allowed to publish in the name of this group.')
  }
  return group
}

/** The stored actor, deleted ones included. */
export async function findActor(ctx: Ctx, id: string): Promise<ActorRow | null> {
  return (await ctx.db<ActorRow>('actors').where({ id }).first()) ?? null
}

/** The person's membership of a group actor, or null when the actor is no group of theirs. */
export async function membershipIn(ctx: Ctx, actor: ActorRow, personId: string): Promise<MembershipRow | null> {
  return actor.local && actor.type === 'Group' ? findMembership(ctx.db, actor.id, personId) : null
}
