// The link of a post that gets a preview: the first one that leads out of the conversation. Pure.
import { Parser } from 'htmlparser2'
import { MAX_IRI_LENGTH, parseIri, withoutFragment } from './iri.ts'

/** Classes of links that are no reading matter: people, hashtags, and the quoted post's address. */
const NOT_READING = /(^|\s)(mention|hashtag|u-url|quote-inline)(\s|$)/

/**
 * The first address in sanitised HTML that is neither a mention, a hashtag nor a quoted post; without its fragment. `known` are the
 * addresses the post's own tags give. Null without one.
 */
export function firstLink(html: string, known: ReadonlySet<string> = new Set()): string | null {
  if (!html.includes('<a ')) return null
  let found: string | null = null
  let quoting = 0
  const parser = new Parser({
    onopentag(name, attributes) {
      if (quoting > 0 || (name !== 'a' && isQuoting(attributes))) quoting += 1
      if (found !== null || quoting > 0 || name !== 'a') return
      found = readable(attributes, known)
    },
    onclosetag() {
      if (quoting > 0) quoting -= 1
    }
  })
  parser.end(html)
  return found
}

function isQuoting(attributes: Record<string, string>): boolean {
  return /(^|\s)quote-inline(\s|$)/.test(attributes['class'] ?? '')
}

function readable(attributes: Record<string, string>, known: ReadonlySet<string>): string | null {
  const href = attributes['href'] ?? ''
  if (NOT_READING.test(attributes['class'] ?? '') || /(^|\s)tag(\s|$)/.test(attributes['rel'] ?? '') || known.has(href)) return null
  const url = parseIri(href)
  if (url === null) return null
  const address = withoutFragment(url.href)
  return address.length > MAX_IRI_LENGTH ? null : address
}
