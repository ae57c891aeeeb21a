// Changing what was said. Everyone who got the post gets the new text; the former one stays in its history.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { type Who } from '../../core/permission.ts'
import { attachUploads, findUploads } from '../../db/attachments.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { updateLocalObject } from '../../protocol/local-edits.ts'
import type { MayAsk } from '../../protocol/resolve.ts'
import { writeText } from './wording.ts'
import { ownPublisher } from './own-publisher.ts'

export interface NoteEdit {
  text: string
  spoilerText?: string
  sensitive?: boolean
  language?: string
  /** Undefined keeps the images as they are. */
  mediaIds?: string[]
}

/** Edits a Note of one's own or of a group one moderates; `mayAsk` as in createNote. Throws permission.denied (403), post.not-editable (422). */
export async function editNote(ctx: Ctx, who: Who, row: ObjectRow, edit: NoteEdit, mayAsk: MayAsk | null = null): Promise<ObjectRow> {
  const publisher = await ownPublisher(ctx, who, row)
  const isQuestion = row.type === 'Question' && row.kind === null
  // A titled post of a group discussion keeps its title.
  const isPage = row.type === 'Page' && row.kind === null
  // An amendment or an argument is decided about or supported as it stands.
  const isNote = row.type === 'Note' && row.kind === null
  if (!isNote && !isPage && !isQuestion) throw new AppError('post.not-editable', 422, 'This cannot be edited as a post.')
  const kept = row.attachments.flatMap(({ mediaId }) => mediaId ?? [])
  const uploads = await findUploads(ctx.db, row.author_id ?? row.actor_id, edit.mediaIds ?? kept, row.id)
  const written = await writeText(ctx, { ...edit, language: edit.language || row.language || 'fr' }, uploads, mayAsk)
  // The choices stay as they are: people have voted for these words (GoToSocial would forget their votes).
  if (isQuestion && uploads.length > 0) throw new AppError('poll.no-images', 422, 'A poll cannot have images.')
  if (written.wording.content === '' && uploads.length === 0)
    throw new AppError('post.empty', 422, 'Please write something, or add an image.')
  return ctx.db.transaction(async (trx) => {
    const fresh = await trx<ObjectRow>('objects').where({ id: row.id }).whereNull('deleted_at').forUpdate().first()
    if (fresh === undefined) throw new AppError('post.not-found', 404, 'Record not found')
    await attachUploads(
      trx,
      row.id,
      uploads.map((upload) => upload.id)
    )
    const wording = isPage ? { ...written.wording, name: fresh.name, summary: null } : written.wording
    return updateLocalObject(ctx, trx, { row: fresh, publisher, ...written, wording })
  })
}
