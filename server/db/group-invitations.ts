// Invitations to groups: who is asked to join which, by whom, and what they said. One per person and group.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { notify, type WrittenNotification } from './notifications.ts'
import type { ActorRow, GroupInvitationRow } from './rows.ts'

/**
 * Writes an invitation once per person and group; an answered one is asked again, after a no not within a month. Null when there is nothing new. The notification comes
 * from the group: that is whom the person joins.
 */
export async function saveGroupInvitation(
  ctx: Ctx,
  trx: Knex,
  invitation: { groupId: string; inviterId: string; inviteeId: string; iri: string | null }
): Promise<{ row: GroupInvitationRow; told: WrittenNotification[] } | null> {
  const { groupId, inviterId, inviteeId, iri } = invitation
  const now = ctx.clock.now()
  const values = { inviter_id: inviterId, state: 'pending', iri, created_at: now, answered_at: null }
  const [row] = await trx('group_invitations')
    .insert({ id: newId(now), group_id: groupId, invitee_id: inviteeId, ...values })
    .onConflict(['group_id', 'invitee_id'])
    .merge(values)
    .whereNot('group_invitations.state', 'pending')
    .whereRaw("(group_invitations.state <> 'declined' or group_invitations.answered_at < ?)", [new Date(now.getTime() - AFTER_NO_MS)])
    .returning<GroupInvitationRow[]>('*')
  if (row === undefined) return null
  return { row, told: await notify(ctx, trx, [{ ownerId: inviteeId, type: 'group_invite', fromId: groupId, objectId: null }]) }
}

/** The invitation that waits for this person's word, or null. */
export async function findOpenInvitation(trx: Knex, groupId: string, inviteeId: string): Promise<GroupInvitationRow | null> {
  const where = { group_id: groupId, invitee_id: inviteeId, state: 'pending' } as const
  return (await trx<GroupInvitationRow>('group_invitations').where(where).first()) ?? null
}

/** The invitation whose Invite has this id. */
export async function findGroupInvitationByIri(trx: Knex, iri: string): Promise<GroupInvitationRow | undefined> {
  return trx<GroupInvitationRow>('group_invitations').where({ iri }).first()
}

/** Who said no is not asked again at once. */
const AFTER_NO_MS = 30 * 86_400_000

/** The invited person's word; the notification has done its work. Who invited hears of a yes: the notifications written. */
export async function answerGroupInvitation(
  ctx: Ctx,
  trx: Knex,
  { id, group_id: groupId, inviter_id: inviterId, invitee_id: inviteeId }: GroupInvitationRow,
  state: 'accepted' | 'declined'
): Promise<WrittenNotification[]> {
  await trx('group_invitations').where({ id }).update({ state, answered_at: ctx.clock.now() })
  await forgetNotice(trx, groupId, inviteeId)
  if (state === 'declined') return []
  return notify(ctx, trx, [{ ownerId: inviterId, type: 'group_joined', fromId: inviteeId, objectId: null, groupId }])
}

/** Takes back an invitation nobody answered yet; undefined when there is none (any more). */
export async function deleteOpenInvitation(trx: Knex, groupId: string, inviteeId: string): Promise<GroupInvitationRow | undefined> {
  const where = { group_id: groupId, invitee_id: inviteeId, state: 'pending' } as const
  const [row] = await trx<GroupInvitationRow>('group_invitations').where(where).delete().returning('*')
  if (row !== undefined) await forgetNotice(trx, groupId, inviteeId)
  return row
}

async function forgetNotice(trx: Knex, groupId: string, ownerId: string): Promise<void> {
  await trx('notifications').where({ owner_id: ownerId, from_id: groupId, type: 'group_invite' }).delete()
}

/** Invitations without an answer, oldest first, keyset by id. Index: group_invitations_list. */
export async function listOpenInvitations(
  trx: Knex,
  groupId: string,
  { after, limit }: { after?: string | undefined; limit: number }
): Promise<{ row: GroupInvitationRow; invitee: ActorRow }[]> {
  const query = trx<GroupInvitationRow>('group_invitations').where({ group_id: groupId, state: 'pending' }).orderBy('id').limit(limit)
  if (after !== undefined) query.where('id', '>', after)
  const rows = await query
  const invitees = await trx<ActorRow>('actors').whereIn(
    'id',
    rows.map((row) => row.invitee_id)
  )
  const byId = new Map(invitees.map((actor) => [actor.id, actor]))
  return rows.flatMap((row) => {
    const invitee = byId.get(row.invitee_id)
    return invitee === undefined ? [] : [{ row, invitee }]
  })
}
