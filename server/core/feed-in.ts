// Reads an RSS or Atom feed for the pages it lists, newest first as it stands. Entities and doctypes are not processed (security.md E06). Pure.
import { Parser } from 'htmlparser2'
import { addressOf, lineOf } from './found-event.ts'

const MAX_ITEMS = 50

export interface FoundFeed {
  name: string
  /** Pages of the entries. */
  links: string[]
}

/** Null when the text is no feed. */
export function readFeed(xml: string, url: URL): FoundFeed | null {
  const links: string[] = []
  const path: string[] = []
  let name = ''
  let text = ''
  let isFeed = false
  const parser = new Parser(
    {
      onopentag(tag, attributes) {
        path.push(tag)
        if (path.length === 1) isFeed = tag === 'rss' || tag === 'feed' || tag === 'rdf:RDF'
        text = ''
        const rel = attributes['rel'] ?? 'alternate'
        if (tag === 'link' && path.at(-2) === 'entry' && rel === 'alternate') add(attributes['href'])
      },
      ontext(part) {
        if (text.length < 4000) text += part
      },
      onclosetag(tag) {
        const parent = path.at(-2)
        if (tag === 'link' && parent === 'item') add(text)
        if (tag === 'title' && (parent === 'channel' || parent === 'feed') && name === '') name = lineOf(text)
        path.pop()
      }
    },
    { xmlMode: true, decodeEntities: true }
  )
  const add = (value: unknown): void => {
    const link = addressOf(value, url)
    if (link !== null && links.length < MAX_ITEMS && !links.includes(link)) links.push(link)
  }
  parser.end(xml)
  return isFeed ? { name, links } : null
}
