// What all published objects share on the wire, and the choice of the builder by type. Pure: rows in, document out.
import { PUBLIC } from './addressing.ts'
import { articleDocument } from './article.ts'
import type { WireDocument } from './context.ts'
import { eventDocument, type EventDetails } from './event.ts'
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
  /** What only events have. */
  event?: EventDetails
}

/** The document of a local object of any type we publish, without @context (federation.md §4.0). */
export function objectDocument(source: ObjectSource, links: ObjectLinks): WireDocument {
  if (source.type === 'Event') return eventDocument(source, links)
  if (source.type === 'Article' || source.type === 'Page') return articleDocument(source, links)
  if (source.type === 'Question') return questionDocument(source, links)
  return noteDocument(source, links)
}

/** Keys all objects have: identity, audience, text, dates, thread, counters, quote policy. */
export function objectSkeleton(source: ObjectSource, links: ObjectLinks): WireDocument {
  const openToQuotes = source.visibility === 'public' || source.visibility === 'unlisted'
  return {
    id: source.iri,
    type: source.type,
    ...(source.kind ? { 'communer:kind': source.kind } : {}),
    attributedTo: links.actorIri,
    to: links.to,
    cc: links.cc,
    ...(links.groupIri ? { audience: links.groupIri } : {}),
    ...(source.in_reply_to_iri ? { inReplyTo: source.in_reply_to_iri } : {}),
    content: source.content,
    contentMap: { [source.language || 'fr']: source.content },
    mediaType: 'text/html',
    ...(source.url ? { url: source.url } : {}),
    published: wireDate(source.published),
    ...(source.updated ? { updated: wireDate(source.updated) } : {}),
    sensitive: source.sensitive,
    context: links.contextIri ?? `${source.iri}/context`,
    replies: repliesOf(source.iri),
    likes: { id: `${source.iri}/likes`, type: 'Collection', totalItems: 0 },
    shares: { id: `${source.iri}/shares`, type: 'Collection', totalItems: 0 },
    interactionPolicy: { canQuote: { automaticApproval: [openToQuotes ? PUBLIC : links.actorIri] } },
    tag: wireTags(source.tags, source.type !== 'Event')
  }
}

function repliesOf(iri: string): WireDocument {
  const id = `${iri}/replies`
  return { id, type: 'Collection', first: { type: 'CollectionPage', id: `${id}?page=1`, partOf: id, items: [] } }
}
