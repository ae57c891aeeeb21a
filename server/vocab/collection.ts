// Collections and their pages (federation.md §1.6). Pure; what goes in is chosen by the caller, with visibility.
import type { WireDocument } from './context.ts'

/** A collection that says how many, and where its first page is when it shows its items. */
export function pagedCollection(id: string, totalItems: number, owner: WireDocument, hasPages: boolean): WireDocument {
  return {
    id,
    type: 'OrderedCollection',
    totalItems,
    ...owner,
    ...(hasPages ? { first: `${id}?page=1`, last: `${id}?page=last` } : {})
  }
}

/** One page, newest first; `next` is absent at the end (null would break readers, W5). */
export function collectionPage(id: string, cursor: string, items: readonly unknown[], nextCursor: string | null): WireDocument {
  return {
    id: `${id}?page=${cursor}`,
    type: 'OrderedCollectionPage',
    partOf: id,
    ...(nextCursor === null ? {} : { next: `${id}?page=${nextCursor}` }),
    orderedItems: items
  }
}

/** A short collection with its items inline. */
export function inlineCollection(id: string, items: readonly unknown[], ordered = true): WireDocument {
  return ordered
    ? { id, type: 'OrderedCollection', totalItems: items.length, orderedItems: items }
    : { id, type: 'Collection', totalItems: items.length, items }
}
