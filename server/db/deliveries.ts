// Rows of what is still to send: one per activity and inbox. Written with the activity; the sender's truth (security.md §C2).
import type { Knex } from 'knex'

/**
 * Which hosts an announcement is for (federation.md §3.6): `activity` those known to take whole activities (FEP-1b12),
 * `activity-or-unknown` also those whose software we do not know, `uri` all that are not known to; `relay` all but those that refuse an
 * announced address (§4.12).
 */
export type AnnounceForm = 'activity' | 'activity-or-unknown' | 'uri' | 'relay'

export interface DeliveryTargets {
  activityId: string
  /** Who signs. */
  actorId: string
  objectIri: string | null
  now: Date
  ownHost: string
  toFollowers: boolean
  /** IRIs of local groups whose remote members are addressed. */
  memberGroups: string[]
  /** IRIs of addressed actors; what is no known remote actor is ignored. */
  actors: string[]
  /** True: never a shared inbox (Follow, Like, direct messages…). */
  personalInbox: boolean
  /** IRI of an object or activity: every inbox that got it, and of an event also those who take part without following. */
  alsoInboxesOf: string | null
  /** Row id of a poll. */
  alsoVotersOf: string | null
  /** Null: every host. */
  form: AnnounceForm | null
}

/**
 * Writes one row per distinct inbox and returns how many. Own host, blocked hosts and gone hosts get none; a sleeping host's row
 * waits for its next probe. Index use: follower_inboxes by primary key, actors by iri, deliveries by (activity_id, inbox).
 */
export async function insertDeliveries(trx: Knex, targets: DeliveryTargets): Promise<number> {
  const parts = audienceOf(targets)
  if (parts.length === 0) return 0
  const result = await trx.raw<{ rowCount: number }>(insertFor(parts, targets.form ?? 'every'), {
    activityId: targets.activityId,
    actorId: targets.actorId,
    objectIri: targets.objectIri,
    now: targets.now,
    ownHost: targets.ownHost,
    memberGroups: targets.memberGroups,
    actors: targets.actors,
    also: targets.alsoInboxesOf,
    votersOf: targets.alsoVotersOf
  })
  return result.rowCount
}

/** Software that reads Announce{activity}, by its name in NodeInfo. */
const SPEAKS_1B12 = `(coalesce(hosts.relays_activities, false) or coalesce(hosts.software in ('lemmy', 'piefed', 'mbin', 'nodebb', 'communer'), false))`

/** SQL: true for hosts that an announcement of this form is for. Needs `hosts` left joined. */
const FORM_FITS: Record<AnnounceForm | 'every', string> = {
  activity: SPEAKS_1B12,
  'activity-or-unknown': `(${SPEAKS_1B12} or hosts.software is null)`,
  uri: `not ${SPEAKS_1B12}`,
  relay: `(hosts.software = 'communer' or not ${SPEAKS_1B12})`,
  every: 'true'
}

/** True when a follower of this local group is on a host that takes this form: without one, nothing has to be written. */
export async function hasFollowersFor(trx: Knex, groupId: string, form: AnnounceForm): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `select 1 from follower_inboxes f left join hosts on hosts.host = f.host where f.followed_id = :groupId and ${FORM_FITS[form]} limit 1`,
    { groupId }
  )
  return rows.length > 0
}

/** The parts of the audience that these targets name, as SQL: planning the other ones would cost more than all the rest. */
function audienceOf(targets: DeliveryTargets): string[] {
  const parts: string[] = []
  if (targets.toFollowers) parts.push('select inbox, host from follower_inboxes where followed_id = :actorId')
  if (targets.actors.length > 0)
    parts.push(`select ${targets.personalInbox ? 'inbox' : 'coalesce(shared_inbox, inbox)'}, host
      from actors where iri = any(array(select unnest(:actors::text[]))) and not local and deleted_at is null`)
  if (targets.memberGroups.length > 0)
    parts.push(`select member.inbox, member.host
      from actors owner
      join memberships on memberships.group_id = owner.id and memberships.state = 'active'
      join actors member on member.id = memberships.actor_id and not member.local and member.deleted_at is null
      where owner.iri = any(array(select unnest(:memberGroups::text[]))) and owner.local`)
  if (targets.alsoInboxesOf !== null)
    parts.push(
      `select earlier.inbox, earlier.host
      from activities
      join deliveries earlier on earlier.activity_id = activities.id and earlier.state <> 'cancelled'
      where (activities.object_iri = :also or activities.iri = :also) and activities.type in ('Create', 'Update', 'Announce')`,
      `select coalesce(guest.shared_inbox, guest.inbox), guest.host
      from objects event
      join participations on participations.object_id = event.id and participations.state in ('accepted', 'pending', 'interested')
      join actors guest on guest.id = participations.actor_id and not guest.local and guest.deleted_at is null
      where event.iri = :also and event.type = 'Event'`
    )
  if (targets.alsoVotersOf !== null)
    for (const [table, poll, person] of [
      ['poll_votes', 'object_id', 'voter_id'],
      ['vote_voters', 'vote_id', 'actor_id']
    ] as const)
      parts.push(`select coalesce(voter.shared_inbox, voter.inbox), voter.host
        from ${table} v join actors voter on voter.id = v.${person} and not voter.local and voter.deleted_at is null
        where v.${poll} = :votersOf::bigint`)
  return parts
}

const insertFor = (audience: string[], form: AnnounceForm | 'every'): string => `
  with audience (inbox, host) as (${audience.join(' union ')})
  insert into deliveries (activity_id, actor_id, inbox, host, object_iri, next_at)
  select :activityId, :actorId, audience.inbox, audience.host, :objectIri, greatest(:now::timestamptz, hosts.open_until)
    from audience
    left join hosts on hosts.host = audience.host
    where audience.host <> :ownHost and hosts.gone_at is null and ${FORM_FITS[form]}
      and host_action(audience.host) is distinct from 'block'
  on conflict (activity_id, inbox) do nothing`

/**
 * A deletion makes earlier, never sent words about the same object pointless: cancels those that no worker holds at this moment.
 * Returns how many.
 */
export async function cancelUnsent(trx: Knex, objectIri: string, beforeActivityId: string, now: Date): Promise<number> {
  return trx('deliveries')
    .where({ object_iri: objectIri, state: 'waiting' })
    .where((query) => query.whereNull('lease_until').orWhere('lease_until', '<', now))
    .whereIn(
      'activity_id',
      trx('activities')
        .select('id')
        .where({ object_iri: objectIri })
        .whereIn('type', ['Create', 'Update', 'Announce'])
        .whereNot({ id: beforeActivityId })
    )
    .update({ state: 'cancelled', finished_at: now })
}

/** Nothing more goes to blocked hosts: what waits for them is cancelled; attempts under way end as they may (D05). Returns how many. */
export async function cancelBlocked(trx: Knex, now: Date): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update deliveries d set state = 'cancelled', finished_at = :now, lease_until = null
     from (select waiting.host from (select distinct host from deliveries where state = 'waiting') waiting where host_action(waiting.host) = 'block') b
     where d.host = b.host and d.state = 'waiting'`,
    { now }
  )
  return rowCount
}

/** Nothing more leaves in this actor's name, deletions apart when asked (W26). Returns how many. */
export async function cancelOfActor(trx: Knex, actorId: string, now: Date, { keepDeletions = false } = {}): Promise<number> {
  const waiting = trx('deliveries').where({ actor_id: actorId, state: 'waiting' })
  if (keepDeletions) waiting.whereNotIn('activity_id', trx('activities').where({ actor_id: actorId, type: 'Delete' }).select('id'))
  return waiting.update({ state: 'cancelled', finished_at: now, lease_until: null })
}
