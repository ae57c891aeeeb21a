// What all published objects share on the wire, and the choice of the builder by type. Pure: rows in, document out.
import { escapeHtml } from '../core/text.ts'
import { PUBLIC } from './addressing.ts'
import { articleDocument } from './article.ts'
import type { WireDocument } from './context.ts'
import { eventDocument, type EventDetails } from './event.ts'
import type { Dress } from './dress.ts'
import { noteDocument } from './note.ts'
import { questionDocument, type PollSource } from './question.ts'
import { wireDate, wireTags, type AttachmentSource, type TagSource } from './values.ts'

/** The columns of an `objects` row that builders read; an ObjectRow fits. */
export interface ObjectSource {
  iri: string
  type: string
  kind: string | null
  visibility: string
  in_reply_to_iri: string | null
  name: string | null
  summary: string | null
  content: string
  source?: string | null
  language: string | null
  sensitive: boolean
  url: string | null
  start_time: Date | null
  end_time: Date | null
  timezone: string | null
  event_status: string | null
  place: PlaceSource | null
  attachments: readonly AttachmentSource[]
  tags: readonly TagSource[]
  poll?: PollSource | null
  published: Date
  updated: Date | null
}

export interface PlaceSource {
  name?: string | null
  address?: string | null
  latitude?: number | null
  longitude?: number | null
  url?: string | null
}

/** The IRIs a row only knows by id. */
export interface ObjectLinks {
  /** Origin of this instance. */
  origin: string
  /** attributedTo: the publishing actor. */
  actorIri: string
  /** The human behind what a group publishes; null or absent when not named. */
  authorIri?: string | null
  /** The group it is said in (mode B). */
  groupIri?: string | null
  to: string[]
  cc: string[]
  /** Thread collection; a reply copies its parent's. Default: the object's own. */
  contextIri?: string | null
  /** What it quotes. */
  quote?: QuoteLinks | null
  /** `interactionPolicy`; default: everyone may quote what is open. */
  interactionPolicy?: unknown
  /** False: nobody may answer (Mobilizon, Lemmy and PeerTube read it). */
  commentsEnabled?: boolean
  /** What only events have. */
  event?: EventDetails
  /** What it has because of its kind. */
  dress?: Dress | null
  /** IRI of the process it belongs to. */
  processIri?: string | null
}

/** A quoted post: its id, its page, and its author's stamp when there is one. */
export interface QuoteLinks {
  iri: string
  url: string | null
  stampIri: string | null
}

/** The document of a local object of any type we publish, without @context (federation.md §4.0). */
export function objectDocument(source: ObjectSource, links: ObjectLinks): WireDocument {
  const document = { ...documentOfType(source, links), ...(links.processIri ? { 'communer:process': links.processIri } : {}) }
  return links.dress ? links.dress(document, source) : document
}

function documentOfType(source: ObjectSource, links: ObjectLinks): WireDocument {
  if (source.type === 'Event') return eventDocument(source, links)
  if (source.type === 'Article' || source.type === 'Page') return articleDocument(source, links)
  if (source.type === 'Question') return questionDocument(source, links)
  return noteDocument(source, links)
}

/** Keys all objects have: identity, audience, text, dates, thread, counters, quote policy. */
export function objectSkeleton(source: ObjectSource, links: ObjectLinks): WireDocument {
  const openToQuotes = source.visibility === 'public' || source.visibility === 'unlisted'
  const content = source.content + (links.quote ? quoteLine(links.quote) : '')
  return {
    id: source.iri,
    type: source.type,
    ...(source.kind ? { 'communer:kind': source.kind } : {}),
    attributedTo: links.actorIri,
    to: links.to,
    cc: links.cc,
    ...(links.groupIri ? { audience: links.groupIri } : {}),
    ...(source.in_reply_to_iri ? { inReplyTo: source.in_reply_to_iri } : {}),
    content,
    contentMap: { [source.language || 'fr']: content },
    mediaType: 'text/html',
    ...(source.url ? { url: source.url } : {}),
    published: wireDate(source.published),
    ...(source.updated ? { updated: wireDate(source.updated) } : {}),
    sensitive: source.sensitive,
    context: links.contextIri ?? `${source.iri}/context`,
    replies: repliesOf(source.iri),
    likes: { id: `${source.iri}/likes`, type: 'Collection', totalItems: 0 },
    shares: { id: `${source.iri}/shares`, type: 'Collection', totalItems: 0 },
    interactionPolicy: links.interactionPolicy ?? { canQuote: { automaticApproval: [openToQuotes ? PUBLIC : links.actorIri] } },
    ...(links.commentsEnabled === false ? { commentsEnabled: false } : {}),
    ...(links.quote ? quoteFields(links.quote) : {}),
    tag: wireTags(source.tags, source.type !== 'Event')
  }
}

/** Under every name peers read it by. */
function quoteFields({ iri, stampIri }: QuoteLinks): WireDocument {
  return { quote: iri, quoteUri: iri, _misskey_quote: iri, ...(stampIri === null ? {} : { quoteAuthorization: stampIri }) }
}

/** For readers whose server knows no quotes; those that do hide the class. */
function quoteLine({ iri, url }: QuoteLinks): string {
  const address = escapeHtml(url ?? iri)
  return `<p class="quote-inline">RE: <a href="${address}">${address}</a></p>`
}

function repliesOf(iri: string): WireDocument {
  const id = `${iri}/replies`
  return { id, type: 'Collection', first: { type: 'CollectionPage', id: `${id}?page=1`, partOf: id, items: [] } }
}
