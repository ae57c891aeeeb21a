// Processes of the commune: their rows, phases, lists, and what belongs to each. Lists go through visibleTo().
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { Course, Phase } from '../core/process-phases.ts'
import type { Theme } from '../core/themes.ts'
import { statusColumns, type StatusRow } from './status-parts.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

export interface ProcessRow extends Course {
  object_id: string
  title: string
  themes: Theme[]
  /** Why it was stopped before its end; null: it was not. */
  stopped: string | null
  told: number
}

type Stored = Omit<ProcessRow, 'phases' | 'endsAt'> & { ends_at: Date }
type StoredPhase = Omit<Phase, 'startsAt'> & { process_id: string; starts_at: Date }

const COLUMNS = ['p.object_id', 'p.title', 'p.themes', 'p.ends_at', 'p.stopped', 'p.told']

/** Processes that are not deleted, with their phases, by row id. Plan: primary keys. */
export async function processesOf(trx: Knex, ids: string[]): Promise<Map<string, ProcessRow>> {
  if (ids.length === 0) return new Map()
  const rows = await trx('processes as p')
    .join('objects as o', 'o.id', 'p.object_id')
    .whereRaw('p.object_id = any(?::bigint[])', [ids])
    .whereNull('o.deleted_at')
    .select<Stored[]>(...COLUMNS)
  const phases = await trx('process_phases')
    .whereRaw('process_id = any(?::bigint[])', [ids])
    .orderBy(['process_id', 'position'])
    .select<StoredPhase[]>('process_id', 'kind', 'starts_at', 'call', 'allows')
  return new Map(
    rows.map(({ ends_at: endsAt, ...row }) => [
      row.object_id,
      {
        ...row,
        endsAt,
        phases: phases
          .filter((phase) => phase.process_id === row.object_id)
          .map(({ kind, starts_at: startsAt, call, allows }) => ({ kind, startsAt, call, allows }))
      }
    ])
  )
}

export async function findProcess(trx: Knex, id: string): Promise<ProcessRow | null> {
  return (await processesOf(trx, [id])).get(id) ?? null
}

/** Held until the end of the transaction: changes and announcements of one process come one after the other. */
export async function lockProcess(trx: Knex, id: string): Promise<ProcessRow | null> {
  await trx('processes').where({ object_id: id }).forUpdate().first('object_id')
  return findProcess(trx, id)
}

export async function insertProcess(
  trx: Knex,
  { object_id, title, themes, endsAt, phases }: Omit<ProcessRow, 'stopped' | 'told'>
): Promise<void> {
  await trx('processes').insert({ object_id, title, themes, ends_at: endsAt })
  await insertPhases(trx, object_id, phases)
  await addItem(trx, object_id, object_id)
}

export async function updateProcess(trx: Knex, id: string, changes: Partial<Omit<Stored, 'object_id'>>): Promise<void> {
  await trx('processes').where({ object_id: id }).update(changes)
}

export async function replacePhases(trx: Knex, id: string, phases: readonly Phase[]): Promise<void> {
  await trx('process_phases').where({ process_id: id }).delete()
  await insertPhases(trx, id, phases)
}

async function insertPhases(trx: Knex, id: string, phases: readonly Phase[]): Promise<void> {
  await trx('process_phases').insert(
    phases.map(({ kind, startsAt, call, allows }, index) => ({
      process_id: id,
      position: index + 1,
      kind,
      starts_at: startsAt,
      call,
      allows: [...allows]
    }))
  )
}

export async function addItem(trx: Knex, processId: string, objectId: string): Promise<void> {
  await trx('process_items').insert({ process_id: processId, object_id: objectId })
}

/** The process each of these belongs to. Plan: process_items_pkey. */
export async function processIdsOf(trx: Knex, objectIds: string[]): Promise<Map<string, string>> {
  if (objectIds.length === 0) return new Map()
  const rows = await trx('process_items')
    .whereRaw('object_id = any(?::bigint[])', [objectIds])
    .select<{ object_id: string; process_id: string }[]>('object_id', 'process_id')
  return new Map(rows.map(({ object_id: id, process_id: processId }) => [id, processId]))
}

export type ListedProcess = StatusRow & { source: string | null; replies: number }

export interface ProcessFilter {
  /** ended, or running and to come. */
  ended: boolean
  now: Date
  /** Only these, ended or not. */
  ids?: string[]
  offset: number
  limit: number
}

/** Those that end soonest first; ended ones latest first. Plan: processes_ends. */
export async function listProcesses(ctx: Ctx, viewer: Viewer, { ended, now, ids, offset, limit }: ProcessFilter): Promise<ListedProcess[]> {
  const query = ctx
    .db('processes as p')
    .join('objects as o', 'o.id', 'p.object_id')
    .limit(limit)
    .offset(offset)
    .leftJoin('object_stats as s', 's.object_id', 'o.id')
    .select(...statusColumns('o'), 'o.source', ctx.db.raw('coalesce(s.replies, 0) as replies'))
  if (ids !== undefined) query.whereRaw('p.object_id = any(?::bigint[])', [ids])
  else query.where('p.ends_at', ended ? '<=' : '>', now)
  query.orderBy([
    { column: 'p.ends_at', order: ended ? 'desc' : 'asc' },
    { column: 'p.object_id', order: ended ? 'desc' : 'asc' }
  ])
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as ListedProcess[]
}

export interface ProcessItem {
  id: string
  kind: 'idea' | 'proposal' | 'vote'
  title: string
  /** Backers of an idea, supporters of a proposal; null for votes. */
  backers: number | null
  replies: number
}

/** What belongs to a process and the viewer sees, most backed first. Plan: process_items_process, then primary keys. */
export async function itemsOf(ctx: Ctx, viewer: Viewer, processId: string, limit: number): Promise<ProcessItem[]> {
  const query = ctx
    .db('process_items as i')
    .join('objects as o', 'o.id', 'i.object_id')
    .leftJoin('object_stats as s', 's.object_id', 'o.id')
    .where('i.process_id', processId)
    .whereNot('i.object_id', processId)
    .orderByRaw('coalesce(s.likes, 0) desc, o.id desc')
    .limit(limit)
    .select(
      'o.id',
      'o.kind',
      'o.name as title',
      ctx.db.raw("case when o.kind = 'vote' then null else coalesce(s.likes, 0) end as backers"),
      ctx.db.raw('coalesce(s.replies, 0) as replies')
    )
  return (await visibleTo(query, viewer, 'o')) as ProcessItem[]
}

/** How many of each kind belong to these. */
export async function countItems(trx: Knex, processIds: string[]): Promise<Map<string, Partial<Record<ProcessItem['kind'], number>>>> {
  const counts = new Map<string, Partial<Record<ProcessItem['kind'], number>>>()
  if (processIds.length === 0) return counts
  const rows = await trx('process_items as i')
    .join('objects as o', 'o.id', 'i.object_id')
    .whereRaw('i.process_id = any(?::bigint[]) and i.object_id <> i.process_id', [processIds])
    .whereNull('o.deleted_at')
    .groupBy('i.process_id', 'o.kind')
    .select<{ process_id: string; kind: ProcessItem['kind']; number: number }[]>(
      'i.process_id',
      'o.kind',
      trx.raw('count(*)::int as number')
    )
  for (const { process_id: id, kind, number } of rows) counts.set(id, { ...counts.get(id), [kind]: number })
  return counts
}
