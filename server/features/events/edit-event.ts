// Changing an event, postponing and cancelling it: everyone who got it learns of it.
import { DateTime } from 'luxon'
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { eventStatusOf } from '../../core/event-status.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { renderText, splitText } from '../../core/text.ts'
import { attachmentOf, attachUploads, findUploads } from '../../db/attachments.ts'
import { findEvent, saveJoining } from '../../db/events.ts'
import { findActor, membershipIn } from '../../db/publishers.ts'
import type { ActorRow, EventRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { updateLocalObject } from '../../protocol/local-edits.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { readEvent, type EventInput } from './input.ts'
import { findPlaceActor } from './place-actor.ts'

export type EventChanges = Partial<EventInput> & { mediaIds?: string[] }

/** Changes an event; what is left out stays. A new date ends a postponement, a place named again what was moved online. Throws permission.denied (403), event.* (422), post.not-found (404). */
export async function editEvent(ctx: Ctx, who: Who, row: ObjectRow, changes: EventChanges): Promise<ObjectRow> {
  const { publisher, author } = await assertMayEdit(ctx, who, row)
  const { columns, hashtags, category, joining } = readEvent(ctx, {
    ...present(row, await findEvent(ctx.db, row.id)),
    ...changes,
    ...(isBackOnSite(row, changes) ? { status: 'CONFIRMED' as const } : {})
  })
  const hasNewDate = columns.start_time?.getTime() !== row.start_time?.getTime()
  if (hasNewDate && row.event_status === 'POSTPONED' && columns.event_status === 'POSTPONED') columns.event_status = 'CONFIRMED'
  // Moved online it stands no longer in the agenda of its place.
  const placeActor = columns.event_status === 'MOVED_ONLINE' ? null : changes.placeActor
  const at = placeActor === undefined ? {} : await findPlaceActor(ctx, author, placeActor)
  const kept = row.attachments.flatMap(({ mediaId }) => mediaId ?? [])
  const uploads = await findUploads(ctx.db, [author.id, who.actorId], changes.mediaIds ?? kept, row.id)
  const { origin } = requireSite(ctx)
  const wording = {
    summary: null,
    language: changes.language ?? row.language,
    sensitive: row.sensitive,
    attachments: uploads.map((upload) => attachmentOf(origin, upload)),
    ...columns
  }
  return ctx.db.transaction(async (trx) => {
    const fresh = await trx<ObjectRow>('objects').where({ id: row.id }).whereNull('deleted_at').forUpdate().first()
    if (fresh === undefined) throw new AppError('post.not-found', 404, 'Record not found')
    await attachUploads(
      trx,
      row.id,
      uploads.map((upload) => upload.id)
    )
    await saveJoining(trx, row.id, { ...joining, ...at })
    const edited = await updateLocalObject(ctx, trx, {
      row: fresh,
      publisher,
      wording,
      mentions: [],
      hashtags,
      ...(category === undefined ? {} : { category })
    })
    if (edited.event_status !== fresh.event_status) await sayCalledOff(ctx, trx, edited, publisher, author)
    return edited
  })
}

function isBackOnSite(row: ObjectRow, { status = 'MOVED_ONLINE', location }: EventChanges): boolean {
  const isSomewhere = Boolean(location?.name || location?.address) || typeof location?.latitude === 'number'
  return row.event_status === 'MOVED_ONLINE' && status === 'MOVED_ONLINE' && isSomewhere
}

/** Who announced it; throws permission.denied (403) for who may not change it. */
export async function assertMayEdit(ctx: Ctx, who: Who, row: ObjectRow): Promise<{ publisher: ActorRow; author: ActorRow }> {
  const publisher = await findActor(ctx, row.actor_id)
  const author = await findActor(ctx, row.author_id ?? row.actor_id)
  if (publisher === null || author === null || !row.local || row.type !== 'Event')
    throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  assertCan(who, 'object.edit', {
    ownerId: row.actor_id,
    authorId: row.author_id,
    membership: await membershipIn(ctx, publisher, who.actorId)
  })
  return { publisher, author }
}

/** The event takes place no more; it stays, so that whoever has it in their calendar sees why. */
export async function cancelEvent(ctx: Ctx, who: Who, row: ObjectRow): Promise<ObjectRow> {
  return editEvent(ctx, who, row, { status: 'CANCELLED' })
}

/** The event as it stands, in the words of the form. */
function present(row: ObjectRow, event: EventRow | undefined): EventInput {
  const timezone = row.timezone ?? 'UTC'
  const text = (date: Date): string => DateTime.fromJSDate(date, { zone: timezone }).toISO() ?? date.toISOString()
  return {
    title: row.name ?? '',
    description: row.source ?? '',
    start: text(row.start_time ?? row.published),
    end: row.end_time === null ? null : text(row.end_time),
    timezone,
    status: eventStatusOf(row.event_status),
    location: row.place,
    tags: row.tags.flatMap(({ type, name }) => (type === 'Hashtag' ? [name] : [])),
    joinMode: (event?.join_mode ?? 'free') as NonNullable<EventInput['joinMode']>,
    capacity: event?.capacity ?? null,
    waitingList: event?.waiting_list ?? false,
    externalParticipationUrl: event?.external_url ?? null,
    guests: event?.guests ?? false,
    seatsEach: event?.seats_each ?? 1,
    questions: event?.questions ?? [],
    checkIn: event?.check_in ?? false,
    price: event?.price === null || event?.price === undefined ? null : Number(event.price),
    priceNote: event?.price_note ?? null,
    accessibility: event?.accessibility ?? [],
    forChildren: event?.for_children ?? false,
    contact: event?.contact ?? null
  }
}

const CALLED_OFF: Record<string, { fr: string; en: string }> = {
  CANCELLED: { fr: 'Annulé :', en: 'Cancelled:' },
  POSTPONED: { fr: 'Reporté :', en: 'Postponed:' },
  MOVED_ONLINE: { fr: 'Déplacé en ligne :', en: 'Moved online:' }
}

/** Mastodon up to 4.4 drops the Update of an event: a reply tells its followers (federation.md §4.6). */
async function sayCalledOff(ctx: Ctx, trx: Knex, event: ObjectRow, publisher: ActorRow, author: ActorRow): Promise<void> {
  const words = CALLED_OFF[event.event_status ?? '']
  if (words === undefined) return
  const text = `${event.language?.startsWith('en') ? words.en : words.fr} ${event.name}`
  await createLocalObject(ctx, trx, {
    type: 'Note',
    publisher,
    author,
    visibility: event.visibility,
    parent: { object: event, actor: publisher, group: null },
    mentions: [],
    hashtags: [],
    wording: {
      name: null,
      summary: null,
      content: renderText(splitText(text), { tagUrl: () => '', mentionUrl: () => null }),
      source: text,
      language: event.language,
      sensitive: false,
      attachments: []
    }
  })
}
