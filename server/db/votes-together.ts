// Votes that several communes hold: whom we asked and what they counted; what others ask of a commune here.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { SharedVoteResult } from '../core/vote-rules.ts'
import { jsonForPostgres } from './json.ts'
import type { VoteProof } from './votes.ts'

/** A commune elsewhere that was asked to carry a vote held here. */
export interface VoteCommune {
  vote_id: string
  actor_id: string
  state: 'asked' | 'carried' | 'declined'
  invite_iri: string
  asked_at: Date
  answered_at: Date | null
  /** Their own vote about it. */
  vote_iri: string | null
  /** What they counted, as they signed it; null: not yet. */
  result: SharedVoteResult['result'] | null
  proof: VoteProof | null
  problem: CommuneProblem | null
}
/** Why a count is not shown. */
export type CommuneProblem = 'gone' | 'other' | 'signature'

/** Plan: vote_communes_pkey. */
export async function communesOf(trx: Knex, voteId: string): Promise<VoteCommune[]> {
  return trx<VoteCommune>('vote_communes').where({ vote_id: voteId }).orderBy('asked_at')
}

/** False when it was asked before. */
export async function addCommune(trx: Knex, row: Pick<VoteCommune, 'vote_id' | 'actor_id' | 'invite_iri' | 'asked_at'>): Promise<boolean> {
  const rows = await trx('vote_communes').insert(row).onConflict(['vote_id', 'actor_id']).ignore().returning('vote_id')
  return rows.length > 0
}

/** The commune that was asked by this Invite, or by its id and the vote it names. */
export async function findAsked(
  trx: Knex,
  { iri, actorId, voteIri }: { iri: string | null; actorId: string; voteIri: string | null }
): Promise<VoteCommune | undefined> {
  const byIri = iri === null ? undefined : await trx<VoteCommune>('vote_communes').where({ invite_iri: iri }).first()
  if (byIri !== undefined || voteIri === null) return byIri
  return trx('vote_communes as c')
    .join('objects as o', 'o.id', 'c.vote_id')
    .where({ 'c.actor_id': actorId, 'o.iri': voteIri })
    .first<VoteCommune | undefined>('c.*')
}

/** Writes their answer; false when they had answered. */
export async function answerAsked(
  trx: Knex,
  { vote_id, actor_id }: Pick<VoteCommune, 'vote_id' | 'actor_id'>,
  answer: { state: 'carried' | 'declined'; voteIri: string | null; at: Date }
): Promise<boolean> {
  const written = await trx('vote_communes')
    .where({ vote_id, actor_id, state: 'asked' })
    .update({ state: answer.state, vote_iri: answer.voteIri, answered_at: answer.at })
  return written > 0
}

/** Takes an unanswered question back; undefined when there is none. */
export async function removeAsked(trx: Knex, voteId: string, actorId: string): Promise<VoteCommune | undefined> {
  const [row] = await trx<VoteCommune>('vote_communes')
    .where({ vote_id: voteId, actor_id: actorId, state: 'asked' })
    .delete()
    .returning('*')
  return row
}

/** Keeps what a commune counted, once and for ever; or why it cannot be shown. */
export async function keepCount(
  trx: Knex,
  { vote_id, actor_id }: Pick<VoteCommune, 'vote_id' | 'actor_id'>,
  count: { result: SharedVoteResult['result']; proof: VoteProof } | { problem: CommuneProblem }
): Promise<void> {
  await trx('vote_communes')
    .where({ vote_id, actor_id, result: null })
    .update('problem' in count ? count : { result: jsonForPostgres(count.result), proof: jsonForPostgres(count.proof), problem: null })
}

/** What a commune elsewhere asks of one of ours. */
export interface VoteRequest {
  id: string
  /** Of the Invite. */
  iri: string
  /** Row id of the vote elsewhere. */
  object_id: string
  commune_id: string
  state: 'asked' | 'carried' | 'declined'
  /** The vote opened here for it. */
  vote_id: string | null
  created_at: Date
  answered_at: Date | null
}

/** Unanswered requests by the holder of that vote. Plan: vote_requests_waiting. */
export async function countWaitingFrom(trx: Knex, communeId: string, actorId: string): Promise<number> {
  const rows = await trx('vote_requests as r')
    .join('objects as o', 'o.id', 'r.object_id')
    .where({ 'r.commune_id': communeId, 'r.state': 'asked', 'o.actor_id': actorId })
    .select('r.id')
  return rows.length
}

/** Undefined when the same was asked before. */
export async function saveRequest(
  trx: Knex,
  request: { iri: string; objectId: string; communeId: string; at: Date }
): Promise<VoteRequest | undefined> {
  const [row] = await trx('vote_requests')
    .insert({ id: newId(request.at), iri: request.iri, object_id: request.objectId, commune_id: request.communeId, created_at: request.at })
    .onConflict()
    .ignore()
    .returning<VoteRequest[]>('*')
  return row
}

/** Unanswered ones to communes this person may publish for, latest first. Plan: vote_requests_waiting. */
export async function waitingRequests(
  ctx: Ctx,
  communeIds: string[]
): Promise<(VoteRequest & { title: string | null; url: string | null; actor_id: string })[]> {
  return ctx
    .db('vote_requests as r')
    .join('objects as o', 'o.id', 'r.object_id')
    .whereIn('r.commune_id', communeIds)
    .where({ 'r.state': 'asked' })
    .whereNull('o.deleted_at')
    .orderBy('r.id', 'desc')
    .limit(MOST_WAITING)
    .select('r.*', 'o.name as title', 'o.url', 'o.actor_id')
}
const MOST_WAITING = 20

export async function findRequest(trx: Knex, id: string): Promise<VoteRequest | undefined> {
  return trx<VoteRequest>('vote_requests').where({ id }).first()
}

/** False when somebody has answered it, or it was taken back. */
export async function closeRequest(
  trx: Knex,
  id: string,
  answer: { state: 'carried' | 'declined'; voteId: string | null; at: Date }
): Promise<boolean> {
  const written = await trx('vote_requests')
    .where({ id, state: 'asked' })
    .update({ state: answer.state, vote_id: answer.voteId, answered_at: answer.at })
  return written > 0
}

/** Their word taken back before it was answered. */
export async function removeRequest(trx: Knex, id: string): Promise<boolean> {
  return (await trx('vote_requests').where({ id, state: 'asked' }).delete()) > 0
}
