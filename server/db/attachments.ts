// Uploaded files that become attachments of a local object. Which bytes they hold is features/media's.
import type { Knex } from 'knex'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { Attachment, MediaRow } from './rows.ts'

/** As many as Mastodon keeps (MEDIA_ATTACHMENTS_LIMIT, federation.md W17). */
export const MAX_ATTACHMENTS = 4

/** The caller's own uploads that hang on nothing yet (or on `objectId`), in the order asked. Throws media.* (422). */
export async function findUploads(
  trx: Knex,
  ownerId: string | string[],
  ids: string[],
  objectId: string | null = null
): Promise<MediaRow[]> {
  if (ids.length === 0) return []
  if (ids.length > MAX_ATTACHMENTS) throw new AppError('media.too-many', 422, 'At most four images fit in one post.')
  const rows = await trx<MediaRow>('media').whereRaw('id = any(?::bigint[])', [ids]).whereIn('actor_id', [ownerId].flat())
  const usable = new Map(rows.filter((row) => row.object_id === null || row.object_id === objectId).map((row) => [row.id, row]))
  return ids.map((id) => {
    const row = usable.get(id)
    if (row === undefined) throw new AppError('media.not-found', 422, 'One of the images is no longer there. Please add it again.')
    return row
  })
}

/** Hangs uploads on an object and lets go of those it had before. */
export async function attachUploads(trx: Knex, objectId: string, ids: string[]): Promise<void> {
  await trx('media').where({ object_id: objectId }).whereRaw('not (id = any(?::bigint[]))', [ids]).update({ object_id: null })
  if (ids.length > 0) await trx('media').whereRaw('id = any(?::bigint[])', [ids]).update({ object_id: objectId })
}

/**
 * The same pictures once more, for another date of a series: rows of their own, of who announces it now, that name the same files. Those that
 * are gone are left out.
 */
export async function copyUploads(trx: Knex, ownerId: string, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await trx<MediaRow>('media').whereRaw('id = any(?::bigint[])', [ids])
  const copies = ids
    .flatMap((id) => rows.find((row) => row.id === id) ?? [])
    .map((row) => ({ ...row, id: newId(), actor_id: ownerId, object_id: null, created_at: new Date() }))
  if (copies.length > 0) await trx('media').insert(copies)
  return copies.map(({ id }) => id)
}

/** The entry of `objects.attachments` for an upload. */
export function attachmentOf(origin: string, row: MediaRow): Attachment {
  return {
    type: 'Image',
    mediaType: row.media_type,
    url: `${origin}/media/${row.file}`,
    name: row.description === '' ? null : row.description,
    width: row.width,
    height: row.height,
    blurhash: row.blurhash,
    focalPoint: [row.focus_x, row.focus_y],
    previewUrl: row.preview_file === null ? null : `${origin}/media/${row.preview_file}`,
    mediaId: row.id
  }
}

export type FoundUpload = Pick<MediaRow, 'id' | 'actor_id' | 'object_id'> & { publisher_id: string | null }

/** The upload a file belongs to, as picture or as its preview, with the publisher of what it hangs on. Indexes: media_file, media_preview. */
export async function findUpload(db: Knex, file: string): Promise<FoundUpload | undefined> {
  return db('media as m')
    .leftJoin('objects as o', 'o.id', 'm.object_id')
    .where((query) => query.where('m.file', file).orWhere('m.preview_file', file))
    .first<FoundUpload | undefined>('m.id', 'm.actor_id', 'm.object_id', 'o.actor_id as publisher_id')
}

/** True when somebody of ours shows the picture of this path as avatar or header. Indexes: actors_icon, actors_image. */
export async function isPortrait(db: Knex, path: string): Promise<boolean> {
  const found: unknown = await db('actors')
    .where({ local: true })
    .whereNull('deleted_at')
    .whereNull('suspended_at')
    .whereRaw("((icon is not null and icon ->> 'url' = :path) or (image is not null and image ->> 'url' = :path))", { path })
    .first('id')
  return found !== undefined
}

/** Those of the named files that some row still needs. */
export async function filesInUse(db: Knex, names: string[]): Promise<Set<string>> {
  const paths = names.map((name) => `/media/${name}`)
  const { rows } = (await db.raw(
    `select file as name from media where file = any(:names)
     union all select preview_file from media where preview_file is not null and preview_file = any(:names)
     union all select substr(icon ->> 'url', 8) from actors where local and icon is not null and icon ->> 'url' = any(:paths)
     union all select substr(image ->> 'url', 8) from actors where local and image is not null and image ->> 'url' = any(:paths)`,
    { names, paths }
  )) as { rows: { name: string }[] }
  return new Set(rows.map(({ name }) => name))
}
