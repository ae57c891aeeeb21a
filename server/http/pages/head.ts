// What a page says of itself to search engines, link previews and feed readers. Pure: every value is escaped here.
import type { Site } from '../../context.ts'
import { escapeHtml } from '../../core/text.ts'
import type { PageHead } from './renderer.ts'

/** The elements of <head> that differ from page to page. */
export function headHtml(head: PageHead, site: Site | null, lang: string): string {
  const siteName = site?.name ?? 'Communer'
  const title = head.title ? `${head.title} · ${siteName}` : siteName
  const canonical = absolute(head.canonical, site)
  const image = absolute(head.image, site)
  return [
    `<title>${escapeHtml(title)}</title>`,
    meta('name', 'description', head.description),
    head.noindex ? meta('name', 'robots', 'noindex') : '',
    link('canonical', canonical),
    meta('property', 'og:title', head.title || siteName),
    meta('property', 'og:description', head.description),
    meta('property', 'og:type', head.type ?? 'website'),
    meta('property', 'og:url', canonical),
    meta('property', 'og:image', image),
    meta('property', 'og:site_name', siteName),
    meta('property', 'og:locale', lang === 'en' ? 'en_GB' : 'fr_FR'),
    meta('name', 'twitter:card', image === undefined ? 'summary' : 'summary_large_image'),
    head.activity === undefined ? '' : link('alternate', head.activity, 'application/activity+json'),
    ...(head.feeds ?? []).map((feed) => link('alternate', absolute(feed.href, site), feed.type, feed.title)),
    head.jsonLd === undefined ? '' : `<script type="application/ld+json">${scriptJson(head.jsonLd)}</script>`
  ].join('')
}

/** The Link header: where the same thing is as an ActivityPub document (FEP-2c59 readers look at the first link). */
export function linkHeader(head: PageHead): string {
  const { activity } = head
  // A header takes no line break and no angle bracket; an IRI that has one is not announced.
  if (activity === undefined || !/^https?:\/\/[\x21-\x3b\x3d\x3f-\x7e]+$/.test(activity)) return ''
  return `<${activity}>; rel="alternate"; type="application/activity+json"`
}

function meta(kind: 'name' | 'property', key: string, value: string | undefined): string {
  return value ? `<meta ${kind}="${key}" content="${escapeHtml(value)}">` : ''
}

function link(rel: string, href: string | undefined, type?: string, title?: string): string {
  if (!href) return ''
  return `<link rel="${rel}" href="${escapeHtml(href)}"${type ? ` type="${type}"` : ''}${title ? ` title="${escapeHtml(title)}"` : ''}>`
}

function absolute(path: string | undefined, site: Site | null): string | undefined {
  if (path === undefined || site === null || /^https?:\/\//.test(path)) return path
  return `${site.origin}${path}`
}

/** JSON that cannot close its script element. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
