// Attachments of objects and uploaded files → MediaAttachment entities. Pure.
import type { Ctx } from '../../../context.ts'
import type { Attachment } from '../../../db/rows.ts'
import type { Subject } from '../../../protocol/media-address.ts'
import type { MediaAttachment, MediaSize } from './entities.ts'
import { proxied } from './images.ts'

/** MediaAttachment of one entry of `objects.attachments` of an object (or an upload). Links are no media: null. */
export function toMediaAttachment(
  ctx: Ctx,
  { id, subject }: { id: string; subject: Subject },
  attachment: Attachment,
  index: number
): MediaAttachment | null {
  const type = mediaType(attachment)
  if (type === null) return null
  const remote = !isOurs(ctx, attachment.url)
  const original = size(attachment.width, attachment.height)
  const focus = attachment.focalPoint
  return {
    // Remote files have no row of their own; the pair names them for as long as the object lives.
    id: attachment.mediaId ?? `${id}${index}`,
    type,
    url: type === 'image' ? proxied(ctx, attachment.url, subject) : attachment.url,
    preview_url: type === 'image' ? proxied(ctx, attachment.previewUrl ?? attachment.url, subject) : null,
    remote_url: remote ? attachment.url : null,
    preview_remote_url: null,
    text_url: null,
    meta:
      original === null && focus === null
        ? null
        : { ...(original === null ? {} : { original }), ...(focus === null ? {} : { focus: { x: focus[0], y: focus[1] } }) },
    description: attachment.name,
    blurhash: attachment.blurhash
  }
}

/** True when the address is on this instance. */
function isOurs(ctx: Ctx, url: string): boolean {
  return url.startsWith('/') || (ctx.site !== null && url.startsWith(`${ctx.site.origin}/`))
}

function mediaType({ type, mediaType: mime }: Attachment): MediaAttachment['type'] | null {
  if (type === 'Link') return null
  const kind = mime?.split('/')[0] ?? ''
  if (kind === 'image' || kind === 'video' || kind === 'audio') return kind
  if (type === 'Image') return 'image'
  if (type === 'Video') return 'video'
  return type === 'Audio' ? 'audio' : 'unknown'
}

/** Size of a picture as `meta` gives it, or null when unknown. */
export function size(width: number | null, height: number | null): MediaSize | null {
  if (width === null || height === null || height === 0) return null
  return { width, height, size: `${width}x${height}`, aspect: Math.round((width / height) * 1e6) / 1e6 }
}
