// Cards of the directory: kept, found by words, theme, kind and distance. Positions that others see are generated columns; nothing else leaves.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { WeekHours } from '../core/opening-hours.ts'
import type { Theme } from '../core/themes.ts'
import { boxAround, metresTo } from './distance.ts'
import { actorColumns, countColumns, type ActorPart } from './status-parts.ts'

export const ORG_TYPES = ['association', 'business', 'informal', 'public'] as const
export type OrgType = (typeof ORG_TYPES)[number]
export const PRECISIONS = ['exact', 'street', 'commune', 'hidden'] as const
export type Precision = (typeof PRECISIONS)[number]
export const ACCESSIBILITY = ['wheelchair', 'toilets', 'hearing_loop', 'sign_language', 'quiet', 'parking'] as const
export type Accessibility = (typeof ACCESSIBILITY)[number]
export type CardState = 'unclaimed' | 'claimed' | 'verified'

/** A row of `directory_cards` without what only the search reads. */
export interface CardRow {
  actor_id: string
  listed: boolean
  org_type: OrgType | null
  siret: string | null
  rna: string | null
  themes: Theme[]
  skills: string[]
  street: string
  postal_code: string
  locality: string
  latitude: number | null
  longitude: number | null
  precision: Precision
  shown_latitude: number | null
  shown_longitude: number | null
  phone: string
  email: string
  website: string
  hours: WeekHours
  accessibility: Accessibility[]
  state: CardState
  source: string | null
  source_key: string | null
  confirmed_at: Date
  updated_at: Date
}

/** What its owner may change; state, source and dates are the server's. */
export type CardColumns = Omit<
  CardRow,
  'actor_id' | 'shown_latitude' | 'shown_longitude' | 'state' | 'source' | 'source_key' | 'confirmed_at' | 'updated_at'
>

const CARD_FIELDS = [
  'actor_id',
  'listed',
  'org_type',
  'siret',
  'rna',
  'themes',
  'skills',
  'street',
  'postal_code',
  'locality',
  'latitude',
  'longitude',
  'precision',
  'shown_latitude',
  'shown_longitude',
  'phone',
  'email',
  'website',
  'hours',
  'accessibility',
  'state',
  'source',
  'source_key',
  'confirmed_at',
  'updated_at'
] as const

export async function findCard(trx: Knex, actorId: string): Promise<CardRow | null> {
  return (
    (await trx<CardRow>('directory_cards')
      .where({ actor_id: actorId })
      .first(...CARD_FIELDS)) ?? null
  )
}

/** Cards by row id of their actor. Plan: directory_cards_pkey. */
export async function findCards(trx: Knex, actorIds: string[]): Promise<Map<string, CardRow>> {
  const rows = await trx<CardRow>('directory_cards')
    .whereRaw('actor_id = any(array(select unnest(?::bigint[])))', [actorIds])
    .select(...CARD_FIELDS)
  return new Map(rows.map((row) => [row.actor_id, row]))
}

/** Keeps the card as it is until the transaction ends; its state, null where there is none. */
export async function lockCard(trx: Knex, actorId: string): Promise<CardState | null> {
  const row = await trx<CardRow>('directory_cards').where({ actor_id: actorId }).forUpdate().first('state')
  return row?.state ?? null
}

/** A person's before they wrote anything: not listed, and no nearer than the commune. */
export function blankCard(actorId: string, now: Date): CardRow {
  return {
    actor_id: actorId,
    listed: false,
    org_type: null,
    siret: null,
    rna: null,
    themes: [],
    skills: [],
    street: '',
    postal_code: '',
    locality: '',
    latitude: null,
    longitude: null,
    precision: 'commune',
    shown_latitude: null,
    shown_longitude: null,
    phone: '',
    email: '',
    website: '',
    hours: {},
    accessibility: [],
    state: 'claimed',
    source: null,
    source_key: null,
    confirmed_at: now,
    updated_at: now
  }
}

export interface CardOrigin {
  state?: CardState
  source?: string
  source_key?: string
}

/** Writes what is given, makes the card where there is none, and counts as a word that it is right. */
export async function saveCard(trx: Knex, actorId: string, columns: Partial<CardColumns> & CardOrigin, now: Date): Promise<void> {
  const { hours, ...others } = columns
  const row = { ...others, ...(hours === undefined ? {} : { hours: JSON.stringify(hours) }), confirmed_at: now, updated_at: now }
  await trx('directory_cards')
    .insert({ actor_id: actorId, ...row })
    .onConflict('actor_id')
    .merge(row)
}

export interface DirectoryFilter {
  words?: string
  kinds?: string[]
  orgType?: OrgType
  theme?: Theme
  accessibility?: Accessibility
  /** Row id of the quarter its shown position is in. */
  neighbourhoodId?: string | undefined
  near?: { latitude: number; longitude: number; radiusMetres: number }
  /** Continue after this name and row id (without words or distance). */
  after?: { name: string; id: string }
  offset?: number
  limit: number
}

/** A card with its actor; with words, where they stand; with `near`, how far. */
export type DirectoryEntry = ActorPart & {
  c_row: CardRow
  sort_name: string
  in_name: boolean | null
  excerpt: string | null
  metres: number | null
}

const STANDS = `a.local and a.deleted_at is null and a.suspended_at is null and a.limited_at is null and a.moved_to_id is null`

/** Of listed cards as `c` and their actors as `a`; what a moderator limited or suspended is not there. */
function listed(db: Knex): Knex.QueryBuilder {
  return db('directory_cards as c').join('actors as a', 'a.id', 'c.actor_id').whereRaw(`c.listed and ${STANDS}`)
}

/**
 * The directory: by name, by distance when asked for near, by how well the words fit otherwise. Plan: directory_cards_names from the cursor
 * on; directory_cards_words; directory_cards_position; directory_cards_themes;
 * directory_cards_neighbourhood.
 */
export async function searchDirectory(ctx: Ctx, filter: DirectoryFilter): Promise<DirectoryEntry[]> {
  const { db } = ctx
  const words = filter.words?.trim() ?? ''
  const query = narrow(listed(db), filter)
    .leftJoin('actor_stats as s', 's.actor_id', 'a.id')
    .limit(filter.limit)
    .select(...actorColumns('a'), ...countColumns(db), 'c.sort_name', db.raw('to_jsonb(c) as c_row'))
  query.select(
    words === ''
      ? db.raw('null::boolean as in_name, null::text as excerpt')
      : db.raw(
          `f_unaccent(a.name || ' ' || a.username) like '%' || f_unaccent(:like) || '%' as in_name,
           ts_headline('public.communer', regexp_replace(left(a.summary, 5000), '<[^>]+>', ' ', 'g'),
             websearch_to_tsquery('public.communer', search_fold(:words)), 'StartSel="",StopSel="",MaxWords=18,MinWords=8,MaxFragments=1') as excerpt`,
          { words, like: words.replaceAll(/[\\%_]/g, '\\$&') }
        )
  )
  if (filter.near !== undefined) {
    const { latitude, longitude } = filter.near
    query.select(db.raw(`${METRES} as metres`, { latitude, longitude })).orderByRaw('metres, c.actor_id')
  } else {
    query.select(db.raw('null::float8 as metres'))
    if (words !== '')
      query.orderByRaw(
        `ts_rank(c.words, websearch_to_tsquery('public.communer', search_fold(?))) + 2 * word_similarity(f_unaccent(?), c.sort_name) desc, c.sort_name, c.actor_id`,
        [words, words]
      )
    else query.orderByRaw('c.sort_name, c.actor_id')
  }
  if (filter.after !== undefined) query.whereRaw('(c.sort_name, c.actor_id) > (?, ?::bigint)', [filter.after.name, filter.after.id])
  if (filter.offset !== undefined) query.offset(filter.offset)
  const rows = (await query) as (DirectoryEntry & { c_row: Record<string, unknown> })[]
  return rows.map((row) => ({ ...row, c_row: cardOf(row.c_row) }))
}

/** How many cards of each kind and with each theme the same question finds. Plan: as the search, without order. */
export async function countDirectory(
  ctx: Ctx,
  filter: DirectoryFilter
): Promise<{ kinds: Record<string, number>; themes: Record<string, number> }> {
  const kinds = await narrow(listed(ctx.db), { ...filter, kinds: [] })
    .groupByRaw('1')
    .select(ctx.db.raw("coalesce(a.kind, 'person') as word, count(*)::int as count"))
  const themes = await narrow(listed(ctx.db), { ...filter, theme: undefined } as DirectoryFilter)
    .joinRaw('cross join lateral unnest(c.themes) as t(word)')
    .groupBy('t.word')
    .select(ctx.db.raw('t.word, count(*)::int as count'))
  const table = (rows: { word: string; count: number }[]): Record<string, number> =>
    Object.fromEntries(rows.map(({ word, count }) => [word, count]))
  return { kinds: table(kinds), themes: table(themes) }
}

function narrow(query: Knex.QueryBuilder, filter: DirectoryFilter): Knex.QueryBuilder {
  const words = filter.words?.trim() ?? ''
  // Two indexes, one of each table: "or" between them would read both tables whole.
  if (words !== '')
    query.whereRaw(
      `c.actor_id in (select d.actor_id from directory_cards d where d.listed
          and d.words @@ (websearch_to_tsquery('public.communer', search_fold(:words)) || :prefix::tsquery)
        union select n.id from actors n where n.local and n.deleted_at is null
          and f_unaccent(:words) <% f_unaccent(n.username || ' ' || n.name))`,
      { words, prefix: prefixQuery(words) }
    )
  if (filter.kinds !== undefined && filter.kinds.length > 0) query.whereRaw("coalesce(a.kind, 'person') = any(?)", [filter.kinds])
  if (filter.orgType !== undefined) query.where('c.org_type', filter.orgType)
  if (filter.theme !== undefined) query.whereRaw('c.themes @> array[?]::text[]', [filter.theme])
  if (filter.accessibility !== undefined) query.whereRaw('? = any(c.accessibility)', [filter.accessibility])
  if (filter.neighbourhoodId !== undefined) query.where('c.neighbourhood_id', filter.neighbourhoodId)
  if (filter.near !== undefined) {
    const { latitude, longitude, radiusMetres } = filter.near
    inBox(query, boxAround(filter.near))
    query.whereRaw(`${METRES} <= :radius`, { latitude, longitude, radius: radiusMetres })
  }
  return query
}

const METRES = metresTo('c.shown_latitude', 'c.shown_longitude')

/** "boul" finds boulangerie: the last word may be unfinished. */
function prefixQuery(words: string): string {
  const last = /[\p{L}\p{N}]{3,}$/u.exec(words)?.[0] ?? ''
  const plain = last.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return words.trim() === last && /^[a-z0-9]+$/.test(plain) ? `${plain}:*` : ''
}

/** Degrees; west may be greater than east only across the date line, which is split by the caller. */
export interface Box {
  west: number
  south: number
  east: number
  north: number
}

function inBox(query: Knex.QueryBuilder, { west, south, east, north }: Box): void {
  query.whereRaw('c.shown_latitude is not null and point(c.shown_longitude, c.shown_latitude) <@ box(point(?, ?), point(?, ?))', [
    west,
    south,
    east,
    north
  ])
}

/** Cards with a position within the box. Plan: directory_cards_position. */
export async function cardsWithin(ctx: Ctx, box: Box, filter: Omit<DirectoryFilter, 'near'>): Promise<DirectoryEntry[]> {
  const query = narrow(listed(ctx.db), filter)
    .leftJoin('actor_stats as s', 's.actor_id', 'a.id')
    .limit(filter.limit)
    .select(...actorColumns('a'), ...countColumns(ctx.db), 'c.sort_name', ctx.db.raw('to_jsonb(c) as c_row'))
  inBox(query, box)
  const rows = (await query) as (DirectoryEntry & { c_row: Record<string, unknown> })[]
  return rows.map((row) => ({ ...row, c_row: cardOf(row.c_row) }))
}

function cardOf(json: Record<string, unknown>): CardRow {
  const { words: _words, sort_name: _name, neighbourhood_id: _quarter, ...card } = json
  return {
    ...(card as unknown as CardRow),
    confirmed_at: new Date(String(card['confirmed_at'])),
    updated_at: new Date(String(card['updated_at']))
  }
}
