// What moderators here decide in a group of ours, as it goes out: their activity, announced by the group to hosts that read such
// announcements (form 1), and sent to whom it is about. Who may is decided before.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { findActivity } from '../db/activities.ts'
import type { ActorRow } from '../db/rows.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import { announceActivity, embeddable } from './group-voice.ts'
import { publish, type Published } from './outbox.ts'

export interface GroupAct {
  group: ActorRow
  moderator: ActorRow
  type: 'Delete' | 'Lock' | 'Block' | 'Add' | 'Remove'
  /** IRI of the post or the person. */
  object: string
  /** Whom it is about: author of the post, or the person. */
  about: ActorRow
  /** The collection of an Add or Remove, the group of a Block. */
  target?: string
  reason?: string
}

/** Publishes a decision and has the group announce it. */
export async function publishAct(ctx: Ctx, trx: Knex, act: GroupAct): Promise<Published> {
  const { group, type, object, target, reason } = act
  const extra = { ...(target === undefined ? {} : { target }), ...(reason ? { summary: reason } : {}) }
  return say(ctx, trx, act, { type, object, objectIri: object, extra: { audience: group.iri, ...extra } })
}

/** Takes a decision back: Undo with what was said. Nothing is sent when it was said by somebody elsewhere and we hold no activity. */
export async function undoAct(ctx: Ctx, trx: Knex, act: GroupAct & { iri: string | null; by: ActorRow | null }): Promise<void> {
  const { group, type, object, target } = act
  const known = act.iri === null ? undefined : await findActivity(trx, act.iri)
  const inner =
    known === undefined || known.body === ''
      ? {
          ...(act.iri === null ? {} : { id: act.iri }),
          type,
          actor: (act.by ?? act.moderator).iri,
          object,
          ...(target === undefined ? {} : { target })
        }
      : (JSON.parse(embeddable(known.body)) as Record<string, unknown>)
  await say(ctx, trx, act, { type: 'Undo', object: inner, objectIri: object, extra: { audience: group.iri } })
}

async function say(
  ctx: Ctx,
  trx: Knex,
  { group, moderator, about }: GroupAct,
  saying: { type: string; object: string | Record<string, unknown>; objectIri: string; extra: Record<string, unknown> }
): Promise<Published> {
  const published = await publish(ctx, trx, {
    ...saying,
    actor: moderator,
    to: [PUBLIC],
    cc: [group.iri, about.iri].filter((iri) => iri !== moderator.iri),
    visibility: 'public',
    personalInbox: true,
    keepsUnsent: true
  })
  await announceActivity(ctx, trx, { group, activity: embeddable(published.body), objectIri: saying.objectIri })
  return published
}

/** Ends a follow of the group in its name: who is banned gets nothing more. */
export async function rejectFollower(ctx: Ctx, trx: Knex, group: ActorRow, follower: ActorRow): Promise<void> {
  const [follow] = await trx<{ iri: string }>('follows')
    .where({ follower_id: follower.id, followed_id: group.id } as never)
    .delete()
    .returning('iri')
  if (follow === undefined || follower.local) return
  await publish(ctx, trx, {
    actor: group,
    type: 'Reject',
    object: { id: follow.iri, type: 'Follow', actor: follower.iri, object: group.iri },
    objectIri: follow.iri,
    to: [follower.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
}
