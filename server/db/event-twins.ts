// Events that several announce: which one is shown, and who announces it too.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { isSameEvent, MAX_APART_MS, type Announced } from '../core/same-event.ts'
import { scheduleChores } from './chores.ts'
import type { ObjectRow } from './rows.ts'
import { ANYONE, visibleTo } from './visibility.ts'

export const TWIN_CHORE = 'event-twin'
/** At one time there are few events within a commune's reach; beyond, one is shown twice. */
const MAX_CANDIDATES = 100

type Candidate = Pick<ObjectRow, 'id' | 'name' | 'start_time' | 'place' | 'local' | 'actor_id'>

/** Plans to look for the same event among those known. True when there is something to plan: the caller wakes the chores. */
export async function planTwins(trx: Knex, objects: Pick<ObjectRow, 'id' | 'type' | 'visibility'>[], now: Date): Promise<boolean> {
  const events = objects.filter(({ type, visibility }) => type === 'Event' && (visibility === 'public' || visibility === 'unlisted'))
  await scheduleChores(
    trx,
    events.map(({ id }) => ({ kind: TWIN_CHORE, subject: id, dueAt: now }))
  )
  return events.length > 0
}

/** Chore `event-twin`: finds anew what this event stands for, or what stands for it. */
export async function findTwins(ctx: Ctx, id: string): Promise<Date | null> {
  await ctx.db.transaction(async (trx) => {
    // One at a time: two that arrive together must not each become the twin of the other.
    await trx.raw('select pg_advisory_xact_lock(hashtext(?))', [TWIN_CHORE])
    const former = await trx('event_twins').where({ canonical_id: id }).pluck<string[]>('object_id')
    await trx('event_twins').where({ object_id: id }).orWhere({ canonical_id: id }).delete()
    const event = await openEvent(trx, id)
    if (event !== null) await join(trx, event)
    for (const other of former) {
      const twin = await openEvent(trx, other)
      if (twin !== null) await join(trx, twin)
    }
  })
  return null
}

async function join(trx: Knex, event: Candidate): Promise<void> {
  const others = await sameAs(trx, announced(event), event.id)
  // Two of one organiser are two: a matinée and a soirée, or a series.
  const same = others.filter(({ actor_id: actorId }) => actorId !== event.actor_id)
  const shown = [event, ...same].sort(byRight)[0]!
  const standing = [event, ...same].filter(({ id }) => id !== shown.id).map(({ id }) => id)
  if (standing.length === 0) return
  await trx('event_twins').whereIn('canonical_id', standing).update({ canonical_id: shown.id })
  await trx('event_twins').where({ object_id: shown.id }).delete()
  await trx('event_twins')
    .insert(standing.map((id) => ({ object_id: id, canonical_id: shown.id })))
    .onConflict('object_id')
    .merge(['canonical_id'])
}

/** What is announced here comes first, then who was first. */
function byRight(one: Candidate, other: Candidate): number {
  if (one.local !== other.local) return one.local ? -1 : 1
  return BigInt(one.id) < BigInt(other.id) ? -1 : 1
}

/** An open event announced here or elsewhere that is the one described, or null. Plan: objects_agenda. */
export async function findSameEvent(trx: Knex, wanted: Announced): Promise<Candidate | null> {
  return (await sameAs(trx, wanted, null)).sort(byRight)[0] ?? null
}

async function sameAs(trx: Knex, wanted: Announced, exceptId: string | null): Promise<Candidate[]> {
  const query = trx('objects as o')
    .where('o.type', 'Event')
    .whereBetween('o.start_time', [new Date(wanted.start.getTime() - MAX_APART_MS), new Date(wanted.start.getTime() + MAX_APART_MS)])
    .orderBy([{ column: 'o.start_time' }, { column: 'o.id' }])
    .limit(MAX_CANDIDATES)
    .select('o.id', 'o.name', 'o.start_time', 'o.place', 'o.local', 'o.actor_id')
  if (exceptId !== null) query.whereNot('o.id', exceptId)
  const rows = (await visibleTo(query, ANYONE, 'o')) as Candidate[]
  return rows.filter((row) => isSameEvent(announced(row), wanted))
}

async function openEvent(trx: Knex, id: string): Promise<Candidate | null> {
  const query = trx('objects as o').where({ 'o.id': id, 'o.type': 'Event' }).whereNotNull('o.start_time')
  const row = (await visibleTo(query, ANYONE, 'o').first('o.id', 'o.name', 'o.start_time', 'o.place', 'o.local', 'o.actor_id')) as
    | Candidate
    | undefined
  return row ?? null
}

function announced(row: Candidate): Announced {
  return { title: row.name ?? '', start: row.start_time!, place: row.place }
}

/** Leaves out, of a query over events, those shown by another announcement. Plan: event_twins_pkey and objects_pkey by row. */
export function withoutTwins(query: Knex.QueryBuilder, alias: string): Knex.QueryBuilder {
  return query.whereRaw(`not coalesce((select shown.deleted_at is null from event_twins twin join objects shown on shown.id = twin.canonical_id
    where twin.object_id = ${alias}.id), false)`)
}

export interface Announcer {
  name: string
  url: string
}

/** Who announces these events too: other announcements known here, and agendas read. Plan: event_twins_canonical, agenda_imports_object. */
export async function loadAnnouncers(ctx: Ctx, ids: string[]): Promise<Map<string, Announcer[]>> {
  const found = new Map<string, Announcer[]>()
  if (ids.length === 0) return found
  const twins = ctx
    .db('event_twins as t')
    .join('objects as o', 'o.id', 't.object_id')
    .join('actors as who', 'who.id', 'o.actor_id')
    .whereRaw('t.canonical_id = any(?::bigint[])', [ids])
    .select(
      't.canonical_id as event_id',
      ctx.db.raw("coalesce(nullif(who.name, ''), who.username) || case when who.local then '' else ' (' || who.host || ')' end as name"),
      ctx.db.raw('coalesce(o.url, o.iri) as url')
    )
  const agendas = ctx
    .db('agenda_imports as i')
    .join('agenda_sources as s', 's.id', 'i.source_id')
    .whereRaw('i.object_id = any(?::bigint[]) and not i.announced', [ids])
    .select('i.object_id as event_id', 's.name', ctx.db.raw('coalesce(i.url, s.url) as url'))
  type Row = Announcer & { event_id: string }
  const rows = [...((await visibleTo(twins, ANYONE, 'o')) as Row[]), ...((await agendas) as Row[])]
  for (const { event_id: id, name, url } of rows.sort((one, other) => one.name.localeCompare(other.name, 'fr')))
    found.set(id, [...(found.get(id) ?? []), { name, url }])
  return found
}
