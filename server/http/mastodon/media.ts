// Uploads of the Mastodon API. v2 may answer before the work is done; ours answers when it is, with 200, which clients accept.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { uploadSubject } from '../../protocol/media-address.ts'
import { attachmentOf } from '../../db/attachments.ts'
import type { MediaRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { describeMedia, discardMedia, getOwnMedia, uploadMedia, type MediaDetails } from '../../features/media/media.ts'
import { requireAuth } from '../plugins/auth.ts'
import { readForm } from '../plugins/bodies.ts'
import type { Nested } from '../plugins/nested-params.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import type { MediaAttachment } from './serialise/entities.ts'
import { size, toMediaAttachment } from './serialise/media.ts'

const SCOPE = { scope: 'write:media' }

/** Fastify plugin. */
export async function mastodonMedia(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const upload = async (request: FastifyRequest) => {
    const { actor } = requireAuth(request)
    const { fields, files } = await readForm(request)
    const file = files['file']
    if (file === undefined || file.body.length === 0)
      throw new AppError('media.missing', 422, 'Please choose an image.', { details: { field: 'file' } })
    return presentMedia(ctx, await uploadMedia(ctx, actor.id, file.body, detailsOf(fields)))
  }
  app.post('/api/v1/media', { config: { ...SCOPE, takesFiles: true, rateLimit: LIMITS.media } }, upload)
  app.post('/api/v2/media', { config: { ...SCOPE, takesFiles: true, rateLimit: LIMITS.media } }, upload)

  app.get<{ Params: { id: string } }>('/api/v1/media/:id', { config: SCOPE }, async (request) =>
    presentMedia(ctx, await getOwnMedia(ctx, requireAuth(request).actor.id, request.params.id))
  )

  app.put<{ Params: { id: string } }>('/api/v1/media/:id', { config: SCOPE }, async (request) => {
    const { fields } = await readForm(request)
    return presentMedia(ctx, await describeMedia(ctx, requireAuth(request).actor.id, request.params.id, detailsOf(fields)))
  })

  app.delete<{ Params: { id: string } }>('/api/v1/media/:id', { config: SCOPE }, async (request) => {
    await discardMedia(ctx, requireAuth(request).actor.id, request.params.id)
    return {}
  })
}

/** MediaAttachment of an upload that hangs on nothing yet. */
export function presentMedia(ctx: Ctx, row: MediaRow): MediaAttachment {
  const entity = toMediaAttachment(ctx, { id: row.id, subject: uploadSubject(row.id) }, attachmentOf(requireSite(ctx).origin, row), 0)!
  const small = size(row.preview_width, row.preview_height)
  return {
    ...entity,
    id: row.id,
    description: row.description === '' ? null : row.description,
    meta: { ...entity.meta, ...(small === null ? {} : { small }) }
  }
}

/** `focus` is "x,y". */
function detailsOf(fields: Nested): MediaDetails {
  const [x, y] = typeof fields['focus'] === 'string' ? fields['focus'].split(',').map(Number) : []
  return {
    ...(typeof fields['description'] === 'string' ? { description: fields['description'] } : {}),
    ...(x === undefined || y === undefined ? {} : { focus: { x, y } })
  }
}
