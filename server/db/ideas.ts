// Ideas: their rows, their lists, who backs, helps and objects. Lists go through visibleTo(); a backer is a like.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { AnswerColumns } from '../core/official-answer.ts'
import type { Theme } from '../core/themes.ts'
import type { Box } from './directory.ts'
import { actorColumns, countColumns, statusColumns, type ActorPart, type StatusRow } from './status-parts.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

export const HELP_KINDS = ['skills', 'material', 'time', 'money', 'place'] as const
export type HelpKind = (typeof HELP_KINDS)[number]

export interface IdeaRow extends AnswerColumns {
  object_id: string
  title: string
  themes: Theme[]
  state: 'open' | 'withdrawn' | 'merged'
  merged_into: string | null
  residents: number
  verified: number
  members: number
  public: number
  /** Confirmed slips. */
  paper: number
  /** The slip it was written on. */
  paper_slip: number | null
  /** Of residents and members: who backs an idea joined to this one, and not this one itself. */
  joined: number
  /** YYYY-MM-DD. */
  due_on: string | null
  project_id: string | null
}

/** Ids and dates as text, as JSON has them. */
const IDEA = `to_jsonb(i) || jsonb_build_object('object_id', i.object_id::text, 'merged_into', i.merged_into::text,
  'answered_by', i.answered_by::text, 'project_id', i.project_id::text)`

export async function findIdea(trx: Knex, objectId: string): Promise<IdeaRow | null> {
  const row = await trx('ideas as i')
    .where('i.object_id', objectId)
    .first<{ idea: IdeaRow } | undefined>(trx.raw(`${IDEA} as idea`))
  return row?.idea ?? null
}

export type IdeaChanges = Partial<
  Omit<IdeaRow, 'object_id' | 'residents' | 'verified' | 'members' | 'public' | 'paper' | 'paper_slip' | 'joined'>
>

export async function insertIdea(trx: Knex, row: Pick<IdeaRow, 'object_id' | 'title' | 'themes' | 'paper_slip'>): Promise<void> {
  await trx('ideas').insert(row)
}

export async function updateIdea(trx: Knex, objectId: string, { commitments, ...changes }: IdeaChanges): Promise<void> {
  await trx('ideas')
    .where({ object_id: objectId })
    .update({ ...changes, ...(commitments === undefined ? {} : { commitments: JSON.stringify(commitments) }) })
}

/** Held until the end of the transaction: answers and backers of one idea come one after the other. */
export async function lockIdea(trx: Knex, objectId: string): Promise<IdeaRow | null> {
  await trx('ideas').where({ object_id: objectId }).forUpdate().first('object_id')
  return findIdea(trx, objectId)
}

/** The same of several, in the order of their ids. */
export async function lockIdeas(trx: Knex, objectIds: string[]): Promise<Pick<IdeaRow, 'object_id' | 'state'>[]> {
  return await trx('ideas').whereIn('object_id', objectIds).orderBy('object_id').forUpdate().select('object_id', 'state')
}

export type ListedIdea = StatusRow & { idea: IdeaRow }

export interface IdeaFilter {
  /** new; backed: most backers first; voice: open, without an answer, not yet backed by the viewer; due: owed an answer, soonest first. */
  tab: 'new' | 'backed' | 'voice' | 'answered' | 'done' | 'due' | 'mine'
  theme?: Theme
  words?: string
  /** Row id of a group it was said in or published by. */
  groupId?: string
  /** Row id of the quarter its place is in. */
  neighbourhoodId?: string | undefined
  /** Said of a place in there. */
  box?: Box
  /** Only these, in any state. */
  ids?: string[]
  offset: number
  limit: number
}

/** Plans: ideas_open, ideas_backed, ideas_answered, ideas_done, ideas_due; objects by primary key, objects_place for a box, or objects_neighbourhood. */
export async function listIdeas(ctx: Ctx, viewer: Viewer, filter: IdeaFilter): Promise<ListedIdea[]> {
  const query = ctx
    .db('ideas as i')
    .join('objects as o', 'o.id', 'i.object_id')
    .limit(filter.limit)
    .offset(filter.offset)
    .select(...statusColumns('o'), ctx.db.raw(`${IDEA} as idea`))
  if (filter.ids !== undefined) query.whereRaw('i.object_id = any(?::bigint[])', [filter.ids])
  else order(query, filter.tab, viewer)
  if (filter.theme !== undefined) query.whereRaw('i.themes @> array[?]::text[]', [filter.theme])
  if (filter.words !== undefined && filter.words.trim() !== '')
    query.whereRaw(
      `(search_words(o.name, o.summary, o.content_html, o.place, o.attachments) @@ websearch_to_tsquery('public.communer'::regconfig, search_fold(:words::text))
        or to_tsvector('public.communer'::regconfig, search_fold(i.title)) @@ websearch_to_tsquery('public.communer'::regconfig, search_fold(:words::text)))`,
      { words: filter.words }
    )
  if (filter.groupId !== undefined) query.where('o.group_id', filter.groupId)
  if (filter.neighbourhoodId !== undefined) query.where('o.neighbourhood_id', filter.neighbourhoodId)
  if (filter.box !== undefined) {
    const { west, south, east, north } = filter.box
    query.whereRaw('o.latitude is not null and point(o.longitude, o.latitude) <@ box(point(?, ?), point(?, ?))', [west, south, east, north])
  }
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as ListedIdea[]
}

function order(query: Knex.QueryBuilder, tab: IdeaFilter['tab'], viewer: Viewer): void {
  if (tab === 'mine')
    return void query.whereRaw('coalesce(o.author_id, o.actor_id) = ?::bigint', [viewer.actorId]).orderBy('i.object_id', 'desc')
  if (tab === 'answered')
    return void query.whereRaw("i.answered_at is not null and i.answer <> 'examining'").orderByRaw('i.answered_at desc, i.object_id desc')
  if (tab === 'done') return void query.whereRaw('i.progress = 100').orderBy('i.object_id', 'desc')
  query.whereRaw("i.state = 'open'")
  if (tab === 'due')
    return void query.whereRaw("i.due_on is not null and i.answer in ('none', 'examining')").orderByRaw('i.due_on, i.object_id')
  if (tab === 'backed') return void query.orderByRaw('(i.residents + i.members + i.public + i.paper) desc, i.object_id desc')
  if (tab === 'voice') {
    query.whereRaw("i.answer in ('none', 'examining')")
    if (viewer.actorId !== null)
      query.whereRaw(
        'i.object_id not in (select l.object_id from likes l where l.actor_id = ?::bigint) and coalesce(o.author_id, o.actor_id) <> ?::bigint',
        [viewer.actorId, viewer.actorId]
      )
  }
  query.orderBy('i.object_id', 'desc')
}

/** Open ideas whose titles have words of this one, those that share most first: ids. Plan: ideas_titles. */
export async function similarIdeas(ctx: Ctx, title: string, limit: number): Promise<string[]> {
  const found = await ctx.db.raw<{ rows: { id: string }[] }>(
    `select object_id::text as id
     from ideas, lateral (select replace(plainto_tsquery('public.communer'::regconfig, search_fold(:title))::text, '&', '|')::tsquery as any_word) asked
     where state = 'open' and to_tsvector('public.communer'::regconfig, search_fold(title)) @@ any_word
     order by ts_rank(to_tsvector('public.communer'::regconfig, search_fold(title)), any_word)
       + similarity(f_unaccent(title), f_unaccent(:title)) desc, object_id desc
     limit :limit`,
    { title, limit }
  )
  return found.rows.map(({ id }) => id)
}

/** How the viewer stands to each of these. */
export async function standingsOf(
  ctx: Ctx,
  viewer: Viewer,
  ids: string[]
): Promise<Map<string, { backed: boolean; objection: string | null; help: { kinds: HelpKind[]; words: string } | null }>> {
  if (viewer.actorId === null || ids.length === 0) return new Map()
  const found = await ctx.db.raw<{
    rows: { id: string; backed: boolean; objection: string | null; kinds: HelpKind[] | null; words: string }[]
  }>(
    `select w.id::text, (select true from likes l where l.object_id = w.id and l.actor_id = :me) as backed,
       (select reason from idea_objections n where n.object_id = w.id and n.actor_id = :me) as objection, h.kinds, h.words
     from unnest(:ids::bigint[]) as w(id) left join idea_helps h on h.object_id = w.id and h.actor_id = :me`,
    { me: viewer.actorId, ids }
  )
  return new Map(
    found.rows.map(({ id, backed, objection, kinds, words }) => [
      id,
      { backed: backed === true, objection, help: kinds === null ? null : { kinds, words } }
    ])
  )
}

export interface IdeaOpinions {
  helps: number
  objections: number
  /** Of people elsewhere, who give no reason (Dislike). */
  against: number
  replies: number
  /** Title of the idea this one was joined to. */
  mergedTitle: string | null
}

/** How many help, object and answer, for each of these. */
export async function opinionsOf(ctx: Ctx, ids: string[]): Promise<Map<string, IdeaOpinions>> {
  if (ids.length === 0) return new Map()
  const found = await ctx.db.raw<{ rows: (IdeaOpinions & { id: string })[] }>(
    `select i.object_id::text as id, (select count(*)::int from idea_helps h where h.object_id = i.object_id) as helps,
       (select count(*)::int from idea_objections n where n.object_id = i.object_id) as objections,
       coalesce(s.dislikes, 0) as against, coalesce(s.replies, 0) as replies, into_idea.title as "mergedTitle"
     from ideas i left join object_stats s on s.object_id = i.object_id left join ideas into_idea on into_idea.object_id = i.merged_into where i.object_id = any(?::bigint[])`,
    [ids]
  )
  return new Map(found.rows.map(({ id, ...opinions }) => [id, opinions]))
}

export type Supporter = ActorPart & { words: string; kinds: HelpKind[] | null; said_at: Date }

/** Who objects and why, or who helps and how; oldest first. Plan: primary keys. */
export async function supportersOf(ctx: Ctx, table: 'idea_helps' | 'idea_objections', objectId: string): Promise<Supporter[]> {
  const said = table === 'idea_helps' ? ['t.words', 't.kinds'] : ['t.reason as words', ctx.db.raw('null::text[] as kinds')]
  return (await ctx
    .db(`${table} as t`)
    .join('actors as a', 'a.id', 't.actor_id')
    .leftJoin('actor_stats as s', 's.actor_id', 'a.id')
    .where('t.object_id', objectId)
    .whereRaw('a.deleted_at is null and a.suspended_at is null')
    .orderBy('t.created_at')
    .limit(200)
    .select(...actorColumns('a'), ...countColumns(ctx.db), ...said, 't.created_at as said_at')) as Supporter[]
}

/** People of the town hall: whom a duty is told. */
export async function townHall(trx: Knex): Promise<string[]> {
  return await trx('accounts').whereIn('role', ['admin', 'agent']).where({ status: 'active' }).pluck<string[]>('actor_id')
}

/** Local people who back or follow the idea or one joined to it, and its author: whom an answer is told. */
export async function concernedBy(trx: Knex, objectId: string): Promise<string[]> {
  const found = await trx.raw<{ rows: { id: string }[] }>(
    `with recursive joined(id) as (
       select :objectId::bigint union select i.object_id from joined j join ideas i on i.merged_into = j.id and i.state = 'merged')
     select l.actor_id::text as id from joined j join likes l on l.object_id = j.id join actors a on a.id = l.actor_id and a.local
     union select f.actor_id::text from joined j join object_followers f on f.object_id = j.id
     union select coalesce(o.author_id, o.actor_id)::text from objects o where o.id = :objectId`,
    { objectId }
  )
  return found.rows.map(({ id }) => id)
}
