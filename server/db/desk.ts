// What waits for the commune, out of ideas, proposals, tasks and votes: one query a kind, each by its own index.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { visibleTo, type Viewer } from './visibility.ts'

export interface DeskRow {
  /** Row id of the object. */
  id: string
  title: string
  /** What was promised; of a task, the decision it comes from; else empty. */
  text: string
  /** YYYY-MM-DD. */
  date: string
}

/** Of each kind. */
const MOST = 50
const DAY = "'YYYY-MM-DD'"

const rows = async (query: Knex.QueryBuilder): Promise<DeskRow[]> => (await query.limit(MOST)) as DeskRow[]

/** Ideas whose backers oblige the commune to answer, soonest first. Plan: ideas_due. */
export async function ideasDue(ctx: Ctx, viewer: Viewer): Promise<DeskRow[]> {
  const query = ctx
    .db('ideas as i')
    .join('objects as o', 'o.id', 'i.object_id')
    .whereNotNull('i.due_on')
    .whereIn('i.answer', ['none', 'examining'])
    .where('i.state', 'open')
    .orderBy('i.due_on')
    .select('o.id', 'i.title', ctx.db.raw("'' as text"), ctx.db.raw(`to_char(i.due_on, ${DAY}) as date`))
  return rows(visibleTo(query, viewer, 'o'))
}

/** What was promised until this day and is not kept, soonest first. Plan: ideas_promised, proposals_promised. */
export async function promisesDue(ctx: Ctx, viewer: Viewer, table: 'ideas' | 'proposals', until: string): Promise<DeskRow[]> {
  const query = ctx
    .db(`${table} as i`)
    .join('objects as o', 'o.id', 'i.object_id')
    .joinRaw('cross join lateral jsonb_to_recordset(i.commitments) as c(text text, due text, done text)')
    .whereRaw("i.commitments <> '[]' and c.done is null and c.due <= ?", [until])
    .whereNot('i.state', 'withdrawn')
    .orderBy('c.due')
    .select('o.id', 'i.title', 'c.text', 'c.due as date')
  return rows(visibleTo(query, viewer, 'o'))
}

/** Tasks whose day has gone by and that are not done, oldest first; `text` is the decision they come from. Plan: tasks_due. */
export async function tasksLate(ctx: Ctx, viewer: Viewer, today: string): Promise<DeskRow[]> {
  const query = ctx
    .db('tasks as k')
    .join('objects as o', 'o.id', 'k.object_id')
    .leftJoin('objects as d', (on) => void on.on('d.id', 'k.subject_id').onNull('d.deleted_at'))
    .whereIn('k.state', ['todo', 'doing', 'blocked'])
    .where('k.due_on', '<', today)
    .where('o.visibility', 'public')
    .orderBy('k.due_on')
    .select('o.id', 'k.title', ctx.db.raw("coalesce(d.name, '') as text"), ctx.db.raw(`to_char(k.due_on, ${DAY}) as date`))
  return rows(visibleTo(query, viewer, 'o'))
}

/** Votes that are counted, and nobody said what follows; latest first. Plan: votes_unconcluded. */
export async function votesUnconcluded(ctx: Ctx, viewer: Viewer, since: Date): Promise<DeskRow[]> {
  const query = ctx
    .db('votes as v')
    .join('objects as o', 'o.id', 'v.object_id')
    .whereNull('v.outcome')
    .where('v.closed_at', '>', since)
    .orderBy('v.closed_at', 'desc')
    .select('o.id', 'o.name as title', ctx.db.raw("'' as text"), ctx.db.raw(`to_char(v.closed_at, ${DAY}) as date`))
  return rows(visibleTo(query, viewer, 'o'))
}

/** Ideas with backers on paper that a second person has to confirm. Plan: idea_papers_waiting. */
export async function backersUnconfirmed(ctx: Ctx, viewer: Viewer): Promise<DeskRow[]> {
  const waiting = ctx
    .db('idea_papers')
    .whereNull('confirmed_at')
    .groupBy('object_id')
    .select('object_id', ctx.db.raw('min(entered_at) as since'), ctx.db.raw('count(*) as slips'))
    .as('w')
  const query = ctx
    .db(waiting)
    .join('objects as o', 'o.id', 'w.object_id')
    .orderBy('w.since')
    .select('o.id', 'o.name as title', ctx.db.raw('w.slips::text as text'), ctx.db.raw(`to_char(w.since, ${DAY}) as date`))
  return rows(visibleTo(query, viewer, 'o'))
}

/** Ideas on paper that a second person has to read; the id is the number of the slip. */
export async function ideasOnPaper(ctx: Ctx): Promise<DeskRow[]> {
  const query = ctx
    .db('idea_paper_drafts as d')
    .orderBy('d.entered_at')
    .select(
      ctx.db.raw('d.slip::text as id'),
      ctx.db.raw("d.words ->> 'title' as title"),
      ctx.db.raw('d.slip::text as text'),
      ctx.db.raw(`to_char(d.entered_at, ${DAY}) as date`)
    )
  return rows(query)
}

/** Votes with slips of paper that a second person has to confirm before the count. Plan: vote_papers_unconfirmed. */
export async function papersUnconfirmed(ctx: Ctx, viewer: Viewer): Promise<DeskRow[]> {
  const query = ctx
    .db('votes as v')
    .join('objects as o', 'o.id', 'v.object_id')
    .whereNull('v.closed_at')
    .whereRaw('exists (select from vote_papers p where p.vote_id = v.object_id and p.confirmed_at is null)')
    .orderBy('v.counts_at')
    .select('o.id', 'o.name as title', ctx.db.raw("'' as text"), ctx.db.raw(`to_char(v.counts_at, ${DAY}) as date`))
  return rows(visibleTo(query, viewer, 'o'))
}
