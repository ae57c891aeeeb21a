// Writing to all who come: each gets it alone, as a private message where they have an account, here or elsewhere, as a mail where they are
// guests. A chore sends it in steps, so that a crash neither loses nor repeats it.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import type { Who } from '../../core/permission.ts'
import { renderText, splitText } from '../../core/text.ts'
import { scheduleChores } from '../../db/chores.ts'
import { mailGuest } from '../../db/guests.ts'
import type { ActorRow, EventMessageRow, ObjectRow, ParticipationRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { tagUrl } from '../../vocab/iris.ts'
import { assertOrganises } from './organise.ts'

/** The chore that sends a message; its subject is the row id. */
export const MESSAGE_CHORE = 'event-message'
const MAX_A_DAY = 5
const DAY_MS = 86_400_000
/** People who get it in one step. */
const AT_ONCE = 25
const SHOWN = 20

export interface MessageInput {
  content: string
  audience?: 'accepted' | 'all'
}

/** Queues a message. Throws permission.denied (403), post.empty, event.messages-many (422). */
export async function writeToParticipants(
  ctx: Ctx,
  who: Who,
  author: ActorRow,
  event: ObjectRow,
  { content: text, audience = 'accepted' }: MessageInput
): Promise<EventMessageRow> {
  await assertOrganises(ctx, who, event)
  const content = text.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()
  if (content === '') throw new AppError('post.empty', 422, 'A message has words.', { details: { field: 'content' } })
  const now = ctx.clock.now()
  return ctx.db.transaction(async (trx) => {
    await trx('events').where({ object_id: event.id }).forUpdate().first('object_id')
    const recent = await trx<EventMessageRow>('event_messages')
      .where({ object_id: event.id })
      .where('created_at', '>', new Date(now.getTime() - DAY_MS))
      .limit(MAX_A_DAY)
      .select('id')
    if (recent.length >= MAX_A_DAY) throw new AppError('event.messages-many', 422, 'Five messages a day are enough.')
    const [row] = await trx<EventMessageRow>('event_messages')
      .insert({ id: newId(now), object_id: event.id, author_id: author.id, content, audience, created_at: now } as never)
      .returning('*')
    await scheduleChores(trx, [{ kind: MESSAGE_CHORE, subject: row!.id, dueAt: now }])
    return row!
  })
}

/** What was written to those who come, newest first. Index: event_messages_object. */
export async function listMessages(ctx: Ctx, event: ObjectRow): Promise<EventMessageRow[]> {
  return ctx.db<EventMessageRow>('event_messages').where({ object_id: event.id }).orderBy('id', 'desc').limit(SHOWN)
}

/** The chore: sends to the next people, in the order of their registrations, and comes again while there are more. */
export async function sendMessage(ctx: Ctx, id: string): Promise<Date | null> {
  return ctx.db.transaction(async (trx) => {
    const message = await trx<EventMessageRow>('event_messages').where({ id, finished_at: null }).forUpdate().first()
    if (message === undefined) return null
    const event = await trx<ObjectRow>('objects').where({ id: message.object_id }).whereNull('deleted_at').first()
    const author = await trx<ActorRow>('actors').where({ id: message.author_id, deleted_at: null }).first()
    const publisher =
      event === undefined ? undefined : await trx<ActorRow>('actors').where({ id: event.actor_id, deleted_at: null }).first()
    const people =
      event === undefined || author === undefined || publisher === undefined
        ? []
        : await trx<ParticipationRow>('participations')
            .where({ object_id: event.id })
            .whereIn('state', message.audience === 'all' ? ['accepted', 'pending'] : ['accepted'])
            .where('id', '>', message.sent_through)
            // Who registers after it was written reads the event's page.
            .where('created_at', '<=', message.created_at)
            .orderBy('id')
            .limit(AT_ONCE)
    let reached = 0
    for (const person of people)
      if (await sendTo(ctx, trx, message, { event: event!, author: author!, publisher: publisher! }, person)) reached += 1
    const isDone = people.length < AT_ONCE
    await trx('event_messages')
      .where({ id })
      .update({
        sent: trx.raw('sent + ?', [reached]),
        ...(people.length === 0 ? {} : { sent_through: people.at(-1)!.id }),
        ...(isDone ? { finished_at: ctx.clock.now() } : {})
      })
    return isDone ? null : ctx.clock.now()
  })
}

interface Sender {
  event: ObjectRow
  author: ActorRow
  publisher: ActorRow
}

/** False: nobody is there any more, or it is who wrote it. */
async function sendTo(ctx: Ctx, trx: Knex, { content }: EventMessageRow, { event, author, publisher }: Sender, person: ParticipationRow) {
  if (person.actor_id === null) {
    await mailGuest(ctx, trx, event, person, 'guest-message', { content })
    return person.guest_email !== null
  }
  const reader = await trx<ActorRow>('actors').where({ id: person.actor_id, deleted_at: null, suspended_at: null }).first()
  if (reader === undefined || reader.id === author.id) return false
  const { origin } = requireSite(ctx)
  const source = `${event.name}\n\n${content}\n\n${event.url ?? event.iri}`
  await createLocalObject(ctx, trx, {
    type: 'Note',
    publisher,
    author,
    visibility: 'direct',
    parent: null,
    mentions: [reader],
    hashtags: [],
    wording: {
      name: null,
      summary: null,
      content: renderText(splitText(source), { tagUrl: (name) => tagUrl(origin, name), mentionUrl: () => null }),
      source,
      language: event.language,
      sensitive: false,
      attachments: []
    }
  })
  return true
}
