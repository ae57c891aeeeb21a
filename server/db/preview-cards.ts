// Which post shows which page, and what was read of these pages. Pages are read by protocol/preview-cards.ts; a trigger forgets those that nobody
// links to any more.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { firstLink } from '../core/first-link.ts'
import { newId } from '../core/ids.ts'
import { hostTurns, type HostTurns } from '../core/host-turns.ts'
import { hostOf } from '../core/iri.ts'
import type { PageFacts } from '../core/page-facts.ts'
import { scheduleChores } from './chores.ts'
import type { ObjectRow } from './rows.ts'
import { ANYONE, visibleTo } from './visibility.ts'

export const CARD_CHORE = 'card'
const DAY_MS = 86_400_000
/** A page is read again after this, when another post links to it; one that could not be read, sooner. */
const FRESH_MS = 14 * DAY_MS
const FRESH_FAILURE_MS = DAY_MS
/** One server is asked for at most so many pages in a minute, whatever is posted. */
export const CARDS_PER_MINUTE = 6
/** Every instance that gets a post reads its link: ours does not do so in the same second as all the others. */
const SPREAD_MS = 60_000
const turnsOf = new WeakMap<Ctx, HostTurns>()

/** When it is the turn of a page of this host: a thousand links to one server in an hour wait for hours, and are looked at once each. */
export function cardTurn(ctx: Ctx, host: string, now: Date): Date {
  const turns = turnsOf.get(ctx) ?? hostTurns({ everyMs: 60_000 / CARDS_PER_MINUTE, spreadMs: SPREAD_MS })
  turnsOf.set(ctx, turns)
  return turns.take(host, now)
}

export interface PreviewCardRow {
  id: string
  url: string
  host: string
  fetched_at: Date | null
  title: string | null
}

/**
 * Links open posts to the page their text names first, and plans the reading of pages that are unknown or old. Posts with pictures, videos
 * or sounds show these instead. Idempotent; an edit links anew. True when something is to be read: the caller wakes the chores.
 */
export async function linkCards(ctx: Ctx, trx: Knex, objects: ObjectRow[]): Promise<boolean> {
  const links = objects.map((row) => ({ row, url: linkOf(row) }))
  const without = links.flatMap(({ row, url }) => (url === null && row.updated !== null ? [row.id] : []))
  if (without.length > 0) await trx('object_cards').whereRaw('object_id = any(array(select unnest(?::bigint[])))', [without]).delete()
  const linking = links.flatMap(({ row, url }) => (url === null ? [] : [{ row, url }]))
  if (linking.length === 0) return false
  const now = ctx.clock.now()
  const isOurs = new Map<string, boolean>()
  for (const { row, url } of linking) isOurs.set(url, row.local || isOurs.get(url) === true)
  // In order, so that two transactions that meet wait for each other in one direction only.
  const urls = [...isOurs.keys()].sort()
  await trx('preview_cards')
    .insert(urls.map((url) => ({ id: newId(now), url, host: hostOf(url) ?? '', created_at: now })))
    .onConflict('url')
    .ignore()
  await trx.raw(
    `insert into object_cards (object_id, card_id) select l.id, c.id from unnest(?::bigint[], ?::text[]) l (id, url) join preview_cards c on c.url = l.url
     on conflict (object_id) do update set card_id = excluded.card_id where object_cards.card_id <> excluded.card_id`,
    [linking.map(({ row }) => row.id), linking.map(({ url }) => url)]
  )
  const stale = await trx('preview_cards')
    .whereRaw('url = any(?::text[])', [urls])
    .whereRaw(
      '(fetched_at is null or fetched_at < case when title is null and target_id is null then ?::timestamptz else ?::timestamptz end)',
      [new Date(now.getTime() - FRESH_FAILURE_MS), new Date(now.getTime() - FRESH_MS)]
    )
    .select<{ id: string; url: string }[]>('id', 'url')
  await scheduleChores(
    trx,
    stale.map(({ id, url }) => ({
      kind: CARD_CHORE,
      subject: id,
      dueAt: isOurs.get(url) === true ? now : cardTurn(ctx, hostOf(url) ?? '', now)
    }))
  )
  return stale.length > 0
}

function linkOf(row: ObjectRow): string | null {
  const isOpen = row.visibility === 'public' || row.visibility === 'unlisted'
  if (!isOpen || row.reblog_of_id !== null || row.attachments.some(({ type }) => type !== 'Link')) return null
  return firstLink(row.content_html, new Set(row.tags.flatMap(({ href }) => href ?? [])))
}

export async function findCard(db: Knex, id: string): Promise<PreviewCardRow | null> {
  const row = await db('preview_cards').where({ id }).first<PreviewCardRow | undefined>('id', 'url', 'host', 'fetched_at', 'title')
  return row ?? null
}

/** How many pages of this host were read since then. Plan: preview_cards_asked. */
export async function askedSince(db: Knex, host: string, since: Date): Promise<number> {
  const row = await db('preview_cards').where({ host }).where('fetched_at', '>', since).count<{ count: string }[]>('*').first()
  return Number(row?.count ?? 0)
}

/** Whether a post of this instance links to the page. Plan: object_cards_card. */
export async function isLinkedFromHere(db: Knex, id: string): Promise<boolean> {
  const row = await db('object_cards as k')
    .join('objects as o', 'o.id', 'k.object_id')
    .where({ 'k.card_id': id, 'o.local': true })
    .first('o.id')
  return row !== undefined
}

/** Row id of the post at this address that anyone may see, or null. Plan: objects_iri_key, objects_url. */
export async function findOpenObject(db: Knex, url: string): Promise<string | null> {
  const query = db('objects as o')
    .where((at) => at.where('o.iri', url).orWhere('o.url', url))
    .whereNull('o.reblog_of_id')
  const row = (await visibleTo(query, ANYONE, 'o').first('o.id')) as { id: string } | undefined
  return row?.id ?? null
}

/** The page is a post we know. */
export async function pointCard(db: Knex, id: string, targetId: string, now: Date): Promise<void> {
  await db('preview_cards').where({ id }).update({ target_id: targetId, fetched_at: now, title: null, image_url: null, description: '' })
}

/** Keeps what was read; null: nothing could be read, and what it said before is kept unless `isGone`. */
export async function saveCard(
  db: Knex,
  id: string,
  facts: PageFacts | null,
  { now, isGone }: { now: Date; isGone: boolean }
): Promise<void> {
  const row = db('preview_cards').where({ id })
  if (facts === null) {
    await row.update(isGone ? { fetched_at: now, title: null, description: '', image_url: null, target_id: null } : { fetched_at: now })
    return
  }
  await row.update({
    fetched_at: now,
    title: facts.title,
    description: facts.description,
    author_name: facts.authorName,
    provider_name: facts.providerName,
    image_url: facts.imageUrl,
    image_description: facts.imageDescription,
    image_width: facts.imageWidth,
    image_height: facts.imageHeight,
    language: facts.language,
    published_at: facts.publishedAt,
    target_id: null
  })
}
