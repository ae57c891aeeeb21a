// Who takes part in an event. A seat is taken under the lock of the event's row, so that the last one goes to one person only.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { scheduleChores } from './chores.ts'
import { isOver, lockEvent, WAITING_CHORE } from './events.ts'
import { notify, type WrittenNotification } from './notifications.ts'
import type { ActorRow, EventInvitationRow, EventRow, ObjectRow, ParticipationRow } from './rows.ts'

export interface Wish {
  event: ObjectRow
  actorId: string
  /** Id of the Join; null between people of this instance. */
  iri: string | null
  message: string
  named: boolean
  /** An organiser: needs nobody’s word. */
  organises?: boolean
}

/** Why nobody can take part (any more). */
export type Refusal = 'full' | 'closed' | 'external' | 'over' | 'cancelled' | 'refused'

export type Seat =
  | { refused: Refusal }
  /** `fresh`: it was not so before. */
  | { row: ParticipationRow; fresh: boolean }

/**
 * Asks for a seat in a local event: at once where everybody may come, or the person was invited or organises, else as a request. Asking again changes
 * nothing but the id of the Join. Notifies the organiser of what is new.
 */
export async function takeSeat(ctx: Ctx, trx: Knex, wish: Wish): Promise<Seat & { told: WrittenNotification[] }> {
  const { event, actorId } = wish
  const settings = await lockEvent(trx, event.id)
  const known = await findParticipation(trx, event.id, actorId)
  const invitation = await findInvitation(trx, event.id, actorId)
  const refused = settings === undefined ? 'closed' : refusalOf(ctx, event, settings, known, invitation)
  const waits = settings !== undefined && known?.state !== 'accepted' && isInLine(settings)
  if (refused !== null && !(refused === 'full' && waits)) return { refused, told: [] }
  const needsWord = settings!.join_mode === 'restricted' && invitation === undefined && !wish.organises
  const state = needsWord || waits ? 'pending' : 'accepted'
  if (known?.state === 'accepted' || (known?.state === 'pending' && state === 'pending')) {
    const row = { ...known, iri: wish.iri ?? known.iri }
    if (row.iri !== known.iri) await trx('participations').where({ id: known.id }).update({ iri: row.iri })
    return { row, fresh: false, told: [] }
  }
  const row = await writeParticipation(ctx, trx, wish, state)
  if (invitation?.state === 'pending') await answerInvitation(ctx, trx, invitation.id, 'accepted')
  // Who waits in line asks nothing of the organiser.
  if (waits) return { row, fresh: true, told: [] }
  const told = await notify(ctx, trx, [
    {
      ownerId: event.author_id ?? event.actor_id,
      type: state === 'pending' ? 'event_request' : 'event_join',
      fromId: actorId,
      objectId: event.id
    }
  ])
  return { row, fresh: true, told }
}

function refusalOf(
  ctx: Ctx,
  event: ObjectRow,
  settings: EventRow,
  known: ParticipationRow | undefined,
  invitation: EventInvitationRow | undefined
): Refusal | null {
  if (event.event_status === 'CANCELLED') return 'cancelled'
  if (isOver(event, ctx.clock.now())) return 'over'
  if (known?.state === 'accepted') return null
  if (known?.state === 'refused' && invitation?.state !== 'pending') return 'refused'
  if (settings.join_mode === 'external') return 'external'
  if (settings.join_mode === 'none' || (settings.join_mode === 'invite' && invitation === undefined)) return 'closed'
  return isFull(settings) ? 'full' : null
}

/** True when whoever comes now has to wait: no seat is left, or others stand in line for it. */
function isInLine(settings: EventRow): boolean {
  return settings.waiting_list && settings.join_mode === 'free' && (isFull(settings) || settings.requests > 0)
}

/** First in line of an event whose row is locked, while there is a seat. */
export async function nextInLine(trx: Knex, settings: EventRow): Promise<ParticipationRow | undefined> {
  if (!settings.waiting_list || settings.join_mode !== 'free' || isFull(settings)) return undefined
  return trx<ParticipationRow>('participations')
    .where({ object_id: settings.object_id, state: 'pending' })
    .orderBy(['created_at', 'id'])
    .first()
}

function isFull({ capacity, participants }: EventRow): boolean {
  return capacity !== null && participants >= capacity
}

/** Writes how somebody stands to an event, whatever they were to it before. */
export async function writeParticipation(
  ctx: Ctx,
  trx: Knex,
  { event, actorId, iri, message, named }: Wish,
  state: ParticipationRow['state']
): Promise<ParticipationRow> {
  const now = ctx.clock.now()
  const values = { state, iri, message, named, created_at: now, answered_at: state === 'accepted' ? now : null }
  const [row] = await trx<ParticipationRow>('participations')
    .insert({ id: newId(now), object_id: event.id, actor_id: actorId, ...values })
    .onConflict(['object_id', 'actor_id'])
    .merge(values)
    .returning('*')
  return row!
}

/** Gives the seat, the request or the interest back. False when there was none; a refusal stays one. */
export async function giveBack(ctx: Ctx, trx: Knex, objectId: string, actorId: string): Promise<boolean> {
  const settings = await lockEvent(trx, objectId)
  const left = await trx('participations')
    .where({ object_id: objectId, actor_id: actorId })
    .whereIn('state', ['accepted', 'pending', 'interested'])
    .update({ state: 'left', answered_at: ctx.clock.now() })
  if (left > 0 && settings?.waiting_list) await scheduleChores(trx, [{ kind: WAITING_CHORE, subject: objectId, dueAt: ctx.clock.now() }])
  if (left > 0)
    await trx('notifications').where({ from_id: actorId, object_id: objectId }).whereIn('type', ['event_join', 'event_request']).delete()
  return left > 0
}

/**
 * The organiser's word on a request or a seat. Null when there is nothing to decide. 'full': no seat is left, nothing changes.
 * `from`: who says it, for the notification of local people.
 */
export async function decide(
  ctx: Ctx,
  trx: Knex,
  decision: { event: ObjectRow; actorId: string; state: 'accepted' | 'refused'; fromId: string }
): Promise<{ row: ParticipationRow; told: WrittenNotification[] } | 'full' | null> {
  const { event, actorId, state } = decision
  const settings = await lockEvent(trx, event.id)
  const known = await findParticipation(trx, event.id, actorId)
  if (settings === undefined || known === undefined || known.state === state || !['pending', 'accepted', 'refused'].includes(known.state))
    return null
  if (settings.local && state === 'accepted' && isFull(settings)) return 'full'
  const [row] = await trx<ParticipationRow>('participations')
    .where({ id: known.id })
    .update({ state, answered_at: ctx.clock.now() })
    .returning('*')
  if (state === 'refused' && settings.waiting_list)
    await scheduleChores(trx, [{ kind: WAITING_CHORE, subject: event.id, dueAt: ctx.clock.now() }])
  return { row: row!, told: await tellDecision(ctx, trx, decision) }
}

async function tellDecision(
  ctx: Ctx,
  trx: Knex,
  { event, actorId, state, fromId }: Parameters<typeof decide>[2]
): Promise<WrittenNotification[]> {
  const type = state === 'accepted' ? 'event_accepted' : 'event_refused'
  await trx('notifications').where({ owner_id: actorId, object_id: event.id }).whereIn('type', ['event_accepted', 'event_refused']).delete()
  return notify(ctx, trx, [{ ownerId: actorId, type, fromId, objectId: event.id }])
}

/** How somebody stands to an event. */
export async function findParticipation(trx: Knex, objectId: string, actorId: string): Promise<ParticipationRow | undefined> {
  return trx<ParticipationRow>('participations').where({ object_id: objectId, actor_id: actorId }).first()
}

/** The participation whose Join has this id. */
export async function findParticipationByIri(trx: Knex, iri: string): Promise<ParticipationRow | undefined> {
  return trx<ParticipationRow>('participations').where({ iri }).first()
}

export interface Participant {
  row: ParticipationRow
  actor: ActorRow
}

/** What organisers see and answer. */
export type AskedState = 'pending' | 'accepted' | 'refused'

/**
 * Who comes and who asks to, in the order they did, `state`: only these; only those who come and let their name be shown unless `all`.
 * Index: participations_list.
 */
export async function listParticipants(
  trx: Knex,
  objectId: string,
  options: { all: boolean; state: AskedState | null; after: string | null; limit: number }
): Promise<Participant[]> {
  const query = trx<ParticipationRow>('participations').where({ object_id: objectId }).orderBy('id').limit(options.limit)
  if (options.all) query.whereIn('state', options.state === null ? ['pending', 'accepted', 'refused'] : [options.state])
  else query.where({ state: 'accepted', named: true })
  if (options.after !== null) query.where('id', '>', options.after)
  const rows = await query
  const actors = await trx<ActorRow>('actors')
    .whereIn(
      'id',
      rows.map((row) => row.actor_id)
    )
    .whereNull('deleted_at')
    .whereNull('suspended_at')
  const byId = new Map(actors.map((actor) => [actor.id, actor]))
  return rows.flatMap((row) => {
    const actor = byId.get(row.actor_id)
    return actor === undefined ? [] : [{ row, actor }]
  })
}

/** Writes an invitation once per person and event; a declined one is asked again. Null when there is nothing new. */
export async function saveInvitation(
  ctx: Ctx,
  trx: Knex,
  invitation: { objectId: string; inviterId: string; inviteeId: string; iri: string | null }
): Promise<{ row: EventInvitationRow; told: WrittenNotification[] } | null> {
  const { objectId, inviterId, inviteeId, iri } = invitation
  const now = ctx.clock.now()
  const values = { inviter_id: inviterId, state: 'pending', iri, created_at: now, answered_at: null }
  const [row] = await trx('event_invitations')
    .insert({ id: newId(now), object_id: objectId, invitee_id: inviteeId, ...values })
    .onConflict(['object_id', 'invitee_id'])
    .merge(values)
    .whereNot('event_invitations.state', 'pending')
    .returning<EventInvitationRow[]>('*')
  if (row === undefined) return null
  return { row, told: await notify(ctx, trx, [{ ownerId: inviteeId, type: 'event_invite', fromId: inviterId, objectId }]) }
}

/** The invitation of a person to an event. */
export async function findInvitation(trx: Knex, objectId: string, inviteeId: string): Promise<EventInvitationRow | undefined> {
  return trx<EventInvitationRow>('event_invitations').where({ object_id: objectId, invitee_id: inviteeId }).first()
}

/** The invitation whose Invite has this id. */
export async function findInvitationByIri(trx: Knex, iri: string): Promise<EventInvitationRow | undefined> {
  return trx<EventInvitationRow>('event_invitations').where({ iri }).first()
}

/** The invited person's word. */
export async function answerInvitation(ctx: Ctx, trx: Knex, id: string, state: 'accepted' | 'declined'): Promise<void> {
  await trx('event_invitations').where({ id }).update({ state, answered_at: ctx.clock.now() })
}
