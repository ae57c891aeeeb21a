// Announcing an event, alone or in the name of a group.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { ReplyPolicy } from '../../core/reply-policy.ts'
import { attachmentOf, attachUploads, findUploads } from '../../db/attachments.ts'
import { findPublisher } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow, Visibility } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { readEvent, type EventInput } from './input.ts'
import { findPlaceActor } from './place-actor.ts'

export interface NewEvent extends EventInput {
  visibility?: Visibility | undefined
  /** Who may comment; null: everyone it reaches. */
  replyPolicy?: ReplyPolicy | null
  mediaIds?: string[]
  /** Username of a group or of the commune in whose name it is announced. */
  as?: string
}

/**
 * Publishes an Event. Throws event.*, media.*, group.* (422, 403, 404) in words for the citizen. `more` is done in the same transaction:
 * what it throws undoes the event.
 */
export async function createEvent(
  ctx: Ctx,
  author: ActorRow,
  input: NewEvent,
  more?: (trx: Knex, event: ObjectRow) => Promise<void>
): Promise<ObjectRow> {
  const { columns, hashtags, category, joining } = readEvent(ctx, input)
  const publisher = await findPublisher(ctx, author, input.as)
  const at = await findPlaceActor(ctx, author, input.placeActor ?? null)
  const uploads = await findUploads(ctx.db, author.id, input.mediaIds ?? [])
  const visibility = input.visibility ?? 'public'
  if (visibility === 'direct')
    throw new AppError('event.visibility', 422, 'An event is not a private message.', { details: { field: 'visibility' } })
  if (visibility === 'members' && publisher.type !== 'Group')
    throw new AppError('post.members-only', 422, 'Only a group can write for its members.')
  const { origin } = requireSite(ctx)
  const wording = {
    summary: null,
    language: input.language ?? 'fr',
    sensitive: false,
    attachments: uploads.map((upload) => attachmentOf(origin, upload)),
    ...columns
  }
  return ctx.db.transaction(async (trx) => {
    const row = await createLocalObject(ctx, trx, {
      type: 'Event',
      publisher,
      author,
      visibility,
      parent: null,
      wording,
      mentions: [],
      hashtags,
      replyPolicy: input.replyPolicy ?? null,
      event: { joining: { ...joining, ...at }, ...(category === undefined ? {} : { category }) }
    })
    await attachUploads(
      trx,
      row.id,
      uploads.map((upload) => upload.id)
    )
    await more?.(trx, row)
    return row
  })
}
