// Agendas of elsewhere that are announced here: which, by whom, and what was found in them.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { cancelChore, moveChore } from './chores.ts'

export const AGENDA_CHORE = 'agenda'

export interface AgendaSourceRow {
  id: string
  /** In whose name its events are announced. */
  owner_id: string
  added_by: string | null
  url: string
  kind: 'calendar' | 'feed'
  name: string
  state: 'active' | 'paused'
  edition: { etag: string | null; modified: string | null } | null
  problem: string | null
  failures: number
  waiting: number
  read_at: Date | null
  created_at: Date
}

export interface AgendaImportRow {
  source_id: string
  uid: string
  occurrence: string
  object_id: string | null
  announced: boolean
  digest: string
  url: string | null
  starts_at: Date
  seen_at: Date
}

export interface ListedSource extends AgendaSourceRow {
  /** Events to come that it announces here. */
  announced: number
}

/** Newest first, all of an owner's: there are few. Plan: agenda_sources_owner_id_url_key, agenda_imports_pkey. */
export async function listSources(ctx: Ctx, ownerId: string): Promise<ListedSource[]> {
  return await ctx
    .db('agenda_sources as s')
    .where({ owner_id: ownerId })
    .orderBy('id', 'desc')
    .select(
      's.*',
      ctx.db.raw(
        `(select count(*)::int from agenda_imports i join objects o on o.id = i.object_id
          where i.source_id = s.id and i.announced and i.starts_at >= ? and o.deleted_at is null) as announced`,
        [ctx.clock.now()]
      )
    )
}

export async function findSource(db: Knex, id: string): Promise<AgendaSourceRow | null> {
  return (await db<AgendaSourceRow>('agenda_sources').where({ id }).first()) ?? null
}

/** Adds it and has it read at once; null when the owner has it already. */
export async function addSource(
  ctx: Ctx,
  trx: Knex,
  source: Pick<AgendaSourceRow, 'owner_id' | 'added_by' | 'url' | 'kind' | 'name'>
): Promise<AgendaSourceRow | null> {
  const now = ctx.clock.now()
  const [row] = await trx<AgendaSourceRow>('agenda_sources')
    .insert({ id: newId(now), created_at: now, ...source })
    .onConflict(['owner_id', 'url'])
    .ignore()
    .returning('*')
  if (row !== undefined) await readAt(trx, row.id, now)
  return row ?? null
}

/** Plans the next reading. */
export async function readAt(trx: Knex, id: string, dueAt: Date): Promise<void> {
  await moveChore(trx, { kind: AGENDA_CHORE, subject: id, dueAt })
}

export async function changeSource(db: Knex, id: string, changes: Partial<AgendaSourceRow>): Promise<void> {
  await db<AgendaSourceRow>('agenda_sources').where({ id }).update(changes)
}

/** Forgets it; what it announced stays, as ordinary events of its owner. */
export async function removeSource(trx: Knex, id: string): Promise<void> {
  await cancelChore(trx, AGENDA_CHORE, id)
  await trx('agenda_sources').where({ id }).delete()
}

/** What this source brought that is not over, by `uid occurrence`. */
export async function importsOf(db: Knex, sourceId: string, from: Date): Promise<Map<string, AgendaImportRow>> {
  const rows = await db<AgendaImportRow>('agenda_imports').where({ source_id: sourceId }).where('starts_at', '>=', from)
  return new Map(rows.map((row) => [importKey(row), row]))
}

export function importKey({ uid, occurrence }: Pick<AgendaImportRow, 'uid' | 'occurrence'>): string {
  return `${uid} ${occurrence}`
}

export async function saveImport(trx: Knex, row: AgendaImportRow): Promise<void> {
  await trx('agenda_imports').insert(row).onConflict(['source_id', 'uid', 'occurrence']).merge()
}
