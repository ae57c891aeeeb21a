// The main search of the site: words with a kind, a theme, a distance from the commune, and dates for events. Cards of the directory and
// objects, each with where the words stand. Reading only.
import type { Ctx } from '../../context.ts'
import type { Theme } from '../../core/themes.ts'
import { searchDirectory, type DirectoryEntry } from '../../db/directory.ts'
import { whereWordsStand, type Found } from '../../db/search-reasons.ts'
import { searchObjects, type ObjectKind } from '../../db/search.ts'
import { requireSite } from '../../db/site.ts'
import type { StatusRow } from '../../db/status-parts.ts'
import type { Viewer } from '../../db/visibility.ts'
import { isDay } from './operators.ts'

export const CARD_KINDS = ['people', 'groups', 'organizations', 'places'] as const
export const OBJECT_KINDS = ['events', 'ideas', 'votes', 'posts'] as const
export type SearchKind = (typeof CARD_KINDS)[number] | (typeof OBJECT_KINDS)[number]
/** Kilometres from the middle of the commune. */
export const DISTANCES = [5, 10, 20, 50] as const

export interface FacetSearch {
  words: string
  /** Null: everything. */
  kind: SearchKind | null
  theme: Theme | null
  within: (typeof DISTANCES)[number] | null
  /** ISO dates on the commune's clock, both included; they leave events alone. */
  from: string | null
  until: string | null
}

export interface FacetResults {
  cards: DirectoryEntry[]
  objects: StatusRow[]
  /** By row id of the object. */
  reasons: Map<string, Found>
}

const OF_DIRECTORY: Record<(typeof CARD_KINDS)[number], string[]> = {
  people: ['person'],
  groups: ['group', 'project'],
  organizations: ['organization', 'service'],
  places: ['place']
}
const OF_OBJECTS: Record<(typeof OBJECT_KINDS)[number], ObjectKind> = { events: 'event', ideas: 'idea', votes: 'vote', posts: 'post' }
const MOST = 20
/** Of everything at once. */
const FEW = 6

/** Nothing is found where nothing is asked. */
export async function searchFacets(ctx: Ctx, viewer: Viewer, search: FacetSearch): Promise<FacetResults> {
  const real = (day: string | null): string | null => (day !== null && isDay(day) ? day : null)
  const asked = { ...search, from: real(search.from), until: real(search.until) }
  const words = asked.words.trim().slice(0, 200)
  const hasDates = asked.from !== null || asked.until !== null
  if (words === '' && asked.kind === null && asked.theme === null && asked.within === null && !hasDates)
    return { cards: [], objects: [], reasons: new Map() }
  const kind = hasDates ? 'events' : asked.kind
  const [cards, objects] = await Promise.all([findCards(ctx, asked, kind, words), findObjects(ctx, viewer, asked, kind, words)])
  const reasons = words === '' ? new Map<string, Found>() : await whereWordsStand(ctx, objects, words)
  return { cards, objects, reasons }
}

async function findCards(ctx: Ctx, asked: FacetSearch, kind: SearchKind | null, words: string): Promise<DirectoryEntry[]> {
  const wanted = CARD_KINDS.find((one) => one === kind)
  if (kind !== null && wanted === undefined) return []
  return await searchDirectory(ctx, {
    words,
    limit: kind === null ? FEW : MOST,
    ...(wanted === undefined ? {} : { kinds: OF_DIRECTORY[wanted] }),
    ...(asked.theme === null ? {} : { theme: asked.theme }),
    ...near(ctx, asked)
  })
}

async function findObjects(ctx: Ctx, viewer: Viewer, asked: FacetSearch, kind: SearchKind | null, words: string): Promise<StatusRow[]> {
  const wanted = OBJECT_KINDS.find((one) => one === kind)
  if (kind !== null && wanted === undefined) return []
  const search = {
    words,
    actorId: null,
    followedOnly: false,
    after: null,
    before: null,
    has: [],
    isReply: null,
    language: null,
    maxId: null,
    ...(wanted === undefined ? {} : { kind: OF_OBJECTS[wanted] }),
    ...(asked.theme === null ? {} : { theme: asked.theme }),
    ...near(ctx, asked),
    ...(asked.from === null && asked.until === null
      ? {}
      : { dates: { from: asked.from, until: asked.until, timezone: requireSite(ctx).timezone } })
  }
  return await searchObjects(ctx, search, viewer, MOST)
}

function near(ctx: Ctx, { within }: FacetSearch): { near?: { latitude: number; longitude: number; radiusMetres: number } } {
  if (within === null) return {}
  const { latitude, longitude } = requireSite(ctx)
  return { near: { latitude, longitude, radiusMetres: within * 1000 } }
}
