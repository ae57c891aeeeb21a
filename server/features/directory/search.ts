// The directory as people ask it, and the map: what is where, within a box. Reading only; listed cards and public events alone.
import type { Ctx } from '../../context.ts'
import { eventsWithin, ideasWithin, type MapEvent, type MapIdea } from '../../db/map.ts'
import { cardsWithin, countDirectory, searchDirectory, type Box, type DirectoryEntry, type DirectoryFilter } from '../../db/directory.ts'
import type { Theme } from '../../core/themes.ts'
import { ANYONE } from '../../db/visibility.ts'

/** Deeper pages of a search by words are nobody's reading. */
const MAX_OFFSET = 400

export interface DirectoryPage {
  entries: DirectoryEntry[]
  /** Where the next page begins; null at the end. */
  next: { after: string } | { offset: number } | null
}

/** One page. `cursor`: what `next` of the page before said. */
export async function findInDirectory(
  ctx: Ctx,
  filter: DirectoryFilter,
  cursor: { after?: string; offset?: number }
): Promise<DirectoryPage> {
  const byName = (filter.words ?? '').trim() === '' && filter.near === undefined
  const offset = Math.min(cursor.offset ?? 0, MAX_OFFSET)
  const after = byName ? readCursor(cursor.after) : null
  const entries = await searchDirectory(ctx, {
    ...filter,
    limit: filter.limit + 1,
    ...(byName ? (after === null ? {} : { after }) : { offset })
  })
  const page = entries.slice(0, filter.limit)
  const last = page.at(-1)
  const isMore = entries.length > filter.limit && last !== undefined
  const next = !isMore
    ? null
    : byName
      ? { after: `${last.id}.${last.sort_name}` }
      : offset < MAX_OFFSET
        ? { offset: offset + filter.limit }
        : null
  return { entries: page, next }
}

function readCursor(text: string | undefined): { id: string; name: string } | null {
  const found = /^(\d{1,19})\.(.*)$/s.exec(text ?? '')
  return found === null ? null : { id: found[1]!, name: found[2]! }
}

export { countDirectory }

export interface MapFilter {
  words?: string
  /** Kinds of cards, "person", "event" and "idea". Empty: everything. */
  kinds: string[]
  theme?: Theme
}

/** More is not drawn: the page says so and asks to come closer. */
const MOST = 1000

export interface MapView {
  cards: DirectoryEntry[]
  events: MapEvent[]
  ideas: MapIdea[]
  /** There is more than is told. */
  isCut: boolean
}

/** What lies within the box. Events are those that are not over. */
export async function mapWithin(ctx: Ctx, box: Box, { words, kinds, theme }: MapFilter): Promise<MapView> {
  const cardKinds = kinds.filter((kind) => kind !== 'event' && kind !== 'idea')
  const filter = { limit: MOST, ...(words === undefined ? {} : { words }), ...(theme === undefined ? {} : { theme }) }
  const [cards, events, ideas] = await Promise.all([
    kinds.length > 0 && cardKinds.length === 0 ? [] : cardsWithin(ctx, box, { ...filter, kinds: cardKinds }),
    kinds.length > 0 && !kinds.includes('event') ? [] : eventsWithin(ctx, ANYONE, box, filter),
    kinds.length > 0 && !kinds.includes('idea') ? [] : ideasWithin(ctx, ANYONE, box, filter)
  ])
  return { cards, events, ideas, isCut: [cards, events, ideas].some((found) => found.length === MOST) }
}
