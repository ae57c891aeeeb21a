// Proposals: their rows, versions, authors and lists. Lists go through visibleTo(); who supports a proposal likes it.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { AnswerColumns } from '../core/official-answer.ts'
import type { Paragraph } from '../core/paragraphs.ts'
import type { Theme } from '../core/themes.ts'
import { jsonForPostgres } from './json.ts'
import { statusColumns, type StatusRow } from './status-parts.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

export const STATES = ['open', 'voting', 'adopted', 'refused', 'withdrawn', 'done'] as const
export type ProposalState = (typeof STATES)[number]
export const AMENDABLE_BY = ['everyone', 'members'] as const
export type AmendableBy = (typeof AMENDABLE_BY)[number]

export interface ProposalRow extends AnswerColumns {
  object_id: string
  title: string
  version: number
  next_key: number
  themes: Theme[]
  state: ProposalState
  amendable_by: AmendableBy
  idea_id: string | null
  vote_id: string | null
}

/** A paragraph of a version, with its HTML, sanitised when it was written. */
export type VersionParagraph = Paragraph & { html: string }

export interface VersionRow {
  object_id: string
  number: number
  title: string
  body: VersionParagraph[]
  author_id: string | null
  reason: string
  amendment_id: string | null
  created_at: Date
}

/** Ids and dates as text, as JSON has them. */
const PROPOSAL = `to_jsonb(p) || jsonb_build_object('object_id', p.object_id::text, 'idea_id', p.idea_id::text, 'vote_id', p.vote_id::text,
  'answered_by', p.answered_by::text)`

export async function findProposal(trx: Knex, objectId: string): Promise<ProposalRow | null> {
  const row = await trx('proposals as p')
    .where('p.object_id', objectId)
    .first<{ proposal: ProposalRow } | undefined>(trx.raw(`${PROPOSAL} as proposal`))
  return row?.proposal ?? null
}

/** Held until the end of the transaction: what changes one proposal comes one after the other. */
export async function lockProposal(trx: Knex, objectId: string): Promise<ProposalRow | null> {
  await trx('proposals').where({ object_id: objectId }).forUpdate().first('object_id')
  return findProposal(trx, objectId)
}

type NewProposal = Pick<ProposalRow, 'object_id' | 'title' | 'version' | 'next_key' | 'themes' | 'amendable_by' | 'idea_id'>

export async function insertProposal(trx: Knex, row: NewProposal): Promise<void> {
  await trx('proposals').insert(row)
}

export async function updateProposal(
  trx: Knex,
  objectId: string,
  { commitments, ...changes }: Partial<Omit<ProposalRow, 'object_id'>>
): Promise<void> {
  const row = { ...changes, ...(commitments === undefined ? {} : { commitments: jsonForPostgres(commitments) }) }
  if (Object.keys(row).length > 0) await trx('proposals').where({ object_id: objectId }).update(row)
}

export async function insertVersion(trx: Knex, version: VersionRow): Promise<void> {
  await trx('proposal_versions').insert({ ...version, body: jsonForPostgres(version.body) })
}

/** Plan: proposal_versions_pkey. */
export async function findVersion(trx: Knex, objectId: string, number: number): Promise<VersionRow | null> {
  return (await trx<VersionRow>('proposal_versions').where({ object_id: objectId, number }).first()) ?? null
}

/** Newest first, without their text. */
export async function listVersions(trx: Knex, objectId: string): Promise<Omit<VersionRow, 'body'>[]> {
  return await trx('proposal_versions')
    .where({ object_id: objectId })
    .orderBy('number', 'desc')
    .limit(500)
    .select('object_id', 'number', 'title', 'author_id', 'reason', 'amendment_id', 'created_at')
}

export async function addAuthor(trx: Knex, objectId: string, actorId: string, since: Date): Promise<void> {
  await trx('proposal_authors').insert({ object_id: objectId, actor_id: actorId, since }).onConflict(['object_id', 'actor_id']).ignore()
}

/** Row ids, first author first. */
export async function authorsOf(trx: Knex, objectIds: string[]): Promise<Map<string, string[]>> {
  const rows = await trx('proposal_authors')
    .whereIn('object_id', objectIds)
    .orderBy(['since', 'actor_id'])
    .select<{ object_id: string; actor_id: string }[]>('object_id', 'actor_id')
  const found = new Map<string, string[]>()
  for (const { object_id: id, actor_id: actorId } of rows) found.set(id, [...(found.get(id) ?? []), actorId])
  return found
}

export async function isAuthor(trx: Knex, objectId: string, actorId: string): Promise<boolean> {
  return (await trx('proposal_authors').where({ object_id: objectId, actor_id: actorId }).first('actor_id')) !== undefined
}

/** IRIs of the authors, for the document. */
export async function authorIris(trx: Knex, objectId: string): Promise<string[]> {
  return await trx('proposal_authors as w')
    .join('actors as a', 'a.id', 'w.actor_id')
    .where('w.object_id', objectId)
    .orderBy(['w.since', 'w.actor_id'])
    .pluck('a.iri')
}

export type ListedProposal = StatusRow & { proposal: ProposalRow }

export const TABS = ['recent', 'open', 'voting', 'adopted', 'done', 'closed', 'mine'] as const
const STATES_OF: Partial<Record<(typeof TABS)[number], ProposalState[]>> = {
  open: ['open'],
  voting: ['voting'],
  adopted: ['adopted'],
  done: ['done'],
  closed: ['refused', 'withdrawn']
}

export interface ProposalFilter {
  /** recent: in any state; closed: refused or withdrawn; mine: of which the viewer is an author. */
  tab: (typeof TABS)[number]
  theme?: Theme
  words?: string
  /** Row id of a group it was published by. */
  groupId?: string
  /** Row id of the idea it was made of. */
  ideaId?: string
  /** Only these. */
  ids?: string[]
  offset: number
  limit: number
}

/** Newest first. Plans: proposals_state, proposals_idea, proposal_authors_actor; objects by primary key. */
export async function listProposals(ctx: Ctx, viewer: Viewer, filter: ProposalFilter): Promise<ListedProposal[]> {
  const query = ctx
    .db('proposals as p')
    .join('objects as o', 'o.id', 'p.object_id')
    .orderBy('p.object_id', 'desc')
    .limit(filter.limit)
    .offset(filter.offset)
    .select(...statusColumns('o'), ctx.db.raw(`${PROPOSAL} as proposal`))
  const states = STATES_OF[filter.tab]
  if (filter.ids !== undefined) query.whereRaw('p.object_id = any(?::bigint[])', [filter.ids])
  if (states !== undefined) query.whereIn('p.state', states)
  if (filter.tab === 'mine')
    query.whereRaw('p.object_id in (select w.object_id from proposal_authors w where w.actor_id = ?::bigint)', [viewer.actorId])
  if (filter.theme !== undefined) query.whereRaw('p.themes @> array[?]::text[]', [filter.theme])
  if (filter.words !== undefined && filter.words.trim() !== '')
    query.whereRaw(
      `search_words(o.name, o.summary, o.content_html, o.place, o.attachments) @@ websearch_to_tsquery('public.communer'::regconfig, search_fold(?::text))`,
      [filter.words]
    )
  if (filter.groupId !== undefined) query.where('o.group_id', filter.groupId)
  if (filter.ideaId !== undefined) query.where('p.idea_id', filter.ideaId)
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as ListedProposal[]
}

export interface ProposalCounts {
  supports: number
  replies: number
  /** Amendments that wait for an answer. */
  amendments: number
  arguments: { for: number; against: number; question: number; source: number }
  ideaTitle: string | null
  voteTitle: string | null
  supported: boolean
}

/** What is counted around each of these, and whether the viewer supports it. */
export async function countsOf(ctx: Ctx, viewer: Viewer, ids: string[]): Promise<Map<string, ProposalCounts>> {
  if (ids.length === 0) return new Map()
  const found = await ctx.db.raw<{ rows: (Omit<ProposalCounts, 'arguments'> & { id: string; kinds: Record<string, number> | null })[] }>(
    `select p.object_id::text as id, coalesce(s.likes, 0) as supports, coalesce(s.replies, 0) as replies,
       (select count(*)::int from amendments m where m.proposal_id = p.object_id and m.state = 'proposed') as amendments,
       (select jsonb_object_agg(kind, n) from (select kind, count(*)::int as n from proposal_arguments g
         where g.proposal_id = p.object_id group by kind) counted) as kinds,
       (select i.title from ideas i where i.object_id = p.idea_id) as "ideaTitle",
       (select v.name from objects v where v.id = p.vote_id) as "voteTitle",
       exists (select from likes l where l.object_id = p.object_id and l.actor_id = :me) as supported
     from proposals p left join object_stats s on s.object_id = p.object_id where p.object_id = any(:ids::bigint[])`,
    { ids, me: viewer.actorId }
  )
  return new Map(
    found.rows.map(({ id, kinds, ...counts }) => [id, { ...counts, arguments: { for: 0, against: 0, question: 0, source: 0, ...kinds } }])
  )
}

/** People of this instance it concerns: authors, who supports it, who amended it. */
export async function concernedByProposal(trx: Knex, objectId: string): Promise<string[]> {
  const found = await trx.raw<{ rows: { id: string }[] }>(
    `select l.actor_id::text as id from likes l join actors a on a.id = l.actor_id and a.local where l.object_id = :objectId
     union select f.actor_id::text from object_followers f where f.object_id = :objectId
     union select w.actor_id::text from proposal_authors w where w.object_id = :objectId
     union select o.actor_id::text from amendments m join objects o on o.id = m.object_id where m.proposal_id = :objectId`,
    { objectId }
  )
  return found.rows.map(({ id }) => id)
}
