// A titled text: Article or Page (federation.md §4.2). Mastodon prints its name and summary, so both are plain text (W10, W11).
import type { WireDocument } from './context.ts'
import { objectSkeleton, type ObjectLinks, type ObjectSource } from './object.ts'
import { plainLine, plainTitle, wireAttachments } from './values.ts'

/** The Article or Page of a row; `actor` names the human author, or the group when nobody is named. */
export function articleDocument(source: ObjectSource, links: ObjectLinks): WireDocument {
  return {
    ...objectSkeleton(source, links),
    actor: links.authorIri ?? links.actorIri,
    name: plainTitle(source.name ?? ''),
    summary: plainLine(source.summary || source.content),
    attachment: wireAttachments(links.origin, source.attachments, 'Image')
  }
}
