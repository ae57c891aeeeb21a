// Participants of an event → entities of the native API; what only organisers read is left out for others.
import type { Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { findEvent } from '../../db/events.ts'
import type { Participant } from '../../db/participations.ts'
import type { ObjectRow, ParticipationRow } from '../../db/rows.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import type { EventParticipant, GuestRegistration } from './event-schemas.ts'

type Entity = Omit<Static<typeof EventParticipant>, 'account'> & {
  account: ReturnType<typeof toAccount> | null
  /** By the question's id. */
  answered: Record<string, string>
}

/** Who left, and who only keeps the event in mind, are none. */
export async function toParticipants(ctx: Ctx, event: ObjectRow, participants: Participant[], isOrganiser: boolean): Promise<Entity[]> {
  const actors = await loadActorParts(
    ctx,
    participants.flatMap(({ actor }) => actor?.id ?? [])
  )
  const questions = isOrganiser ? ((await findEvent(ctx.db, event.id))?.questions ?? []) : []
  return participants.flatMap(({ row, actor }): Entity[] => {
    const part = actor === null ? undefined : actors.get(actor.id)
    if ((actor !== null && part === undefined) || !isListed(row.state)) return []
    const answered = isOrganiser ? (row.answers ?? {}) : {}
    return [
      {
        id: row.id,
        account: part === undefined ? null : toAccount(ctx, part, part),
        guest: actor === null ? { name: row.guest_name ?? '', email: row.guest_email ?? '' } : null,
        state: row.state,
        message: isOrganiser ? row.message : '',
        seats: row.seats,
        answers: questions.flatMap(({ id, label }) => (answered[id] === undefined ? [] : [{ question: label, answer: answered[id] }])),
        code: isOrganiser ? row.code : null,
        checkedInAt: isOrganiser ? (row.checked_in_at?.toISOString() ?? null) : null,
        since: row.created_at.toISOString(),
        answered
      }
    ]
  })
}

function isListed(state: ParticipationRow['state']): state is 'pending' | 'accepted' | 'refused' {
  return state === 'pending' || state === 'accepted' || state === 'refused'
}

/** What the link in a guest's mail opens. */
export function toGuestRegistration({ row, hasDoor }: { row: ParticipationRow; hasDoor: boolean }): Static<typeof GuestRegistration> {
  const { object_id: eventId, state, guest_name: name, seats, code, created_at: since } = row
  return {
    eventId,
    state: state === 'interested' ? 'left' : state,
    name: name ?? '',
    seats,
    code: hasDoor ? code : null,
    since: since.toISOString()
  }
}
