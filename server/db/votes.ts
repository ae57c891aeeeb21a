// Votes as rows: their rules, who may vote and who has, in lists and alone. What a ballot is worth is core/tally's, secrecy is votes-urn.ts'.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { functionKey } from '../core/member-functions.ts'
import type { Ballot, Method } from '../core/tally/ballot.ts'
import type { Tally } from '../core/tally/count.ts'
import type { Base, Decision, Share } from '../core/tally/decide.ts'
import type { MembershipRole } from '../core/roles.ts'
import { jsonForPostgres } from './json.ts'
import { HOLDS_FUNCTION, todayIn } from './member-functions.ts'
import { visibleTo, type Viewer } from './visibility.ts'

export const ELECTORATES = ['members', 'residents', 'verified_residents', 'role', 'functions', 'list', 'accounts'] as const
export type Electorate = (typeof ELECTORATES)[number]
export const REASONS = ['none', 'optional', 'required'] as const
export const RESULTS = ['always', 'after_voting', 'after_closing'] as const
/** By which list somebody votes: the electorate's, or that of everybody else. Never summed. */
export type VoteClass = 'elector' | 'public'

export interface VoteOption {
  name: string
  /** What follows when it is chosen; may be empty. */
  meaning: string
}

export interface VoteRow {
  object_id: string
  subject_id: string | null
  organiser_id: string
  /** The vote of another commune that is held here too. */
  carries_iri: string | null
  method: Method
  options: VoteOption[]
  most: number | null
  fewest: number | null
  max_score: number | null
  dots: number | null
  electorate: Electorate
  roles: MembershipRole[]
  /** Names of functions of members, for electorate `functions`. */
  functions: string[]
  share: Share | null
  base: Base
  quorum: number | null
  secret: boolean
  reason: (typeof REASONS)[number]
  results: (typeof RESULTS)[number]
  changeable: boolean
  open_to_all: boolean
  opens_at: Date
  closes_at: Date
  /** Paper may be entered until then, and then all is counted. */
  counts_at: Date
  reminds_at: Date | null
  closed_at: Date | null
  result: VoteResult | null
  proof: VoteProof | null
  outcome: string | null
  outcome_by: string | null
  outcome_at: Date | null
  /** ISO date. */
  review_on: string | null
  created_at: Date
}

/** What a vote came to. Figures are null where they would betray how few people voted. */
export interface VoteResult {
  /** How many could vote when it closed. */
  electorate: number
  voted: number
  paper: number
  electors: Tally | null
  /** Of these, on paper; null when the share would betray somebody. */
  onPaper: Tally | null
  decision: Decision
  /** Everybody else, counted apart; null when the vote was not open to them. */
  others: Tally | null
  /** Secret: what was in the urn, by the hash of each receipt, in the order of the hashes. Marks are null where few voted. */
  ballots: { hash: string; marks: Ballot | null }[] | null
}

export interface VoteProof {
  /** The signed text: JSON with sorted keys. */
  document: string
  /** Id of the organiser's key. */
  keyId: string
  algorithm: 'rsa-sha256'
  /** Base64. */
  signature: string
}

export type NewVote = Omit<VoteRow, 'closed_at' | 'result' | 'proof' | 'outcome' | 'outcome_by' | 'outcome_at' | 'review_on'>

/** Writes the rules of a vote, its urn when it is secret, and the named electors. */
export async function insertVote(trx: Knex, vote: NewVote, electors: string[]): Promise<void> {
  await trx('votes').insert({ ...vote, options: jsonForPostgres(vote.options) })
  if (electors.length > 0)
    await trx('vote_electors')
      .insert(electors.map((actorId) => ({ vote_id: vote.object_id, actor_id: actorId })))
      .onConflict(['vote_id', 'actor_id'])
      .ignore()
}

const COLUMNS = ['votes.*', "to_char(votes.review_on, 'YYYY-MM-DD') as review_on"]
const voteColumns = (db: Knex): Knex.Raw[] => COLUMNS.map((column) => db.raw(column))

const byId = (trx: Knex, id: string): Knex.QueryBuilder => trx('votes').where({ object_id: id }).select(voteColumns(trx))

/** The vote of this object, or undefined. */
export async function findVote(trx: Knex, id: string): Promise<VoteRow | undefined> {
  return byId(trx, id).first()
}

/** The same for who votes: many at once, none while it is being closed. */
export async function holdVote(trx: Knex, id: string): Promise<VoteRow | undefined> {
  return byId(trx, id).forShare().first()
}

/** The same for who closes it: everybody who is voting finishes first. */
export async function lockVote(trx: Knex, id: string): Promise<VoteRow | undefined> {
  return byId(trx, id).forUpdate().first()
}

/** A vote with what lists and pages show of its object. */
export type ListedVote = VoteRow & {
  title: string
  description: string | null
  iri: string
  visibility: string
  url: string
  subject_url: string | null
}

export interface VoteFilter {
  state: 'open' | 'closing' | 'decided'
  /** Row id of the idea or proposal. */
  subjectId?: string | undefined
  organiserId?: string | undefined
  /** Row id of a person: only what they have voted in. */
  voterId?: string | undefined
  now: Date
  /** Continue after this vote, in the order of the list. */
  after?: { at: Date; id: string } | undefined
  limit: number
}

/** What closes within three days is closing soon. */
export const SOON_MS = 3 * 24 * 3_600_000

function listed(ctx: Ctx, viewer: Viewer): Knex.QueryBuilder {
  const query = ctx
    .db('votes')
    .join('objects as o', 'o.id', 'votes.object_id')
    .leftJoin('objects as s', 's.id', 'votes.subject_id')
    .select([
      ...voteColumns(ctx.db),
      'o.name as title',
      'o.source as description',
      'o.iri',
      'o.visibility',
      'o.url',
      's.url as subject_url'
    ])
  return visibleTo(query, viewer, 'o')
}

/** Open votes by their end, decided ones latest first. Plan: votes_open, votes_decided; votes_subject and votes_organiser when asked. */
export async function listVotes(ctx: Ctx, viewer: Viewer, filter: VoteFilter): Promise<ListedVote[]> {
  const query = listed(ctx, viewer).limit(filter.limit)
  const [column, order] = filter.state === 'decided' ? ['votes.closed_at', 'desc'] : ['votes.closes_at', 'asc']
  if (filter.state === 'decided') query.whereNotNull('votes.closed_at')
  else query.whereNull('votes.closed_at')
  if (filter.state === 'closing') query.where('votes.closes_at', '<=', new Date(filter.now.getTime() + SOON_MS))
  if (filter.subjectId !== undefined) query.where('votes.subject_id', filter.subjectId)
  if (filter.organiserId !== undefined) query.where('votes.organiser_id', filter.organiserId)
  if (filter.voterId !== undefined)
    query.whereRaw('exists (select 1 from vote_voters v where v.vote_id = votes.object_id and v.actor_id = ?)', [filter.voterId])
  if (filter.after !== undefined)
    query.whereRaw(`(${column}, votes.object_id) ${order === 'desc' ? '<' : '>'} (?::timestamptz, ?::bigint)`, [
      filter.after.at,
      filter.after.id
    ])
  return (await query.orderBy([
    { column: column!, order: order! },
    { column: 'votes.object_id', order: order! }
  ])) as ListedVote[]
}

/** All votes about an object, newest first. Plan: votes_subject. */
export async function votesAbout(ctx: Ctx, viewer: Viewer, subjectId: string): Promise<ListedVote[]> {
  return (await listed(ctx, viewer).where('votes.subject_id', subjectId).orderBy('votes.object_id', 'desc').limit(50)) as ListedVote[]
}

/** One vote as the viewer may see it. */
export async function findListedVote(ctx: Ctx, viewer: Viewer, id: string): Promise<ListedVote | undefined> {
  return (await listed(ctx, viewer).where('votes.object_id', id).first()) as ListedVote | undefined
}

/** SQL of the people who may vote, as rows of `a` (actors) with their account `ac`. Binds :vote, :organiser, :roles, :functions, :today. */
const ELECTORS: Record<Electorate, string> = {
  members: `exists (select 1 from memberships m where m.group_id = :organiser and m.actor_id = a.id and m.state = 'active')`,
  functions: `exists (select 1 from memberships m where m.group_id = :organiser and m.actor_id = a.id and m.state = 'active' and ${HOLDS_FUNCTION})`,
  role: `exists (select 1 from memberships m where m.group_id = :organiser and m.actor_id = a.id and m.state = 'active' and m.role = any(:roles::text[]))`,
  residents: 'exists (select 1 from residents r where r.actor_id = a.id)',
  verified_residents: 'exists (select 1 from residents r where r.actor_id = a.id and r.verified_at is not null)',
  list: 'exists (select 1 from vote_electors e where e.vote_id = :vote and e.actor_id = a.id)',
  accounts: 'true'
}

type ElectorsOf = Pick<VoteRow, 'object_id' | 'electorate' | 'organiser_id' | 'roles' | 'functions'>

function electorsOf(ctx: Ctx, vote: ElectorsOf): { sql: string; values: Knex.ValueDict } {
  return {
    sql: `from actors a join accounts ac on ac.actor_id = a.id and ac.status = 'active'
      where a.local and a.type = 'Person' and a.deleted_at is null and a.suspended_at is null and ${ELECTORS[vote.electorate]}`,
    values: {
      vote: vote.object_id,
      organiser: vote.organiser_id,
      roles: vote.roles as unknown as Knex.Value,
      functions: vote.functions.map(functionKey) as unknown as Knex.Value,
      today: todayIn(ctx)
    }
  }
}

/** Whether this person belongs to the electorate now. */
export async function isElector(ctx: Ctx, trx: Knex, vote: VoteRow, actorId: string): Promise<boolean> {
  const { sql, values } = electorsOf(ctx, vote)
  const { rows } = await trx.raw<{ rows: unknown[] }>(`select 1 ${sql} and a.id = :actor`, { ...values, actor: actorId })
  return rows.length > 0
}

/** How many could vote. */
export async function countElectors(ctx: Ctx, trx: Knex, vote: ElectorsOf): Promise<number> {
  const { sql, values } = electorsOf(ctx, vote)
  const { rows } = await trx.raw<{ rows: { count: string }[] }>(`select count(*) ${sql}`, values)
  return Number(rows[0]!.count)
}

/** Row ids of electors who have not voted. */
export async function undecided(ctx: Ctx, trx: Knex, vote: VoteRow): Promise<string[]> {
  const { sql, values } = electorsOf(ctx, vote)
  const { rows } = await trx.raw<{ rows: { id: string }[] }>(
    `select a.id ${sql} and not exists (select 1 from vote_voters v where v.vote_id = :vote and v.actor_id = a.id)`,
    values
  )
  return rows.map(({ id }) => id)
}

/** Row ids of people of this instance who have voted. */
export async function votersHere(trx: Knex, voteId: string): Promise<string[]> {
  const rows = await trx('vote_voters as v')
    .join('actors as a', 'a.id', 'v.actor_id')
    .where({ 'v.vote_id': voteId, 'a.local': true })
    .select<{ actor_id: string }[]>('v.actor_id')
  return rows.map((row) => row.actor_id)
}

/** In which of these votes a person has voted, and by which list. */
export async function votedIn(trx: Knex, actorId: string, voteIds: string[]): Promise<Map<string, VoteClass>> {
  const rows = await trx('vote_voters')
    .where({ actor_id: actorId })
    .whereIn('vote_id', voteIds)
    .select<{ vote_id: string; class: VoteClass }[]>('vote_id', 'class')
  return new Map(rows.map((row) => [row.vote_id, row.class]))
}

/** Writes that somebody has voted; false when it stood there. */
export async function markVoter(trx: Knex, voteId: string, actorId: string, voteClass: VoteClass): Promise<boolean> {
  const rows = await trx('vote_voters')
    .insert({ vote_id: voteId, actor_id: actorId, class: voteClass })
    .onConflict(['vote_id', 'actor_id'])
    .ignore()
    .returning('vote_id')
  return rows.length > 0
}

/** Held: two answers of one voter come one after the other. */
export async function holdVoter(trx: Knex, voteId: string, actorId: string): Promise<void> {
  await trx('vote_voters').where({ vote_id: voteId, actor_id: actorId }).forUpdate().first('vote_id')
}

/** How many have voted by each list. */
export async function countVoters(trx: Knex, voteId: string): Promise<Record<VoteClass, number>> {
  const rows = await trx('vote_voters')
    .where({ vote_id: voteId })
    .groupBy('class')
    .select<{ class: VoteClass; count: string }[]>('class', trx.raw('count(*)'))
  const of = (name: VoteClass): number => Number(rows.find((row) => row.class === name)?.count ?? 0)
  return { elector: of('elector'), public: of('public') }
}

export interface NamedBallot {
  actor_id: string
  class: VoteClass
  marks: Ballot
  reason: string
}

/** Writes or replaces an open ballot. */
export async function saveBallot(
  trx: Knex,
  voteId: string,
  ballot: { actorId: string; marks: Ballot; reason: string; at: Date }
): Promise<void> {
  const { actorId, marks, reason, at } = ballot
  await trx('vote_ballots')
    .insert({ vote_id: voteId, actor_id: actorId, marks: jsonForPostgres(marks), reason, cast_at: at })
    .onConflict(['vote_id', 'actor_id'])
    .merge(['marks', 'reason', 'cast_at'])
}

/** Open ballots with the list they were given by. Plan: vote_ballots_pkey. */
export async function namedBallots(trx: Knex, voteId: string, actorId?: string): Promise<NamedBallot[]> {
  const query = trx('vote_ballots as b')
    .join('vote_voters as v', (on) => on.on('v.vote_id', 'b.vote_id').andOn('v.actor_id', 'b.actor_id'))
    .where({ 'b.vote_id': voteId })
    .select<NamedBallot[]>('b.actor_id', 'v.class', 'b.marks', 'b.reason')
  if (actorId !== undefined) query.where({ 'b.actor_id': actorId })
  return await query
}

/** Ballots on paper that a second person has confirmed. */
export async function confirmedPapers(trx: Knex, voteId: string): Promise<Ballot[]> {
  const rows = await trx('vote_papers').where({ vote_id: voteId }).whereNotNull('confirmed_at').select<{ marks: Ballot }[]>('marks')
  return rows.map(({ marks }) => marks)
}

/** Writes the result of a vote that is closed now, once and for ever. */
export async function closeVote(trx: Knex, id: string, closed: { at: Date; result: VoteResult; proof: VoteProof | null }): Promise<void> {
  await trx('votes')
    .where({ object_id: id })
    .update({
      closed_at: closed.at,
      result: jsonForPostgres(closed.result),
      proof: closed.proof === null ? null : jsonForPostgres(closed.proof)
    })
}

/** What was decided, in words, and when to look at it again. */
export async function writeOutcome(
  trx: Knex,
  id: string,
  outcome: { text: string; by: string; at: Date; reviewOn: string | null }
): Promise<void> {
  await trx('votes')
    .where({ object_id: id })
    .update({ outcome: outcome.text, outcome_by: outcome.by, outcome_at: outcome.at, review_on: outcome.reviewOn })
}
