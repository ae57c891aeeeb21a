// Votes in polls: one row per person and option, and the totals beside the question. Whether someone may vote was judged before.
import type { Knex } from 'knex'
import { jsonForPostgres } from './json.ts'
import type { ObjectRow, Poll } from './rows.ts'

export type PollRow = ObjectRow & { poll: Poll }

/** The poll with this row id, held until the end of the transaction so that totals are exact; null when it is gone or no poll. */
export async function lockPoll(trx: Knex, id: string): Promise<PollRow | null> {
  const row = await trx<ObjectRow>('objects').where({ id }).whereNull('deleted_at').forNoKeyUpdate().first()
  return row === undefined || row.poll === null ? null : (row as PollRow)
}

/** False from its end date on, or once it is closed. */
export function isOpen(poll: Poll, now: Date): boolean {
  return poll.closed === null && (poll.endTime === null || Date.parse(poll.endTime) > now.getTime())
}

/**
 * Counts a person's vote for these options: each once, and one in all where only one is allowed (the unique keys say so).
 * Gives the poll with its new totals, or null when nothing was new. The caller holds the poll and writes the totals.
 */
export async function saveVotes(
  trx: Knex,
  { id, poll }: PollRow,
  vote: { voterId: string; options: number[]; at: Date }
): Promise<Poll | null> {
  const written = await trx('poll_votes')
    .insert(vote.options.map((option) => ({ object_id: id, voter_id: vote.voterId, option, single: !poll.multiple, created_at: vote.at })))
    .onConflict()
    .ignore()
    .returning<{ option: number }[]>('option')
  if (written.length === 0) return null
  const row = await trx('poll_votes').where({ object_id: id, voter_id: vote.voterId }).count<{ count: string }[]>({ count: '*' })
  const isNewVoter = Number(row[0]!.count) === written.length
  const chosen = new Set(written.map(({ option }) => option))
  return {
    ...poll,
    options: poll.options.map((option, index) =>
      chosen.has(index) && option.votes !== null ? { ...option, votes: option.votes + 1 } : option
    ),
    voters: poll.voters === null ? null : poll.voters + (isNewVoter ? 1 : 0)
  }
}

/** Writes the totals (and, for a poll of ours, the document that carries them). */
export async function writePoll(trx: Knex, id: string, poll: Poll, doc?: Record<string, unknown>): Promise<void> {
  await trx('objects')
    .where({ id })
    .update({ poll: jsonForPostgres(poll), ...(doc === undefined ? {} : { doc: jsonForPostgres(doc) }) })
}

/** True when the person has voted in it. */
export async function hasVoted(trx: Knex, pollId: string, voterId: string): Promise<boolean> {
  return (await trx('poll_votes').where({ object_id: pollId, voter_id: voterId }).first('option')) !== undefined
}

/** Row ids of the people of this instance who voted. Plan: poll_votes_pkey. */
export async function localVoters(trx: Knex, pollId: string): Promise<string[]> {
  const rows = await trx('poll_votes as v')
    .join('actors as a', 'a.id', 'v.voter_id')
    .where({ 'v.object_id': pollId, 'a.local': true })
    .distinct<{ voter_id: string }[]>('v.voter_id')
  return rows.map((row) => row.voter_id)
}
