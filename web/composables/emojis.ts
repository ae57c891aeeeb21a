// Custom emoji of other servers in names and texts: `:shortcode:` becomes its picture, which comes through our own proxy.
import type { CustomEmoji } from '../entities.ts'
import { imagePath } from './addresses.ts'

const SHORTCODE = /:([\w+-]{1,64}):/g

export interface Piece {
  text: string
  /** Address of the picture; null for plain words. */
  src: string | null
}

/** Plain text in pieces: words, and pictures for the shortcodes that have one. */
export function emojiPieces(text: string, emojis: CustomEmoji[], origin: string | undefined): Piece[] {
  if (emojis.length === 0) return [{ text, src: null }]
  const found = sources(emojis, origin)
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(SHORTCODE)) {
    const src = found.get(match[1]!)
    if (src === undefined) continue
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), src: null })
    pieces.push({ text: match[0], src })
    at = match.index + match[0].length
  }
  if (at < text.length || pieces.length === 0) pieces.push({ text: text.slice(at), src: null })
  return pieces
}

/** Sanitised HTML in which shortcodes between tags are pictures. Every attribute is made here, from checked and escaped parts (X04). */
export function htmlWithEmojis(html: string, emojis: CustomEmoji[], origin: string | undefined): string {
  if (emojis.length === 0 || !html.includes(':')) return html
  const found = sources(emojis, origin)
  return html
    .split(/(<[^>]*>)/)
    .map((part) => (part.startsWith('<') ? part : part.replace(SHORTCODE, (all, name: string) => picture(all, found.get(name)))))
    .join('')
}

function picture(shortcode: string, src: string | undefined): string {
  if (src === undefined) return shortcode
  return `<img class="emoji" src="${escapeAttribute(src)}" alt="${shortcode}" title="${shortcode}" loading="lazy" decoding="async">`
}

function sources(emojis: CustomEmoji[], origin: string | undefined): Map<string, string> {
  return new Map(emojis.map(({ shortcode, url }) => [shortcode, imagePath(url, origin)]))
}

function escapeAttribute(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
