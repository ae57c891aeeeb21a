// Who takes part in an event. A seat is taken under the lock of the event's row, so that the last one goes to one person only.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { newDoorCode } from '../core/registration.ts'
import { scheduleChores } from './chores.ts'
import { isOver, lockEvent, WAITING_CHORE } from './events.ts'
import { mailGuest } from './guests.ts'
import { notify, type WrittenNotification } from './notifications.ts'
import type { ActorRow, EventInvitationRow, EventRow, ObjectRow, ParticipationRow } from './rows.ts'
import { requireSite } from './site.ts'

export interface Wish {
  event: ObjectRow
  /** Null: the guest of `guest`. */
  actorId: string | null
  /** A guest's own row, whose address is proved. */
  guest?: ParticipationRow
  /** Id of the Join; null between people of this instance. */
  iri: string | null
  message: string
  named: boolean
  /** The person and who comes along. Default: one. */
  seats?: number
  /** To the organiser's questions. */
  answers?: Record<string, string>
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
  // Read under the lock: the same link opened twice is one registration.
  const known = wish.guest ? await findParticipationById(trx, event.id, wish.guest.id) : await findParticipation(trx, event.id, actorId!)
  const invitation = actorId === null ? undefined : await findInvitation(trx, event.id, actorId)
  const seats = wish.seats ?? known?.seats ?? 1
  const refused = settings === undefined ? 'closed' : refusalOf(ctx, event, settings, known, invitation, seats)
  const waits = settings !== undefined && known?.state !== 'accepted' && isInLine(settings, seats)
  // Where organisers accept each request they go on taking them: a seat may become free.
  const isKept = settings?.waiting_list === true && settings.join_mode === 'restricted'
  if (refused !== null && !(refused === 'full' && (waits || isKept))) return { refused, told: [] }
  const needsWord = settings!.join_mode === 'restricted' && invitation === undefined && !wish.organises
  const state = needsWord || waits ? 'pending' : 'accepted'
  if (known?.state === 'accepted' || (known?.state === 'pending' && state === 'pending')) {
    const row = await correct(ctx, trx, known, wish, settings!)
    return { row, fresh: false, told: [] }
  }
  const row = await writeParticipation(ctx, trx, { ...wish, seats }, state)
  if (invitation?.state === 'pending') await answerInvitation(ctx, trx, invitation.id, 'accepted')
  // Who waits in line asks nothing of the organiser.
  if (waits) return { row, fresh: true, told: [] }
  return { row, fresh: true, told: await tellOrganiser(ctx, trx, wish, state) }
}

/** Another Join's id, more or fewer seats, other answers: the registration stays what it is. */
async function correct(ctx: Ctx, trx: Knex, known: ParticipationRow, wish: Wish, settings: EventRow): Promise<ParticipationRow> {
  const changes = {
    ...(wish.iri === null || wish.iri === known.iri ? {} : { iri: wish.iri }),
    ...(wish.seats === undefined || wish.seats === known.seats ? {} : { seats: wish.seats }),
    ...(wish.answers === undefined ? {} : { answers: wish.answers })
  }
  if (Object.keys(changes).length === 0) return known
  const [row] = await trx<ParticipationRow>('participations').where({ id: known.id }).update(changes).returning('*')
  if (known.state === 'accepted' && row!.seats < known.seats) await giveSeatsOn(ctx, trx, settings)
  return row!
}

async function tellOrganiser(ctx: Ctx, trx: Knex, { event, actorId }: Wish, state: 'pending' | 'accepted'): Promise<WrittenNotification[]> {
  const ownerId = event.author_id ?? event.actor_id
  if (actorId !== null)
    return notify(ctx, trx, [{ ownerId, type: state === 'pending' ? 'event_request' : 'event_join', fromId: actorId, objectId: event.id }])
  // Guests are nobody one could name: one notice for all of them, which comes up again with each.
  const fromId = requireSite(ctx).communeActorId
  await trx('notifications').where({ owner_id: ownerId, type: 'event_guest', from_id: fromId, object_id: event.id }).delete()
  return notify(ctx, trx, [{ ownerId, type: 'event_guest', fromId, objectId: event.id }])
}

function refusalOf(
  ctx: Ctx,
  event: ObjectRow,
  settings: EventRow,
  known: ParticipationRow | undefined,
  invitation: EventInvitationRow | undefined,
  seats: number
): Refusal | null {
  if (event.event_status === 'CANCELLED') return 'cancelled'
  if (isOver(event, ctx.clock.now())) return 'over'
  if (known?.state === 'accepted') return isFull(settings, seats - known.seats) && seats > known.seats ? 'full' : null
  if (known?.state === 'refused' && invitation?.state !== 'pending') return 'refused'
  if (settings.join_mode === 'external') return 'external'
  if (settings.join_mode === 'none' || (settings.join_mode === 'invite' && invitation === undefined)) return 'closed'
  return isFull(settings, seats) ? 'full' : null
}

/** True when whoever comes now has to wait: no seat is left, or others stand in line for it. */
function isInLine(settings: EventRow, seats: number): boolean {
  return settings.waiting_list && settings.join_mode === 'free' && (isFull(settings, seats) || settings.requests > 0)
}

/** First in line of an event whose row is locked, while there are seats for all who come with them: nobody is overtaken. */
export async function nextInLine(trx: Knex, settings: EventRow): Promise<ParticipationRow | undefined> {
  if (!settings.waiting_list || settings.join_mode !== 'free' || isFull(settings, 1)) return undefined
  const first = await trx<ParticipationRow>('participations')
    .where({ object_id: settings.object_id, state: 'pending' })
    .orderBy(['created_at', 'id'])
    .first()
  return first === undefined || isFull(settings, first.seats) ? undefined : first
}

function isFull({ capacity, participants }: EventRow, seats: number): boolean {
  return capacity !== null && participants + seats > capacity
}

async function giveSeatsOn(ctx: Ctx, trx: Knex, settings: EventRow | undefined): Promise<void> {
  if (settings?.waiting_list) await scheduleChores(trx, [{ kind: WAITING_CHORE, subject: settings.object_id, dueAt: ctx.clock.now() }])
}

/** Writes how somebody stands to an event, whatever they were to it before. */
export async function writeParticipation(
  ctx: Ctx,
  trx: Knex,
  { event, actorId, guest, iri, message, named, seats = 1, answers }: Wish,
  state: ParticipationRow['state']
): Promise<ParticipationRow> {
  const now = ctx.clock.now()
  const values = {
    state,
    iri,
    message,
    named,
    seats,
    answers: answers === undefined ? null : JSON.stringify(answers),
    code: state === 'accepted' ? newDoorCode() : null,
    created_at: now,
    answered_at: state === 'accepted' ? now : null
  }
  const table = trx<ParticipationRow>('participations')
  const written =
    guest === undefined
      ? table
          .insert({ id: newId(now), object_id: event.id, actor_id: actorId, ...values } as never)
          .onConflict(['object_id', 'actor_id'])
          .merge(values as never)
      : table.where({ id: guest.id }).update(values as never)
  const [row] = (await written.returning('*')) as ParticipationRow[]
  return row!
}

/** Gives the seat, the request or the interest of a person or a guest back. False when there was none; a refusal stays one. */
export async function giveBack(ctx: Ctx, trx: Knex, objectId: string, who: { actor_id: string } | { id: string }): Promise<boolean> {
  const settings = await lockEvent(trx, objectId)
  const left = await trx('participations')
    .where({ object_id: objectId, ...who })
    .whereIn('state', ['unconfirmed', 'accepted', 'pending', 'interested'])
    .update({ state: 'left', code: null, answered_at: ctx.clock.now() })
  if (left === 0) return false
  await giveSeatsOn(ctx, trx, settings)
  if ('actor_id' in who)
    await trx('notifications')
      .where({ from_id: who.actor_id, object_id: objectId })
      .whereIn('type', ['event_join', 'event_request'])
      .delete()
  return true
}

export interface Decision {
  event: ObjectRow
  participationId: string
  state: 'accepted' | 'refused'
  /** Who says it, for the notification of local people. */
  fromId: string
}

/** The organiser's word on a request or a seat. Null when there is nothing to decide. 'full': no seat is left, nothing changes. */
export async function decide(
  ctx: Ctx,
  trx: Knex,
  decision: Decision
): Promise<{ row: ParticipationRow; told: WrittenNotification[] } | 'full' | null> {
  const { event, participationId, state } = decision
  const settings = await lockEvent(trx, event.id)
  const known = await findParticipationById(trx, event.id, participationId)
  if (settings === undefined || known === undefined || known.state === state || !['pending', 'accepted', 'refused'].includes(known.state))
    return null
  if (settings.local && state === 'accepted' && isFull(settings, known.seats)) return 'full'
  const [row] = await trx<ParticipationRow>('participations')
    .where({ id: known.id })
    .update({ state, code: state === 'accepted' ? (known.code ?? newDoorCode()) : null, answered_at: ctx.clock.now() })
    .returning('*')
  if (state === 'refused') await giveSeatsOn(ctx, trx, settings)
  return { row: row!, told: await tellDecision(ctx, trx, decision, row!) }
}

async function tellDecision(
  ctx: Ctx,
  trx: Knex,
  { event, state, fromId }: Decision,
  row: ParticipationRow
): Promise<WrittenNotification[]> {
  if (row.actor_id === null) {
    await mailGuest(ctx, trx, event, row, state === 'accepted' ? 'guest-seat' : 'guest-refused')
    return []
  }
  const ownerId = row.actor_id
  const type = state === 'accepted' ? 'event_accepted' : 'event_refused'
  await trx('notifications').where({ owner_id: ownerId, object_id: event.id }).whereIn('type', ['event_accepted', 'event_refused']).delete()
  return notify(ctx, trx, [{ ownerId, type, fromId, objectId: event.id }])
}

/** A participation of this event. */
export async function findParticipationById(trx: Knex, objectId: string, id: string): Promise<ParticipationRow | undefined> {
  return trx<ParticipationRow>('participations').where({ id, object_id: objectId }).first()
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
  /** Null: a guest. */
  actor: ActorRow | null
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
  return joinActors(trx, await query)
}

/** Rows with who they are of; those of people who are gone are left out. */
export async function joinActors(trx: Knex, rows: ParticipationRow[]): Promise<Participant[]> {
  const actors = await trx<ActorRow>('actors')
    .whereIn(
      'id',
      rows.flatMap((row) => row.actor_id ?? [])
    )
    .whereNull('deleted_at')
    .whereNull('suspended_at')
  const byId = new Map(actors.map((actor) => [actor.id, actor]))
  return rows.flatMap((row) => {
    const actor = row.actor_id === null ? null : byId.get(row.actor_id)
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

/** Who has a seat with this code. Index: participations_code. */
export async function findByDoorCode(trx: Knex, objectId: string, code: string): Promise<ParticipationRow | undefined> {
  return trx<ParticipationRow>('participations').where({ object_id: objectId, code, state: 'accepted' }).first()
}

/** Notes that somebody is there, once; null: not after all. Undefined when it was noted before. */
export async function markArrival(trx: Knex, id: string, at: Date | null): Promise<ParticipationRow | undefined> {
  const query = trx<ParticipationRow>('participations').where({ id })
  if (at !== null) query.whereNull('checked_in_at')
  const [row] = await query.update({ checked_in_at: at }).returning('*')
  return row
}

/** Seats of those who are there. Index: participations_list. */
export async function countArrived(trx: Knex, objectId: string): Promise<number> {
  const row = await trx('participations')
    .where({ object_id: objectId, state: 'accepted' })
    .whereNotNull('checked_in_at')
    .sum<{ sum: string | null }[]>('seats')
  return Number(row[0]?.sum ?? 0)
}
