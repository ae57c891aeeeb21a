// Pictures people upload for their posts: stored before the post exists, described for those who cannot see them.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import type { MediaRow } from '../../db/rows.ts'
import { removeFiles, storeFile } from './files.ts'
import { processImage } from './image.ts'

/** What Mastodon allows for alternative texts. */
const MAX_DESCRIPTION = 1500
/** An upload nobody attached to anything goes away after a day. */
const ORPHAN_HOURS = 24

export interface MediaDetails {
  description?: string
  /** -1 to 1 each, as Mastodon's focal points. */
  focus?: { x: number; y: number }
}

/** Re-encodes and stores a picture. Throws media.* (422). */
export async function uploadMedia(ctx: Ctx, actorId: string, body: Buffer, details: MediaDetails): Promise<MediaRow> {
  const description = checkDescription(details.description ?? '')
  const image = await processImage(body)
  const file = await storeFile(ctx, image.full.body)
  const previewFile = await storeFile(ctx, image.preview.body)
  const now = ctx.clock.now()
  const row: MediaRow = {
    id: newId(now),
    actor_id: actorId,
    object_id: null,
    file,
    preview_file: previewFile,
    media_type: 'image/webp',
    width: image.full.width,
    height: image.full.height,
    preview_width: image.preview.width,
    preview_height: image.preview.height,
    size_bytes: image.full.body.length,
    blurhash: image.blurhash,
    description,
    focus_x: clamp(details.focus?.x),
    focus_y: clamp(details.focus?.y),
    created_at: now
  }
  try {
    await ctx.db('media').insert(row)
  } catch (error) {
    await removeFiles(ctx, [file, previewFile])
    throw error
  }
  return row
}

/** A picture of this person. Throws media.unknown (404) for anyone else's too. */
export async function getOwnMedia(ctx: Ctx, actorId: string, id: string): Promise<MediaRow> {
  const row = await ctx.db<MediaRow>('media').where({ id, actor_id: actorId }).first()
  if (row === undefined) throw new AppError('media.unknown', 404, 'This image does not exist.')
  return row
}

/** Changes the description or focus of one's own picture. Throws media.unknown (404), media.description (422). */
export async function describeMedia(ctx: Ctx, actorId: string, id: string, details: MediaDetails): Promise<MediaRow> {
  const row = await getOwnMedia(ctx, actorId, id)
  const changed = {
    description: details.description === undefined ? row.description : checkDescription(details.description),
    focus_x: details.focus === undefined ? row.focus_x : clamp(details.focus.x),
    focus_y: details.focus === undefined ? row.focus_y : clamp(details.focus.y)
  }
  await ctx.db('media').where({ id }).update(changed)
  return { ...row, ...changed }
}

/** Throws one's own picture away before it hangs on anything. Throws media.unknown (404), media.in-use (422). */
export async function discardMedia(ctx: Ctx, actorId: string, id: string): Promise<void> {
  await getOwnMedia(ctx, actorId, id)
  const [row] = await ctx
    .db<MediaRow>('media')
    .where({ id, actor_id: actorId })
    .whereNull('object_id')
    .whereRaw('not exists (select 1 from scheduled_statuses w where w.media_ids @> array[media.id])')
    .delete()
    .returning('*')
  if (row === undefined) throw new AppError('media.in-use', 422, 'Media attachment is currently used by a status')
  await releaseFiles(ctx, row)
}

/** The dates of a series share their pictures: a file goes with the last row that names it. */
async function releaseFiles(ctx: Ctx, { file, preview_file: preview }: MediaRow): Promise<void> {
  if ((await ctx.db('media').where({ file }).first('id')) === undefined) await removeFiles(ctx, [file, preview])
}

/** Removes uploads that were never attached, with their files. Returns how many. For the pruning job. */
export async function pruneOrphanMedia(ctx: Ctx): Promise<number> {
  const before = new Date(ctx.clock.now().getTime() - ORPHAN_HOURS * 3_600_000)
  const rows = await ctx
    .db<MediaRow>('media')
    .whereIn('id', ctx.db('media').whereNull('object_id').where('created_at', '<', before).limit(500).select('id'))
    .whereNull('object_id')
    // What a scheduled post waits for is no orphan.
    .whereRaw('not exists (select 1 from scheduled_statuses w where w.media_ids @> array[media.id])')
    .delete()
    .returning('*')
  for (const row of rows) await releaseFiles(ctx, row)
  return rows.length
}

function checkDescription(text: string): string {
  const description = text.normalize('NFC').trim()
  if (description.length > MAX_DESCRIPTION) {
    throw new AppError('media.description', 422, 'The description of an image has at most 1500 characters.', {
      details: { field: 'description' }
    })
  }
  return description
}

function clamp(value: number | undefined): number {
  return value === undefined || !Number.isFinite(value) ? 0 : Math.min(1, Math.max(-1, value))
}
