// Foreign object JSON → NormObject. Reads plain JSON with our term table; never expands, fetches or trusts.
import { sameOrigin } from '../core/iri.ts'
import { escapeText } from '../core/html.ts'
import type { NormObject } from '../db/incoming.ts'
import { readAttachments, readJoining, readPlace, readPoll, readTags, typeName } from './normalise-parts.ts'
import { checkedDocument, refused } from './normalise-shape.ts'
import { readQuotePolicy, readReplyPolicy } from './interaction-policy.ts'
import { asArray, dateOf, first, idOf, isMap, languageOf, linkOf, plainOf, read, textOf, zoneOf, type Json } from './normalise-values.ts'

/** Recipients kept of `to` and `cc` each; more are cut (J11). */
const MAX_RECIPIENTS = 256
const MAX_NAME = 512
const MAX_SUMMARY = 2000
/** 128 KiB of HTML is a small book; the rest is cut at a tag boundary (J11). */
const MAX_CONTENT = 131_072

/** Everyone who may see: Public in its three customary spellings becomes the full IRI. */
export const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public'

/**
 * A fetched or embedded object. Unknown types are kept (federation.md R11).
 * Throws AppError document.* (400) without a type, an absolute id, or with authors of another origin.
 */
export function normaliseObject(json: unknown): NormObject {
  return objectFrom(checkedDocument(json))
}

/** The same for a part of a document that was already checked as a whole. */
export function objectFrom(json: Json): NormObject {
  const type = typeName(json.type)
  if (type === null) throw refused('document.type', 'The object must have exactly one type.')
  const id = idOf(json.id)
  if (id === null) throw refused('document.id', 'The object must have an absolute http(s) id.')
  const content = contentOf(json)
  const tags = readTags(json.tag)
  const event = type === 'Event'
  const startTime = event ? dateOf(read(json, 'startTime')) : null
  const eventStatus = event ? statusOf(json) : null
  const name = plainOf(json.name ?? firstOfMap(json.nameMap), MAX_NAME)
  return {
    id,
    type,
    kind: kindOf(json),
    attributedTo: authorOf(json, id),
    authorIri: idOf(first(json.actor)),
    to: recipients(json.to),
    cc: recipients(json.cc),
    audience: recipients(json.audience),
    inReplyTo: idOf(first(json.inReplyTo)),
    name: eventStatus === null ? name : withoutMark(name, eventStatus),
    summary: plainOf(json.summary ?? firstOfMap(json.summaryMap), MAX_SUMMARY),
    content: content ?? '',
    hasContent: content !== null && content !== '',
    language: languageFrom(json),
    sensitive: read(json, 'sensitive') === true,
    url: urlOf(json.url),
    published: dateOf(json.published),
    updated: dateOf(json.updated),
    attachments: readAttachments(json),
    ...tags,
    poll: type === 'Question' ? readPoll(json) : null,
    quote: quoteOf(json),
    quoteAuthorization: idOf(first(json.quoteAuthorization)),
    quotePolicy: readQuotePolicy(json, authorFollowers(json)),
    replyPolicy: readReplyPolicy(json, idOf(first(json.attributedTo))),
    startTime,
    endTime: event ? endAfter(startTime, dateOf(read(json, 'endTime'))) : null,
    timezone: event ? zoneOf(read(json, 'timezone')) : null,
    eventStatus,
    joining: event ? readJoining(json) : null,
    place: event || type === 'Place' ? readPlace(json.location ?? (type === 'Place' ? json : null)) : null,
    json
  }
}

/** Exactly one author; several only when all are of the object's own server, which speaks for all of them (PeerTube). O03, O35. */
function authorOf(json: Json, id: string): string | null {
  const authors = asArray(json.attributedTo ?? json.actor, 16)
  if (authors.length === 0) return null
  const iris = authors.map(idOf)
  if (iris.includes(null)) throw refused('document.attribution', 'The author must be an absolute http(s) id.')
  if (iris.length > 1 && !iris.every((iri) => sameOrigin(iri, id))) {
    throw refused('document.attribution', 'The object must have exactly one author.')
  }
  return iris[0]!
}

/** The quoted post: FEP-044f, then what Fedibird, Misskey and others wrote before it. */
function quoteOf(json: Json): string | null {
  for (const name of ['quote', 'quoteUri', '_misskey_quote', 'quoteUrl']) {
    const iri = idOf(first(json[name]))
    if (iri !== null) return iri
  }
  return null
}

/** Addressed followers: how a policy names them. */
function authorFollowers(json: Json): string | null {
  return [...recipients(json.to), ...recipients(json.cc)].find((iri) => iri.endsWith('/followers')) ?? null
}

/** Addresses as strings, Public spelled out. Also used for activities. */
export function recipients(value: unknown): string[] {
  const found: string[] = []
  for (const item of asArray(value, MAX_RECIPIENTS)) {
    const iri = item === 'as:Public' || item === 'Public' ? PUBLIC : linkOf(item)
    if (iri !== null && !found.includes(iri)) found.push(iri)
  }
  return found
}

function firstOfMap(value: unknown): unknown {
  return isMap(value) ? Object.values(value)[0] : undefined
}

function contentOf(json: Json): string | null {
  const text = textOf(json.content ?? firstOfMap(json.contentMap), MAX_CONTENT)
  if (text === null) return null
  const cut = text.length === MAX_CONTENT ? text.slice(0, text.lastIndexOf('>') + 1 || MAX_CONTENT) : text
  return json.mediaType === 'text/plain' || json.mediaType === 'text/markdown' ? escapeText(cut) : cut
}

/** contentMap's first key (Mastodon), Lemmy's language.identifier, schema.org's inLanguage (Mobilizon). */
function languageFrom(json: Json): string | null {
  if (isMap(json.contentMap)) {
    const tag = languageOf(Object.keys(json.contentMap)[0])
    if (tag !== null) return tag
  }
  if (isMap(json.language)) return languageOf(json.language.identifier)
  return languageOf(read(json, 'inLanguage') ?? json.language)
}

/** The HTML page: the first text/html Link, else the first address (federation.md §1.8). http(s) only (O32). */
function urlOf(value: unknown): string | null {
  if (typeof value === 'string') return linkOf(value)
  const links = asArray(value, 16)
  const page = links.find((link) => isMap(link) && link.mediaType === 'text/html' && linkOf(link) !== null)
  if (page !== undefined) return linkOf(page)
  for (const link of links) {
    const url = linkOf(link)
    if (url !== null) return url
  }
  return null
}

function kindOf(json: Json): string | null {
  const kind = json['communer:kind'] ?? json.kind
  return typeof kind === 'string' && /^[a-z][a-z_-]{0,39}$/.test(kind) ? kind : null
}

/** iCalendar's words (Mobilizon), else FEP-8a8e's; postponed and moved online, which iCalendar does not know, come before its words. */
function statusOf(json: Json): string | null {
  const status = read(json, 'status')
  const word = typeof status === 'string' ? status.toUpperCase() : ''
  const term = textOf(read(json, 'eventStatus'), 100)?.replace(/^.*[/#:]/, '')
  if (term === 'EventPostponed' && word !== 'CANCELLED') return 'POSTPONED'
  if (term === 'EventMovedOnline' && word !== 'CANCELLED') return 'MOVED_ONLINE'
  if (['CONFIRMED', 'TENTATIVE', 'CANCELLED'].includes(word)) return word
  if (term === 'EventCancelled') return 'CANCELLED'
  return term === 'EventTentative' ? 'TENTATIVE' : null
}

/** Communes write the status in front of the title for servers that show only that (vocab/event.ts); we show it ourselves. */
function withoutMark(name: string | null, status: string): string | null {
  if (name === null || !['CANCELLED', 'POSTPONED', 'MOVED_ONLINE'].includes(status)) return name
  return name.replace(/^\[(ANNULÉ|REPORTÉ|EN LIGNE)\] *(?=\S)/i, '')
}

/** An end before the start is dropped (J14). */
function endAfter(start: Date | null, end: Date | null): Date | null {
  return start === null || end === null || end < start ? null : end
}
