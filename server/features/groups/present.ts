// Groups as pages show them: the group with its numbers and how the viewer stands in it. Reading only, in fixed numbers of queries.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { findOpenInvitation } from '../../db/group-invitations.ts'
import { functionsOf, type MemberFunction } from '../../db/member-functions.ts'
import { findMembership } from '../../db/memberships.ts'
import type { ActorRow, GroupOpenness, GroupPosting, MembershipRole, MembershipState } from '../../db/rows.ts'
import { takesMembers } from './members.ts'

export interface GroupView {
  actor: ActorRow
  openness: GroupOpenness
  posting: GroupPosting
  relayed: boolean
  membersCount: number
  pendingCount: number
  counts: { statuses: number; followers: number; following: number }
  role: MembershipRole | null
  state: MembershipState | null
}

export interface MemberView {
  actor: ActorRow
  role: MembershipRole
  functions: MemberFunction[]
  state: MembershipState
  since: Date
}

export interface GroupFilter {
  search?: string
  kind?: string
  /** Only groups this actor belongs to. */
  memberId?: string
  maxId?: string
  limit: number
}

/** Living groups, newest first, keyset by id. The index actors_kind serves the unfiltered list, actors_search the search. */
export async function listGroups(ctx: Ctx, viewerId: string | null, filter: GroupFilter): Promise<GroupView[]> {
  const query = groupsQuery(ctx.db, viewerId).orderBy('actors.id', 'desc').limit(filter.limit)
  if (filter.kind !== undefined) query.where('actors.kind', filter.kind)
  if (filter.maxId !== undefined) query.where('actors.id', '<', filter.maxId)
  if (filter.search !== undefined && filter.search.trim() !== '') {
    const pattern = `%${filter.search.trim().replace(/[\\%_]/g, '\\$&')}%`
    query.whereRaw("f_unaccent(actors.username || ' ' || actors.name) like f_unaccent(?)", [pattern])
  }
  if (filter.memberId !== undefined) {
    query.whereIn('actors.id', ctx.db('memberships').where({ actor_id: filter.memberId, state: 'active' }).select('group_id'))
  }
  return (await query).map(toView)
}

/** One group as the viewer sees it. The caller knows that it exists. */
export async function viewGroup(ctx: Ctx, viewerId: string | null, groupId: string): Promise<GroupView> {
  const [row] = await groupsQuery(ctx.db, viewerId).where('actors.id', groupId)
  return toView(row!)
}

/** Members (or people who asked), owners first, keyset by actor id within the answer's order of joining. */
export async function listMembers(
  ctx: Ctx,
  groupId: string,
  { state, limit, after }: { state: MembershipState; limit: number; after?: string }
): Promise<MemberView[]> {
  const query = ctx
    .db('memberships')
    .join('actors', 'actors.id', 'memberships.actor_id')
    .where({ 'memberships.group_id': groupId, 'memberships.state': state })
    .whereNull('actors.deleted_at')
    .whereNull('actors.suspended_at')
    .orderBy('memberships.actor_id')
    .limit(limit)
  if (after !== undefined) query.where('memberships.actor_id', '>', after)
  const rows = await query.select<(ActorRow & { m_role: MembershipRole; m_state: MembershipState; m_since: Date })[]>(
    'actors.*',
    'memberships.role as m_role',
    'memberships.state as m_state',
    'memberships.created_at as m_since'
  )
  const functions = await functionsOf(
    ctx.db,
    groupId,
    rows.map(({ id }) => id)
  )
  return rows.map(({ m_role: role, m_state, m_since: since, ...actor }) => ({
    actor,
    role,
    functions: functions.get(actor.id) ?? [],
    state: m_state,
    since
  }))
}

export interface MembershipView {
  state: MembershipState | null
  /** Who invited, while there is no answer. */
  invitedBy: ActorRow | null
  /** The group has members and takes requests. */
  canAsk: boolean
}

/** How a person of this instance stands to a group, ours or elsewhere. */
export async function viewMembership(ctx: Ctx, actorId: string, group: ActorRow): Promise<MembershipView> {
  const membership = await findMembership(ctx.db, group.id, actorId)
  const invitation = await findOpenInvitation(ctx.db, group.id, actorId)
  const invitedBy = invitation === null ? undefined : await ctx.db<ActorRow>('actors').where({ id: invitation.inviter_id }).first()
  return {
    state: membership?.state ?? null,
    invitedBy: invitedBy ?? null,
    canAsk: takesMembers(group) && group.doc['openness'] !== 'invite_only'
  }
}

type GroupQueryRow = ActorRow & {
  g_openness: GroupOpenness
  g_posting: GroupPosting
  g_relayed: boolean
  g_members: number
  g_pending: number
  g_role: MembershipRole | null
  g_state: MembershipState | null
  g_statuses: number | null
  g_followers: number | null
  g_following: number | null
}

function groupsQuery(db: Knex, viewerId: string | null): Knex.QueryBuilder<object, GroupQueryRow[]> {
  return db('actors')
    .join('groups', 'groups.actor_id', 'actors.id')
    .leftJoin('actor_stats', 'actor_stats.actor_id', 'actors.id')
    .leftJoin('memberships as mine', (join) => join.on('mine.group_id', 'actors.id').andOnVal('mine.actor_id', viewerId ?? '0'))
    .where('actors.local', true)
    .whereNull('actors.deleted_at')
    .whereNull('actors.suspended_at')
    .select(
      'actors.*',
      'groups.openness as g_openness',
      'groups.posting as g_posting',
      'groups.relayed as g_relayed',
      'mine.role as g_role',
      'mine.state as g_state',
      'actor_stats.statuses as g_statuses',
      'actor_stats.followers as g_followers',
      'actor_stats.following as g_following',
      db.raw("(select count(*)::int from memberships m where m.group_id = actors.id and m.state = 'active') as g_members"),
      db.raw("(select count(*)::int from memberships m where m.group_id = actors.id and m.state = 'pending') as g_pending")
    ) as unknown as Knex.QueryBuilder<object, GroupQueryRow[]>
}

function toView(row: GroupQueryRow): GroupView {
  const { g_openness, g_posting, g_relayed, g_members, g_pending, g_role, g_state, g_statuses, g_followers, g_following, ...actor } = row
  return {
    actor,
    openness: g_openness,
    posting: g_posting,
    relayed: g_relayed,
    membersCount: g_members,
    pendingCount: g_pending,
    counts: { statuses: g_statuses ?? 0, followers: g_followers ?? 0, following: g_following ?? 0 },
    role: g_role,
    state: g_state
  }
}
