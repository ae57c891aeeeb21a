// Addresses of pictures as browsers of ours may load them: own files as they are, remote ones through the proxy, never directly.
import type { Ctx } from '../../../context.ts'
import { requireSite } from '../../../db/site.ts'
import { mediaProxyUrl } from '../../../features/media/proxy.ts'
import { sealedUrl, type Subject } from '../../../protocol/media-address.ts'

/** Absolute address of a picture, or of the picture that stands in for a missing avatar or header. */
export function imageUrl(ctx: Ctx, url: string | null, missing: 'avatar' | 'header'): string {
  if (url === null) return `${requireSite(ctx).origin}/${missing}s/original/missing.png`
  return proxied(ctx, url)
}

/**
 * Absolute address: our own files under our origin, remote ones through the signed media proxy. With a subject (what the picture belongs
 * to is not for everybody) the address ends within a day.
 */
export function proxied(ctx: Ctx, url: string, subject: Subject = null): string {
  const { origin } = requireSite(ctx)
  const absolute = url.startsWith('/') ? `${origin}${url}` : url
  return absolute.startsWith(`${origin}/`) ? sealedUrl(ctx, absolute, subject, 'reader') : mediaProxyUrl(ctx, absolute, subject !== null)
}

/** Sanitised HTML whose pictures come through the proxy: long texts of other servers may hold some. */
export function withProxiedImages(ctx: Ctx, html: string, subject: Subject = null): string {
  if (!html.includes('<img')) return html
  return html.replaceAll(/(<img\b[^>]*?\ssrc=")([^"]*)(")/g, (_all, before: string, src: string, after: string) => {
    return `${before}${proxied(ctx, src.replaceAll('&amp;', '&'), subject).replaceAll('&', '&amp;')}${after}`
  })
}
