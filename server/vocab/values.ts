// Small shapes shared by all builders: dates, plain text, languages, images and tags on the wire. Pure.
import type { WireDocument } from './context.ts'

/** An attachment as the `attachments` column keeps it. */
export interface AttachmentSource {
  type: string
  mediaType?: string | null
  url: string
  name?: string | null
  width?: number | null
  height?: number | null
  blurhash?: string | null
  focalPoint?: readonly [number, number] | null
}

/** A hashtag or mention as the `tags` column keeps it. */
export interface TagSource {
  type: string
  name: string
  href?: string | null
}

/** Mastodon keeps four (MEDIA_ATTACHMENTS_LIMIT, W17). */
const MAX_MEDIA = 4

/** RFC 3339 in UTC with seconds (W13). */
export function wireDate(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}

/** Plain text without <, > and &, cut at 200: what every peer can print as a title (W10). */
export function plainTitle(text: string): string {
  const bare = text.replace(/&/g, ' et ').replace(/[<>]/g, ' ')
  return cut(bare.replace(/\s+/g, ' ').trim(), 200)
}

/** A plain-text line of at most 500 characters (W11): tags go, the usual entities are read, white space is folded. */
export function plainLine(html: string, max = 500): string {
  const text = html
    .replace(/<(br|\/p|\/li|\/h[1-6])[^>]*>/gi, ' ')
    .replace(/<[^>]*>/g, '')
    .replace(/&nbsp;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#0?39;|&apos;/g, "'")
    .replace(/&amp;/g, '&')
  return cut(text.replace(/\s+/g, ' ').trim(), max)
}

/** Makes a path of ours absolute; other addresses stay. */
export function absoluteUrl(origin: string, url: string): string {
  return url.startsWith('/') ? `${origin}${url}` : url
}

/** Images first, at most four, each with string `url`, `mediaType` and `name` (W6, W17). */
export function wireAttachments(origin: string, attachments: readonly AttachmentSource[], type: 'Document' | 'Image'): WireDocument[] {
  return attachments
    .filter((attachment) => attachment.type !== 'Link' && attachment.type !== 'PropertyValue')
    .slice(0, MAX_MEDIA)
    .map((attachment) => ({
      type,
      mediaType: attachment.mediaType ?? 'image/webp',
      url: absoluteUrl(origin, attachment.url),
      name: attachment.name ?? '',
      ...(attachment.width ? { width: attachment.width } : {}),
      ...(attachment.height ? { height: attachment.height } : {}),
      ...(attachment.blurhash ? { blurhash: attachment.blurhash } : {}),
      ...(attachment.focalPoint ? { focalPoint: attachment.focalPoint } : {})
    }))
}

/** Hashtags and mentions. Events carry no Mention (W15): Gancio reads every tag as a hashtag. */
export function wireTags(tags: readonly TagSource[], withMentions: boolean): WireDocument[] {
  return tags
    .filter((tag) => (tag.type === 'Hashtag' || (withMentions && tag.type === 'Mention')) && tag.href)
    .map((tag) => ({ type: tag.type, href: tag.href, name: tag.name }))
}

function cut(text: string, max: number): string {
  const points = [...text]
  return points.length <= max
    ? text
    : `${points
        .slice(0, max - 1)
        .join('')
        .trimEnd()}…`
}

/** A coordinate that never prints as an integer (W12): Mobilizon tests is_float. A millionth of a degree is 11 cm. */
export function decimal(degrees: number): number {
  return Number.isInteger(degrees) ? degrees + (degrees < 0 ? -0.000001 : 0.000001) : degrees
}
