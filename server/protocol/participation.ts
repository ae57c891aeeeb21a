// What goes out about taking part in events: answers to a Join, our people's Join and Leave, invitations, and the number of those who come.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { scheduleChores } from '../db/chores.ts'
import { findEvent, isOver, lockEvent } from '../db/events.ts'
import { decide, nextInLine } from '../db/participations.ts'
import { jsonForPostgres } from '../db/json.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { participation } from '../vocab/event.ts'
import { addressesOf } from './local-objects.ts'
import { afterCommit, publish, type Published } from './outbox.ts'
import { tellNotified } from './reactions.ts'

/** Peers get the number of participants at most this often (federation.md §3.10). */
const COUNT_EVERY_MS = 3 * 60_000

export interface JoinAnswer {
  type: 'Accept' | 'Reject' | 'Ignore'
  event: ObjectRow
  participant: ActorRow
  /** Id of the Join that is answered. */
  joinIri: string
  message: string
}

/** Answers a Join from elsewhere in the name of the event's publisher, repeating it as Mobilizon expects. */
export async function answerJoin(ctx: Ctx, trx: Knex, { type, event, participant, joinIri, message }: JoinAnswer): Promise<void> {
  const publisher = await trx<ActorRow>('actors').where({ id: event.actor_id }).first()
  if (publisher === undefined) return
  const object = {
    id: joinIri,
    type: 'Join',
    actor: participant.iri,
    object: event.iri,
    ...(message === '' ? {} : { participationMessage: message })
  }
  await publish(ctx, trx, {
    actor: publisher,
    type,
    object,
    objectIri: event.iri,
    to: [participant.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
}

/** Sends what one of ours wants with an event of elsewhere, to those who answer for it. */
export async function sendWish(
  ctx: Ctx,
  trx: Knex,
  wish: { type: 'Join' | 'Leave'; actor: ActorRow; event: ObjectRow; message?: string }
): Promise<Published> {
  const { type, actor, event, message } = wish
  return publish(ctx, trx, {
    actor,
    type,
    object: event.iri,
    to: await organiserIris(trx, event),
    cc: [],
    visibility: 'direct',
    personalInbox: true,
    ...(type === 'Join' ? { extra: { participationMessage: message ?? '' } } : {})
  })
}

/** The person who organises first, then the group in whose name (federation.md §3.10). */
async function organiserIris(trx: Knex, event: ObjectRow): Promise<string[]> {
  const ids = [event.author_id, event.actor_id].filter((id): id is string => id !== null)
  const rows = await trx<ActorRow>('actors').whereIn('id', ids).select('id', 'iri')
  return [...new Set(ids.flatMap((id) => rows.find((row) => row.id === id)?.iri ?? []))]
}

/** Invites somebody of elsewhere to an event. */
export async function sendInvite(ctx: Ctx, trx: Knex, invite: { inviter: ActorRow; event: ObjectRow; invitee: ActorRow }): Promise<string> {
  const { inviter, event, invitee } = invite
  const sent = await publish(ctx, trx, {
    actor: inviter,
    type: 'Invite',
    object: event.iri,
    to: [invitee.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true,
    extra: { target: invitee.iri }
  })
  return sent.iri
}

/** Answers an invitation from elsewhere, repeating it. */
export async function answerInvite(
  ctx: Ctx,
  trx: Knex,
  answer: { type: 'Accept' | 'Reject'; invitee: ActorRow; inviter: ActorRow; event: ObjectRow; inviteIri: string }
): Promise<void> {
  const { type, invitee, inviter, event, inviteIri } = answer
  await publish(ctx, trx, {
    actor: invitee,
    type,
    object: { id: inviteIri, type: 'Invite', actor: inviter.iri, object: event.iri, target: invitee.iri },
    objectIri: event.iri,
    to: [inviter.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
}

/** People who get a seat in one step. */
const AT_ONCE = 50

/** The chore 'event-waiting': gives free seats to those who wait, first come first served, and tells them, here and elsewhere. */
export async function seatWaiting(ctx: Ctx, objectId: string): Promise<Date | null> {
  const isMore = await ctx.db.transaction(async (trx) => {
    const event = await trx<ObjectRow>('objects').where({ id: objectId, local: true, type: 'Event', deleted_at: null }).first()
    if (event === undefined || event.event_status === 'CANCELLED' || isOver(event, ctx.clock.now())) return false
    for (let seated = 0; seated < AT_ONCE; seated += 1) {
      const settings = await lockEvent(trx, objectId)
      const next = settings === undefined ? undefined : await nextInLine(trx, settings)
      if (next === undefined) return false
      const decided = await decide(ctx, trx, { event, participationId: next.id, state: 'accepted', fromId: event.actor_id })
      if (decided === null || decided === 'full') return false
      await tellNotified(ctx, trx, decided.told)
      const participant = next.actor_id === null ? undefined : await trx<ActorRow>('actors').where({ id: next.actor_id }).first()
      if (participant !== undefined && !participant.local && next.iri !== null)
        await answerJoin(ctx, trx, { type: 'Accept', event, participant, joinIri: next.iri, message: next.message })
      await countLater(ctx, trx, event)
    }
    return true
  })
  return isMore ? ctx.clock.now() : null
}

/** Somebody came or went: peers learn the new number soon, once for all who did meanwhile. Wakes nobody before the commit. */
export async function countLater(ctx: Ctx, trx: Knex, event: Pick<ObjectRow, 'id' | 'local'>): Promise<void> {
  if (!event.local) return
  await scheduleChores(trx, [{ kind: 'event-count', subject: event.id, dueAt: new Date(ctx.clock.now().getTime() + COUNT_EVERY_MS) }])
}

/** A seat is free again: who waits for one gets it right after the commit, and peers learn the number. */
export async function passSeatOn(ctx: Ctx, trx: Knex, event: Pick<ObjectRow, 'id' | 'local'>): Promise<void> {
  await countLater(ctx, trx, event)
  if (event.local) afterCommit(trx, () => ctx.queue.wake('chores'))
}

/** The chore 'event-count': an Update with the number of participants, to everyone who got the event. `updated` stays: nothing was edited. */
export async function publishCount(ctx: Ctx, objectId: string): Promise<null> {
  await ctx.db.transaction(async (trx) => {
    const row = await trx<ObjectRow>('objects').where({ id: objectId, local: true, type: 'Event', deleted_at: null }).forUpdate().first()
    const joining = await findEvent(trx, objectId)
    const publisher = row === undefined ? undefined : await trx<ActorRow>('actors').where({ id: row.actor_id, deleted_at: null }).first()
    if (row === undefined || joining === undefined || publisher === undefined) return
    if (row.doc['participantCount'] === joining.participants) return
    const doc: Record<string, unknown> = { ...row.doc, ...participation(row.iri, row.url, joining) }
    await trx('objects')
      .where({ id: row.id })
      .update({ doc: jsonForPostgres(doc) })
    const { to, cc } = addressesOf(row, [])
    await publish(ctx, trx, { actor: publisher, type: 'Update', object: doc, to, cc, visibility: row.visibility, alsoInboxesOf: row.iri })
  })
  return null
}
