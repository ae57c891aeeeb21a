// Removes what a remote actor left here when its server says it is gone. The emptied row stays, so that its address cannot be taken again.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { HANGING_ON } from './objects.ts'
import type { ActorRow } from './rows.ts'

const EMPTY = {
  name: null,
  summary: null,
  content: '',
  content_html: '',
  source: null,
  place: null,
  latitude: null,
  longitude: null,
  attachments: '[]',
  tags: '[]',
  poll: null,
  doc: '{}'
}

/** Wipes objects, boosts, likes, follows, home items, notifications and the profile of a remote actor. A handful of statements whatever it wrote. */
export async function wipeRemoteActor(ctx: Ctx, trx: Knex, actor: Pick<ActorRow, 'id' | 'iri' | 'type'>): Promise<void> {
  const now = ctx.clock.now()
  const theirs = (): Knex.QueryBuilder => trx('objects').where({ actor_id: actor.id }).select('id')
  await trx('objects').whereIn('reblog_of_id', theirs()).delete()
  await trx('objects').where({ actor_id: actor.id }).whereNotNull('reblog_of_id').delete()
  for (const table of HANGING_ON) {
    await trx(table).whereIn('object_id', theirs()).delete()
  }
  await trx('objects')
    .where({ actor_id: actor.id, deleted_at: null })
    .update({ ...EMPTY, deleted_at: now })
  for (const table of ['likes', 'reactions', 'dislikes']) await trx(table).where({ actor_id: actor.id }).delete()
  await trx('quotes').whereIn('quote_id', theirs()).delete()
  // The totals keep counting: who voted is forgotten, not what was decided.
  await trx('poll_votes').where({ voter_id: actor.id }).delete()
  await trx('follows').where({ follower_id: actor.id }).orWhere({ followed_id: actor.id }).delete()
  for (const table of ['memberships', 'list_accounts']) await trx(table).where({ actor_id: actor.id }).delete()
  await trx('participations').where({ actor_id: actor.id }).delete()
  await trx('event_invitations').where({ invitee_id: actor.id }).orWhere({ inviter_id: actor.id }).delete()
  await trx('group_invitations').where({ invitee_id: actor.id }).orWhere({ inviter_id: actor.id }).orWhere({ group_id: actor.id }).delete()
  await trx('notifications').where({ from_id: actor.id }).delete()
  await trx('object_recipients').where({ actor_id: actor.id }).delete()
  await trx('actors')
    .where({ id: actor.id, local: false })
    .update({
      deleted_at: now,
      name: '',
      summary: '',
      icon: null,
      image: null,
      fields: '[]',
      doc: JSON.stringify({ id: actor.iri, type: actor.type })
    })
}
