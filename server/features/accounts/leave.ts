// Leaving for good: what a person published goes, here and elsewhere, and what we know of them with it.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertPassword } from '../../core/password.ts'
import { wipeRemoteActor } from '../../db/actor-erasure.ts'
import { cancelOfActor } from '../../db/deliveries.ts'
import type { AccountRow, ActorRow } from '../../db/rows.ts'
import { handOver } from '../../db/series.ts'
import { publish } from '../../protocol/outbox.ts'
import { PUBLIC } from '../../vocab/addressing.ts'

/**
 * Deletes the person's account and actor, and sends Delete to everyone who follows them or got something of theirs. The emptied actor
 * stays, so that its address answers 410 and its name is never used again (W18).
 * Throws password.wrong (422), account.last-admin, group.last-owner (422).
 */
export async function deleteAccount(ctx: Ctx, account: AccountRow, actor: ActorRow, password: string): Promise<void> {
  await assertPassword(account, password)
  await ctx.db.transaction(async (trx) => {
    await assertReplaceable(trx, account, actor)
    await cancelOfActor(trx, actor.id, ctx.clock.now(), { keepDeletions: true })
    const followers = actor.followers_iri ?? `${actor.iri}/followers`
    await publish(ctx, trx, {
      actor,
      type: 'Delete',
      object: actor.iri,
      to: [PUBLIC],
      cc: [followers],
      visibility: 'public',
      alsoInboxesOf: actor.iri
    })
    await forget(ctx, trx, account, actor)
  })
}

/** Nobody leaves behind a commune without administrator or a group without owner. */
async function assertReplaceable(trx: Knex, account: AccountRow, actor: ActorRow): Promise<void> {
  if (account.role === 'admin') {
    const other = await trx('accounts').where({ role: 'admin', status: 'active' }).whereNot({ id: account.id }).first('id')
    if (other === undefined) throw new AppError('account.last-admin', 422, 'There must be at least one administrator.')
  }
  const orphan = await trx('memberships as m')
    .where({ 'm.actor_id': actor.id, 'm.role': 'owner', 'm.state': 'active' })
    .whereNotExists(
      trx('memberships as other')
        .whereRaw("other.group_id = m.group_id and other.actor_id <> m.actor_id and other.role = 'owner' and other.state = 'active'")
        .select(trx.raw('1'))
    )
    .first('m.group_id')
  if (orphan !== undefined)
    throw new AppError('group.last-owner', 422, 'A group keeps at least one owner: name another one before you leave.')
}

async function forget(ctx: Ctx, trx: Knex, account: AccountRow, actor: ActorRow): Promise<void> {
  const now = ctx.clock.now()
  await trx.raw(
    `insert into tombstones (iri, actor_iri, former_type, deleted_at) select iri, ?, type, ? from objects where actor_id = ? and deleted_at is null
     on conflict (iri) do nothing`,
    [actor.iri, now, actor.id]
  )
  await wipeRemoteActor(ctx, trx, actor)
  await trx.raw("update objects set doc = jsonb_build_object('id', iri, 'type', 'Tombstone', 'formerType', type) where actor_id = ?", [
    actor.id
  ])
  // What the person wrote in the name of a group is the group's; only the name behind it goes.
  await trx('objects').where({ author_id: actor.id }).update({ author_id: null })
  await handOver(trx, actor.id)
  for (const [table, column] of [
    ['event_series', 'author_id'],
    ['home_items', 'owner_id'],
    ['notifications', 'owner_id'],
    ['mutes', 'muter_id'],
    ['mutes', 'muted_id'],
    ['blocks', 'blocker_id'],
    ['idempotency_keys', 'actor_id'],
    ['bookmarks', 'actor_id'],
    ['lists', 'owner_id'],
    ['list_accounts', 'actor_id'],
    ['filters', 'actor_id'],
    ['thread_mutes', 'actor_id'],
    ['tag_follows', 'actor_id'],
    ['featured_tags', 'actor_id'],
    ['conversations', 'owner_id'],
    ['scheduled_statuses', 'actor_id'],
    ['event_messages', 'author_id'],
    ['proposal_drafts', 'actor_id'],
    ['proposal_authors', 'actor_id'],
    ['task_people', 'actor_id'],
    ['object_followers', 'actor_id'],
    ['push_subscriptions', 'actor_id'],
    ['dismissed_suggestions', 'actor_id'],
    ['notification_permissions', 'owner_id'],
    ['actor_notes', 'actor_id'],
    ['actor_notes', 'target_id'],
    ['announcement_reads', 'actor_id'],
    ['announcement_reactions', 'actor_id'],
    ['endorsements', 'actor_id'],
    ['endorsements', 'target_id']
  ] as const) {
    await trx(table)
      .where({ [column]: actor.id })
      .delete()
  }
  // Without an object, files are orphans: pruning removes them.
  await trx('media').where({ actor_id: actor.id }).update({ object_id: null })
  await trx('actors')
    .where({ id: actor.id })
    .update({
      deleted_at: now,
      name: '',
      summary: '',
      icon: null,
      image: null,
      fields: '[]',
      doc: JSON.stringify({ id: actor.iri, type: 'Tombstone', formerType: actor.type })
    })
  await trx('tokens').where({ account_id: account.id }).delete()
  for (const table of [
    'one_time_links',
    'personal_calendars',
    'mails',
    'totp',
    'passkeys',
    'recovery_codes',
    'code_failures',
    'login_tickets',
    'imports'
  ])
    await trx(table).where({ account_id: account.id }).delete()
  await trx('accounts')
    .where({ id: account.id })
    .update({ status: 'disabled', email: `${account.id}@deleted.invalid`, password_hash: '', reason: '', preferences: '{}' })
}
