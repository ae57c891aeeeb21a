// What a web page says about itself: OpenGraph, its title and a few usual names. Everything is plain text and nothing is believed:
// addresses are http(s) or nothing, texts are cut. Pure.
import { Parser } from 'htmlparser2'
import { MAX_IRI_LENGTH, parseIri } from './iri.ts'
import { shorten } from './shorten.ts'

export interface PageFacts {
  title: string
  description: string
  authorName: string
  providerName: string
  imageUrl: string | null
  imageDescription: string
  imageWidth: number
  imageHeight: number
  language: string | null
  publishedAt: Date | null
}

const MAX_PICTURE_SIDE = 20_000
/** Control signs, and those that turn the direction of what follows. */
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** The facts in the head of a page, or null when it has no title: then there is nothing to show. `url` is where it was read. */
export function readPageFacts(html: string, url: URL): PageFacts | null {
  const { metas, title, language } = readHead(html)
  const first = (...names: string[]): string => names.map((name) => metas.get(name) ?? '').find((value) => value.trim() !== '') ?? ''
  const shown = plain(first('og:title', 'twitter:title') || title, 200)
  if (shown === '') return null
  const imageUrl = pictureUrl(first('og:image:secure_url', 'og:image', 'og:image:url', 'twitter:image'), url)
  return {
    title: shown,
    description: plain(first('og:description', 'twitter:description', 'description'), 300),
    authorName: personName(first('author', 'article:author')),
    providerName: plain(first('og:site_name'), 100),
    imageUrl,
    imageDescription: imageUrl === null ? '' : plain(first('og:image:alt', 'twitter:image:alt'), 300),
    imageWidth: side(first('og:image:width')),
    imageHeight: side(first('og:image:height')),
    language: languageOf(language || first('og:locale')),
    publishedAt: dateOf(first('article:published_time'))
  }
}

/** The text of a page by the charset its server names, or the one it names itself; UTF-8 otherwise. */
export function decodePage(body: Buffer, mediaType: string): string {
  const named = /charset\s*=\s*["']?([\w.:-]{1,40})/i
  const charset = named.exec(mediaType)?.[1] ?? named.exec(body.subarray(0, 2048).toString('latin1'))?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    return new TextDecoder().decode(body)
  }
}

function readHead(html: string): { metas: Map<string, string>; title: string; language: string } {
  const metas = new Map<string, string>()
  let title = ''
  let language = ''
  let stage: 'before' | 'title' | 'after' = 'before'
  let isOver = false
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'body') isOver = true
      if (isOver) return
      if (name === 'html') language = attributes['lang'] ?? ''
      if (name === 'title' && stage === 'before') stage = 'title'
      if (name !== 'meta') return
      const key = (attributes['property'] ?? attributes['name'] ?? '').trim().toLowerCase()
      const value = attributes['content']
      // The first one counts: a page may list several pictures.
      if (key !== '' && value !== undefined && !metas.has(key)) metas.set(key, value)
    },
    ontext(text) {
      if (!isOver && stage === 'title' && title.length < 2000) title += text
    },
    onclosetag(name) {
      if (name === 'title' && stage === 'title') stage = 'after'
    }
  })
  parser.end(html)
  return { metas, title, language }
}

function plain(value: string, max: number): string {
  return shorten(value.replace(UNSEEN, '').replace(/\s+/g, ' ').trim(), max)
}

/** Some pages give the address of a profile where the name belongs. */
function personName(value: string): string {
  return /^https?:/i.test(value.trim()) ? '' : plain(value, 100)
}

function pictureUrl(value: string, base: URL): string | null {
  const address = value.trim()
  if (address === '' || !URL.canParse(address, base)) return null
  const url = parseIri(new URL(address, base).href)
  return url === null || url.href.length > MAX_IRI_LENGTH ? null : url.href
}

function side(value: string): number {
  const number = /^\d{1,5}$/.test(value.trim()) ? Number(value) : 0
  return number > MAX_PICTURE_SIDE ? 0 : number
}

function languageOf(value: string): string | null {
  return /^([a-z]{2,3})(?:[-_][a-z0-9-_]{1,20})?$/i.exec(value.trim())?.[1]?.toLowerCase() ?? null
}

function dateOf(value: string): Date | null {
  const at = Date.parse(value)
  const year = Number.isNaN(at) ? 0 : new Date(at).getUTCFullYear()
  return year < 1000 || year > 9999 ? null : new Date(at)
}
