// Writes notifications of local people. Who sees them and how they read is features/notifications'.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { noticesToHold } from './floods.ts'
import { tell } from './live.ts'
import { planNoticeMails } from './notice-mails.ts'
import { planPushes } from './push.ts'
import type { ActorRow, DecisionRow, ObjectRow } from './rows.ts'
import { requireSite } from './site.ts'

export type NotificationType =
  | 'mention'
  | 'favourite'
  | 'reblog'
  | 'follow'
  | 'follow_request'
  | 'update'
  | 'status'
  | 'poll'
  | 'quote'
  // Somebody comes, asks to come; the organiser's answer; what becomes of an event one takes part in; an invitation.
  | 'event_join'
  | 'event_request'
  // People without account registered by mail; from the commune, whoever they are.
  | 'event_guest'
  | 'event_accepted'
  | 'event_refused'
  | 'event_cancelled'
  | 'event_postponed'
  | 'event_online'
  | 'event_moved'
  | 'event_deleted'
  | 'event_invite'
  | 'event_reminder'
  // From a group: an invitation, its answer to a request, a message it took out.
  | 'group_invite'
  | 'group_accepted'
  | 'group_refused'
  | 'group_removed'
  // To those who look after a group, and to who invited.
  | 'group_request'
  | 'group_joined'
  // To the town hall: enough people back an idea. To who backs one: it is answered, it is a project now.
  | 'idea_due'
  | 'idea_answered'
  | 'idea_project'
  // To authors: an amendment. To who amended: it is decided. To whom a proposal concerns: it was voted or answered.
  | 'proposal_amended'
  | 'amendment_decided'
  | 'proposal_decided'
  // To whom a task is given; to who made or gave it: it is done; to who does it: its day comes, has gone by.
  | 'task_given'
  | 'task_done'
  | 'task_soon'
  | 'task_late'
  // A vote one has not voted in closes soon; one is counted; a decision is to be looked at again.
  | 'vote_soon'
  | 'vote_closed'
  | 'vote_request'
  | 'vote_review'
  // Somebody says a card of the directory is theirs, proposes a correction; the answers. card_given: it went to somebody else.
  | 'card_claim'
  | 'card_correction'
  | 'card_accepted'
  | 'card_refused'
  | 'card_given'
  | 'correction_accepted'
  | 'correction_refused'
  // To who looks after a card: it gave way to another one that is the same.
  | 'card_merged'

export interface NewNotification {
  ownerId: string
  type: NotificationType
  fromId: string
  objectId: string | null
  /** Row id of the group it speaks of, when that is not who it comes from. */
  groupId?: string
  /** Why, of an answer. */
  reason?: string
}

export interface WrittenNotification {
  id: string
  owner_id: string
}

/** A follower of less counts as none: following is easily done just to be heard (Mastodon's notify_service.rb). */
const SETTLED = "interval '3 days'"
const NEW_ACCOUNT = "interval '30 days'"

/**
 * What the owner's policy says of a notification: `drop`, `filter`, `accept`, one for each rule it meets. Whom the owner follows or let
 * through, and what concerns the owner's own affairs, meets none. Plan: keys of accounts, follows, notification_permissions, objects;
 * scalar subqueries, since of an "exists" inside a case PostgreSQL may make a hash of the whole table.
 */
const VERDICTS = `select case when n.type in ('poll', 'update', 'event_guest', 'event_accepted', 'event_refused', 'event_cancelled', 'event_moved', 'event_postponed', 'event_online', 'event_deleted', 'event_reminder',
  'group_accepted', 'group_refused', 'group_removed', 'group_request', 'group_joined',
  'idea_due', 'idea_answered', 'idea_project', 'proposal_amended', 'amendment_decided', 'proposal_decided', 'task_done', 'task_soon', 'task_late', 'vote_soon', 'vote_closed', 'vote_review', 'vote_request',
  'card_claim', 'card_correction', 'card_accepted', 'card_refused', 'card_given', 'correction_accepted', 'correction_refused', 'card_merged')
    or (select true from follows f where f.follower_id = n.owner_id and f.followed_id = n.from_id and f.state = 'accepted')
    or (select true from notification_permissions np where np.owner_id = n.owner_id and np.from_id = n.from_id) then '{}'::text[]
  else (select array_remove(array[
      acc.rules ->> 'for_not_following',
      case when (select true from follows b where b.follower_id = n.from_id and b.followed_id = n.owner_id and b.state = 'accepted'
        and b.created_at < :now::timestamptz - ${SETTLED}) is null then acc.rules ->> 'for_not_followers' end,
      case when from_actor.published > :now::timestamptz - ${NEW_ACCOUNT} then acc.rules ->> 'for_new_accounts' end,
      case when n.type = 'mention' and (select true from objects said where said.id = n.object_id and said.visibility = 'direct'
        and (select true from objects asked where asked.id = said.in_reply_to_id and asked.actor_id = n.owner_id) is null)
        then acc.rules ->> 'for_private_mentions' end,
      case when from_actor.limited_at is not null or from_actor.host_action = 'limit' then coalesce(acc.rules ->> 'for_limited_accounts', 'drop') end
    ], null) from actors from_actor left join (select ac.preferences -> 'notificationPolicy' as rules from accounts ac where ac.actor_id = n.owner_id) acc
      on true where from_actor.id = n.from_id) end as verdicts`

/**
 * Writes what is new of these; the same news twice is one notification. Left out: owners who are not local people, news about
 * oneself (but the end of one's own poll), anyone in a block with the other or of a server the owner has blocked, whom moderators
 * limited unless the owner follows them (or wants otherwise), what the owner's policy drops or channels silence, and news of threads the owner muted. A flood of strangers is held back (floods.ts). Returns the rows to be told, for streaming.
 */
export async function notify(ctx: Ctx, trx: Knex, news: NewNotification[]): Promise<WrittenNotification[]> {
  const wanted = news.filter((item) => item.ownerId !== item.fromId || item.type === 'poll')
  if (wanted.length === 0) return []
  const now = ctx.clock.now()
  const held = await noticesToHold(ctx, trx, wanted)
  const written = await trx.raw<{ rows: (WrittenNotification & { held: boolean })[] }>(
    `insert into notifications (id, owner_id, type, from_id, object_id, group_id, reason, held, filtered, created_at)
     select n.id, n.owner_id, n.type, n.from_id, nullif(n.object_id, 0), nullif(n.group_id, 0), n.reason, n.held, 'filter' = any(policy.verdicts), :now::timestamptz
     from unnest(:ids::bigint[], :owners::bigint[], :types::text[], :senders::bigint[], :objects::bigint[], :groups::bigint[], :reasons::text[], :held::boolean[])
       as n (id, owner_id, type, from_id, object_id, group_id, reason, held)
     join actors owner on owner.id = n.owner_id and owner.local and owner.type = 'Person' and owner.suspended_at is null and owner.deleted_at is null
     cross join lateral (${VERDICTS}) policy
     where not exists (select 1 from blocks b where (b.blocker_id = n.owner_id and b.blocked_id = n.from_id)
       or (b.blocker_id = n.from_id and b.blocked_id = n.owner_id))
     and exists (select 1 from actors sender where sender.id = n.from_id and sender.host_action is distinct from 'block'
       and (sender.local or owner.blocked_hosts = '{}'
         or not (host_and_parents(sender.domain) || host_and_parents(sender.host)) && owner.blocked_hosts)
       )
     and not 'drop' = any(policy.verdicts)
     and not exists (select 1 from accounts ac where ac.actor_id = n.owner_id and jsonb_exists(ac.preferences #> '{silenced,site}', n.type))
     and not exists (select 1 from thread_mutes tm join objects said on said.id = n.object_id
       where tm.actor_id = n.owner_id and tm.root_id = said.root_id)
     on conflict do nothing returning id, owner_id, held or filtered as held`,
    {
      now,
      ids: wanted.map(() => newId(now)),
      owners: wanted.map((item) => item.ownerId),
      types: wanted.map((item) => item.type),
      senders: wanted.map((item) => item.fromId),
      objects: wanted.map((item) => item.objectId ?? '0'),
      groups: wanted.map((item) => item.groupId ?? '0'),
      reasons: wanted.map((item) => item.reason ?? ''),
      held: wanted.map((item) => held.has(item))
    }
  )
  const told = written.rows.filter((row) => !row.held)
  const ids = told.map(({ id }) => id)
  await tell(trx, 'notified', ids)
  await planPushes(ctx, trx, ids)
  await planNoticeMails(ctx, trx, ids)
  return told
}

/** Notifies whom new objects mention or answer; `mention` for both, as on Mastodon. Tasks have notifications of their own: who wrote a decision is not told of each. */
export async function notifyMentions(ctx: Ctx, trx: Knex, objects: Pick<ObjectRow, 'id' | 'actor_id'>[]): Promise<WrittenNotification[]> {
  if (objects.length === 0) return []
  const found = await trx.raw<{ rows: { owner_id: string; from_id: string; object_id: string }[] }>(
    `select r.actor_id as owner_id, coalesce(o.author_id, o.actor_id) as from_id, o.id as object_id
       from objects o join object_recipients r on r.object_id = o.id join actors a on a.id = r.actor_id and a.local
       where o.id = any(array(select unnest(?::bigint[]))) and (r.mention or o.visibility = 'direct') and o.kind is distinct from 'task'
     union
     select coalesce(parent.author_id, parent.actor_id), coalesce(o.author_id, o.actor_id), o.id
       from objects o join objects parent on parent.id = o.in_reply_to_id and parent.local and parent.deleted_at is null
       where o.id = any(array(select unnest(?::bigint[]))) and o.visibility in ('public', 'unlisted') and o.kind is distinct from 'task'`,
    [objects.map((object) => object.id), objects.map((object) => object.id)]
  )
  return notify(
    ctx,
    trx,
    found.rows.map((row) => ({ ownerId: row.owner_id, type: 'mention', fromId: row.from_id, objectId: row.object_id }))
  )
}

/** Tells a local person (of a group: its owners) what moderators decided about them. Comes from the commune, not from the moderator. */
export async function notifyDecision(
  ctx: Ctx,
  trx: Knex,
  target: Pick<ActorRow, 'id' | 'type'>,
  decision: Pick<DecisionRow, 'id'>
): Promise<WrittenNotification[]> {
  const owners =
    target.type === 'Group'
      ? await trx('memberships').where({ group_id: target.id, role: 'owner', state: 'active' }).pluck<string[]>('actor_id')
      : [target.id]
  if (owners.length === 0) return []
  const now = ctx.clock.now()
  const told = await trx('notifications')
    .insert(
      owners.map((owner) => ({
        id: newId(now),
        owner_id: owner,
        type: 'moderation_warning',
        from_id: requireSite(ctx).communeActorId,
        decision_id: decision.id,
        created_at: now
      }))
    )
    .returning<WrittenNotification[]>(['id', 'owner_id'])
  await tell(
    trx,
    'notified',
    told.map(({ id }) => id)
  )
  await planNoticeMails(
    ctx,
    trx,
    told.map(({ id }) => id)
  )
  return told
}

/** What the owner wants to see: nothing of suspended or muted people, nothing across a block, nothing their policy put aside unless asked for. */
export function shown(ctx: Ctx, ownerId: string, includeFiltered = false): Knex.QueryBuilder {
  return ctx
    .db('notifications as n')
    .where('n.owner_id', ownerId)
    .whereRaw('not n.held')
    .whereRaw(includeFiltered ? 'true' : 'not n.filtered')
    .whereRaw(
      "exists (select 1 from actors a where a.id = n.from_id and a.suspended_at is null and a.deleted_at is null and a.host_action is distinct from 'block')"
    )
    .whereRaw(
      `not exists (select 1 from mutes m where m.muter_id = n.owner_id and m.muted_id = n.from_id and m.notifications
        and (m.expires_at is null or m.expires_at > ?))`,
      [ctx.clock.now()]
    )
    .whereRaw('not exists (select 1 from blocks b where b.blocker_id = n.owner_id and b.blocked_id = n.from_id)')
}
