// Posts to be published later. They are checked when they are written as far as that is possible, and again when their time has come.
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { findUploads } from '../../db/attachments.ts'
import { cancelChore, moveChore } from '../../db/chores.ts'
import { inOrder, pageOf, type Page } from '../../db/paging.ts'
import type { ActorRow, MediaRow } from '../../db/rows.ts'
import type { MayAsk } from '../../protocol/resolve.ts'
import { createNote, type NoteInput } from './create-note.ts'
import { writeText } from './wording.ts'

/** The chore that publishes one; its subject is the row id. */
export const PUBLISH_CHORE = 'publish-scheduled'

/** Sooner is now (Mastodon's MINIMUM_OFFSET). */
const SOONEST_MS = 5 * 60_000
const LATEST_MS = 2 * 366 * 86_400_000
const MAX_WAITING = 300

export interface ScheduledStatusRow {
  id: string
  actor_id: string
  scheduled_at: Date
  input: NoteInput
  media_ids: string[]
  created_at: Date
}

export interface Scheduled {
  row: ScheduledStatusRow
  media: MediaRow[]
}

/**
 * Keeps a post until its time. Whom it mentions is looked up now, as far as `mayAsk` lets: hundreds of posts may come due in one minute,
 * when nobody can be told to wait. Throws schedule.* and media.* (422), post.empty, post.too-long (422).
 */
export async function schedulePost(
  ctx: Ctx,
  author: ActorRow,
  input: NoteInput,
  { at, mayAsk }: { at: Date; mayAsk: MayAsk }
): Promise<Scheduled> {
  checkDate(ctx, at)
  if (input.text.trim() === '' && (input.mediaIds ?? []).length === 0 && !input.quotedId)
    throw new AppError('post.empty', 422, 'Please write something, or add an image.')
  await writeText(ctx, { ...input, language: input.language || 'fr' }, [], mayAsk)
  const now = ctx.clock.now()
  return ctx.db.transaction(async (trx) => {
    const media = await findUploads(trx, author.id, input.mediaIds ?? [])
    const [count] = await trx('scheduled_statuses').where({ actor_id: author.id }).count<{ count: string }[]>({ count: '*' })
    if (Number(count?.count) >= MAX_WAITING) throw new AppError('schedule.too-many', 422, 'You have too many scheduled posts.')
    const values = {
      id: newId(now),
      actor_id: author.id,
      scheduled_at: at,
      input: JSON.stringify(input),
      media_ids: media.map(({ id }) => id),
      created_at: now
    }
    const [row] = await trx<ScheduledStatusRow>('scheduled_statuses')
      .insert(values as never)
      .returning('*')
    await moveChore(trx, { kind: PUBLISH_CHORE, subject: row!.id, dueAt: at })
    return { row: row!, media }
  })
}

/** A person's posts that wait. Plan: scheduled_statuses_actor. */
export async function listScheduled(ctx: Ctx, actorId: string, page: Page): Promise<Scheduled[]> {
  const rows = inOrder((await pageOf(ctx.db('scheduled_statuses').where({ actor_id: actorId }), 'id', page)) as ScheduledStatusRow[], page)
  return withMedia(ctx, rows)
}

/** One of one's own. Throws 404. */
export async function getScheduled(ctx: Ctx, actorId: string, id: string): Promise<Scheduled> {
  const row = await ctx.db<ScheduledStatusRow>('scheduled_statuses').where({ id, actor_id: actorId }).first()
  if (row === undefined) throw new AppError('request.not-found', 404, 'Record not found')
  return (await withMedia(ctx, [row]))[0]!
}

/** Moves it to another time. Throws 404, schedule.date (422). */
export async function reschedule(ctx: Ctx, actorId: string, id: string, at: Date): Promise<Scheduled> {
  checkDate(ctx, at)
  await getScheduled(ctx, actorId, id)
  await ctx.db.transaction(async (trx) => {
    await trx('scheduled_statuses').where({ id, actor_id: actorId }).update({ scheduled_at: at })
    await moveChore(trx, { kind: PUBLISH_CHORE, subject: id, dueAt: at })
  })
  return getScheduled(ctx, actorId, id)
}

/** It will not be published. Throws 404. */
export async function cancelScheduled(ctx: Ctx, actorId: string, id: string): Promise<void> {
  await getScheduled(ctx, actorId, id)
  await ctx.db.transaction(async (trx) => {
    await trx('scheduled_statuses').where({ id, actor_id: actorId }).delete()
    await cancelChore(trx, PUBLISH_CHORE, id)
  })
}

/** Does the chore: publishes a post whose time has come, once. One that is no longer allowed (its group is gone, its images too) is dropped. */
export async function publishScheduled(ctx: Ctx, id: string): Promise<Date | null> {
  const row = await ctx.db<ScheduledStatusRow>('scheduled_statuses').where({ id }).first()
  if (row === undefined) return null
  if (row.scheduled_at > ctx.clock.now()) return row.scheduled_at
  const author = await ctx.db<ActorRow>('actors').where({ id: row.actor_id }).whereNull('suspended_at').whereNull('deleted_at').first()
  try {
    if (author !== undefined) await createNote(ctx, author, { ...row.input, idempotencyKey: `scheduled-${id}` })
  } catch (error) {
    if (!isAppError(error) || error.status >= 500) throw error
    ctx.count('scheduled.refused')
    ctx.log.warn({ err: error, id }, 'a scheduled post could not be published')
  }
  await ctx.db('scheduled_statuses').where({ id }).delete()
  return null
}

function checkDate(ctx: Ctx, at: Date): void {
  const aheadMs = at.getTime() - ctx.clock.now().getTime()
  if (Number.isNaN(aheadMs) || aheadMs < SOONEST_MS || aheadMs > LATEST_MS)
    throw new AppError('schedule.date', 422, 'Please choose a time at least five minutes from now.', { details: { field: 'scheduled_at' } })
}

/** With their images, in the order chosen: one query whatever their number. */
async function withMedia(ctx: Ctx, rows: ScheduledStatusRow[]): Promise<Scheduled[]> {
  const ids = rows.flatMap((row) => row.media_ids)
  const found = ids.length === 0 ? [] : await ctx.db<MediaRow>('media').whereIn('id', ids)
  const byId = new Map(found.map((media) => [media.id, media]))
  return rows.map((row) => ({ row, media: row.media_ids.flatMap((id) => byId.get(id) ?? []) }))
}
