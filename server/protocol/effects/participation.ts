// Taking part in events: Join and Leave of ours, invitations, and the answers to what our people asked elsewhere (federation.md §3.10).
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { isLinkBlocked } from '../../db/links.ts'
import {
  answerInvitation,
  decide,
  findInvitation,
  findInvitationByIri,
  findParticipation,
  findParticipationByIri,
  giveBack,
  saveInvitation,
  takeSeat,
  writeParticipation,
  type Seat
} from '../../db/participations.ts'
import type { ActorRow, EventInvitationRow, ObjectRow, ParticipationRow } from '../../db/rows.ts'
import { canSee } from '../../db/visibility.ts'
import { authorise } from '../authorise.ts'
import type { NormRef } from '../normalise.ts'
import type { Outcome } from '../outcomes.ts'
import { answerJoin, countLater, passSeatOn } from '../participation.ts'
import { tellNotified } from '../reactions.ts'
import { factsOf, findOwned, ownership, wasUndoneBefore, type OwnArrival, type Owned } from './arrival.ts'

/** Join, Leave and Invite about an event we hold. */
export async function applyParticipation(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const owned = await findOwned(ctx.db, activity.objects[0]!.id ?? '')
  const verdict = authorise({ ...factsOf(ctx, arrival), ...ownership(owned) })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (owned === undefined || owned.object.deleted_at !== null || owned.object.type !== 'Event') return 'unknown-object'
  if (activity.type === 'Invite') return invite(ctx, arrival, owned)
  const event = owned.object
  if (!event.local) return 'not-related'
  if (activity.type === 'Leave') return leave(ctx, event, actor)
  // Without a word (D03): a refusal would tell who blocks.
  if (await isBlocked(ctx.db, event, actor)) return 'refused-blocked'
  if (!(await canSee(ctx, ctx.db, event, { actorId: actor.id }))) return 'not-visible'
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    return join(ctx, trx, arrival, event, true)
  })
}

/** Gives a seat, notes the request or refuses; `reply`: the peer knows Join and waits for an answer. */
async function join(ctx: Ctx, trx: Knex, arrival: OwnArrival, event: ObjectRow, reply: boolean): Promise<Outcome> {
  const { activity, actor } = arrival
  const iri = await joinIri(trx, arrival, event)
  const message = activity.text
  const seat = await takeSeat(ctx, trx, { event, actorId: actor.id, iri, message, named: false })
  await tellNotified(ctx, trx, seat.told)
  const type = answerTo(seat)
  if (reply && type !== null) await answerJoin(ctx, trx, { type, event, participant: actor, joinIri: activity.id ?? iri, message })
  if ('refused' in seat) return 'join-refused'
  if (seat.row.state !== 'accepted') return seat.fresh ? 'join-requested' : 'unchanged'
  if (seat.fresh) await countLater(ctx, trx, event)
  return seat.fresh ? 'joined' : 'unchanged'
}

/** FEP-8a8e: who takes no registrations answers Ignore. Null: the organiser is asked first. */
function answerTo(seat: Seat): 'Accept' | 'Reject' | 'Ignore' | null {
  if ('refused' in seat) return seat.refused === 'external' || seat.refused === 'closed' ? 'Ignore' : 'Reject'
  return seat.row.state === 'accepted' ? 'Accept' : null
}

/** The activity's id, unless it is missing or was used for something else already: then one of our own making. */
async function joinIri(trx: Knex, { activity, actor }: OwnArrival, event: ObjectRow): Promise<string> {
  const own = `${actor.iri}#join/${event.id}`
  if (activity.id === null) return own
  const used = await findParticipationByIri(trx, activity.id)
  return used === undefined || (used.actor_id === actor.id && used.object_id === event.id) ? activity.id : own
}

async function leave(ctx: Ctx, event: ObjectRow, actor: ActorRow): Promise<Outcome> {
  return ctx.db.transaction(async (trx) => {
    if (!(await giveBack(ctx, trx, event.id, { actor_id: actor.id }))) return 'unchanged'
    await passSeatOn(ctx, trx, event)
    return 'left'
  })
}

/** An organiser of elsewhere invites one of ours: `target`, or the only local person it is addressed to. */
async function invite(ctx: Ctx, { activity, actor }: OwnArrival, { object: event }: Owned): Promise<Outcome> {
  const named = activity.target === null ? activity.to : [activity.target]
  const invitee = await ctx
    .db<ActorRow>('actors')
    .whereIn('iri', named)
    .where({ local: true, type: 'Person', deleted_at: null, suspended_at: null })
    .first()
  if (invitee === undefined) return 'unknown-actor'
  if (await isLinkBlocked(ctx.db, invitee.id, [actor.id, event.actor_id])) return 'refused-blocked'
  const iri = activity.id ?? `${actor.iri}#invite/${event.id}/${invitee.id}`
  return ctx.db.transaction(async (trx) => {
    if ((await findInvitationByIri(trx, iri)) !== undefined) return 'unchanged'
    const saved = await saveInvitation(ctx, trx, { objectId: event.id, inviterId: actor.id, inviteeId: invitee.id, iri })
    await tellNotified(ctx, trx, saved?.told ?? [])
    return saved === null ? 'unchanged' : 'invited'
  })
}

/** Accept, Reject or Ignore of a Join that one of ours sent: only by the organiser or the group of the event as we stored it (O28). */
export async function applyJoinAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const { activity, actor } = arrival
  const row = await findJoined(ctx, activity.objects[0]!)
  if (row === undefined) return null
  const event = await ctx.db<ObjectRow>('objects').where({ id: row.object_id }).first()
  const owned = event === undefined ? undefined : await findOwned(ctx.db, event.iri)
  const verdict = authorise({ ...factsOf(ctx, arrival), ...ownership(owned) })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (owned === undefined || activity.type === 'TentativeAccept') return 'unchanged'
  const state = activity.type === 'Accept' ? 'accepted' : 'refused'
  return ctx.db.transaction(async (trx) => {
    const decided = await decide(ctx, trx, { event: owned.object, participationId: row.id, state, fromId: actor.id })
    if (decided === null || decided === 'full') return 'unchanged'
    await tellNotified(ctx, trx, decided.told)
    return state === 'accepted' ? 'join-accepted' : 'join-rejected'
  })
}

/** By the id of our Join, else by the person and the event that the embedded Join names. */
async function findJoined(ctx: Ctx, ref: NormRef): Promise<ParticipationRow | undefined> {
  const byId = ref.id === null ? undefined : await findParticipationByIri(ctx.db, ref.id)
  const row = byId ?? (await findJoinedByPair(ctx, ref))
  if (row === undefined) return undefined
  const person = row.actor_id === null ? undefined : await ctx.db('actors').where({ id: row.actor_id, local: true }).first('id')
  return person === undefined ? undefined : row
}

async function findJoinedByPair(ctx: Ctx, ref: NormRef): Promise<ParticipationRow | undefined> {
  if (ref.type !== 'Join' || ref.actor === null || ref.objectId === null) return undefined
  const person = await ctx.db<ActorRow>('actors').where({ iri: ref.actor }).first('id')
  const event = await ctx.db<ObjectRow>('objects').where({ iri: ref.objectId }).first('id')
  return person === undefined || event === undefined ? undefined : findParticipation(ctx.db, event.id, person.id)
}

/** The answer of somebody of elsewhere whom one of ours invited to an event of ours. */
export async function applyInviteAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const { activity, actor } = arrival
  const invitation = await findInvited(ctx, activity.objects[0]!, actor)
  if (invitation === undefined) return null
  const invitee = await ctx.db<ActorRow>('actors').where({ id: invitation.invitee_id }).first()
  const verdict = authorise({ ...factsOf(ctx, arrival), owner: invitee?.iri ?? null })
  if (verdict.decision === 'refuse') return verdict.outcome
  const event = await ctx.db<ObjectRow>('objects').where({ id: invitation.object_id, local: true, deleted_at: null }).first()
  if (event === undefined) return 'unknown-object'
  return answerFor(ctx, arrival, event, invitation)
}

async function findInvited(ctx: Ctx, ref: NormRef, actor: ActorRow): Promise<EventInvitationRow | undefined> {
  const byId = ref.id === null ? undefined : await findInvitationByIri(ctx.db, ref.id)
  if (byId !== undefined || ref.type !== 'Invite' || ref.objectId === null) return byId
  const event = await ctx.db<ObjectRow>('objects').where({ iri: ref.objectId }).first('id')
  return event === undefined ? undefined : findInvitation(ctx.db, event.id, actor.id)
}

/** Yes, perhaps or no to an event itself, as Friendica says it: an Accept, TentativeAccept or Reject whose object is the event. */
export async function applyEventAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const { activity, actor } = arrival
  const event = await ctx
    .db<ObjectRow>('objects')
    .where({ iri: activity.objects[0]!.id ?? '', type: 'Event', local: true, deleted_at: null })
    .first()
  if (event === undefined) return null
  // Everybody answers for themselves: what is judged is whether the signer is the one who answers.
  const verdict = authorise({ ...factsOf(ctx, arrival), owner: activity.actor })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (await isBlocked(ctx.db, event, actor)) return 'refused-blocked'
  if (!(await canSee(ctx, ctx.db, event, { actorId: actor.id }))) return 'not-visible'
  return answerFor(ctx, arrival, event, await findInvitation(ctx.db, event.id, actor.id))
}

async function answerFor(ctx: Ctx, arrival: OwnArrival, event: ObjectRow, invitation: EventInvitationRow | undefined): Promise<Outcome> {
  const { activity, actor } = arrival
  return ctx.db.transaction(async (trx) => {
    if (activity.type === 'Accept') return join(ctx, trx, arrival, event, false)
    if (invitation?.state === 'pending' && activity.type === 'Reject') await answerInvitation(ctx, trx, invitation.id, 'declined')
    const gaveBack = await giveBack(ctx, trx, event.id, { actor_id: actor.id })
    if (gaveBack) await passSeatOn(ctx, trx, event)
    if (activity.type !== 'TentativeAccept') return gaveBack ? 'left' : invitation === undefined ? 'unchanged' : 'invite-declined'
    const iri = await joinIri(trx, arrival, event)
    await writeParticipation(ctx, trx, { event, actorId: actor.id, iri, message: '', named: false }, 'interested')
    return 'interested'
  })
}

function isBlocked(trx: Knex, event: ObjectRow, actor: ActorRow): Promise<boolean> {
  return isLinkBlocked(
    trx,
    actor.id,
    [event.actor_id, event.author_id].filter((id): id is string => id !== null)
  )
}
