// A wall post or a comment (federation.md §4.1). `summary` is a content warning and nothing else (W11).
import type { WireDocument } from './context.ts'
import { objectSkeleton, type ObjectLinks, type ObjectSource } from './object.ts'
import { wireAttachments } from './values.ts'

/** The Note of a row. */
export function noteDocument(source: ObjectSource, links: ObjectLinks): WireDocument {
  return {
    ...objectSkeleton(source, links),
    ...(source.summary ? { summary: source.summary } : {}),
    attachment: wireAttachments(links.origin, source.attachments, 'Document')
  }
}
