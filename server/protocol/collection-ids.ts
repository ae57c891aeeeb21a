// Reads the ids a collection of another server names, page after page on that server, within bounds whatever it answers (security.md F19).
import type { Ctx } from '../context.ts'
import { sameOrigin } from '../core/iri.ts'
import { fetchDocument, type Budget } from './fetch.ts'
import { asArray, idOf, isMap, type Json } from './normalise-values.ts'

export interface Bounds {
  pages: number
  items: number
}

/** F19. */
export const COLLECTION_BOUNDS: Bounds = { pages: 5, items: 200 }

/**
 * The ids, each once, in order. `at` is the collection or its address; pages on another server than `owner` are not read. Embedded items
 * are names and nothing else (J20); a collection that loops, never ends or is huge ends here. Throws as fetchDocument does.
 */
export async function collectionIds(
  ctx: Ctx,
  at: unknown,
  owner: string,
  budget: Budget,
  bounds: Bounds = COLLECTION_BOUNDS
): Promise<string[]> {
  const ids = new Set<string>()
  const seen = new Set<string>()
  for (let page = 0; page <= bounds.pages && ids.size < bounds.items; page += 1) {
    const part = await readPart(ctx, at, owner, seen, budget)
    if (part === null) break
    for (const item of itemsOf(part, bounds.items)) {
      const id = idOf(item)
      if (id !== null && ids.size < bounds.items) ids.add(id)
    }
    at = part.first ?? part.next
  }
  return [...ids]
}

/** What a collection or a page of it holds itself. */
export function itemsOf(part: Json, most: number): unknown[] {
  return [...asArray(part.items, most), ...asArray(part.orderedItems, most)]
}

/** The part itself when it is embedded; fetched when it is an address of the owner's server that was not read yet. */
async function readPart(ctx: Ctx, at: unknown, owner: string, seen: Set<string>, budget: Budget): Promise<Json | null> {
  if (isMap(at) && (at.items !== undefined || at.orderedItems !== undefined || at.first !== undefined)) return at
  const iri = idOf(at)
  if (iri === null || seen.has(iri) || !sameOrigin(iri, owner)) return null
  seen.add(iri)
  return (await fetchDocument(ctx, iri, { budget })).json
}
