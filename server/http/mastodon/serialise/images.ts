// Addresses of pictures as browsers of ours may load them: own files as they are, remote ones through the proxy, never directly.
import type { Ctx } from '../../../context.ts'
import { requireSite } from '../../../db/site.ts'
import { mediaProxyUrl } from '../../../features/media/proxy.ts'

/** Absolute address of a picture, or of the picture that stands in for a missing avatar or header. */
export function imageUrl(ctx: Ctx, url: string | null, missing: 'avatar' | 'header'): string {
  if (url === null) return `${requireSite(ctx).origin}/${missing}s/original/missing.png`
  return proxied(ctx, url)
}

/** Absolute address: our own unchanged, paths under our origin, remote ones through the signed media proxy. */
export function proxied(ctx: Ctx, url: string): string {
  const { origin } = requireSite(ctx)
  if (url.startsWith('/')) return `${origin}${url}`
  return url.startsWith(`${origin}/`) ? url : mediaProxyUrl(ctx, url)
}

/** Sanitised HTML whose pictures come through the proxy: long texts of other servers may hold some. */
export function withProxiedImages(ctx: Ctx, html: string): string {
  if (!html.includes('<img')) return html
  return html.replaceAll(/(<img\b[^>]*?\ssrc=")([^"]*)(")/g, (_all, before: string, src: string, after: string) => {
    return `${before}${proxied(ctx, src.replaceAll('&amp;', '&')).replaceAll('&', '&amp;')}${after}`
  })
}
