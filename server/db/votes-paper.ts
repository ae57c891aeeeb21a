// Slips of paper votes: entered by one, confirmed by another (a check of the table holds this too).
import type { Knex } from 'knex'
import type { Ballot } from '../core/tally/ballot.ts'
import { jsonForPostgres } from './json.ts'

export interface PaperSlip {
  slip: number
  marks: Ballot
  entered_by: string | null
  confirmed_at: Date | null
}

/** In the order of their numbers. */
export async function listPapers(trx: Knex, voteId: string): Promise<PaperSlip[]> {
  return trx('vote_papers').where({ vote_id: voteId }).orderBy('slip').select<PaperSlip[]>('slip', 'marks', 'entered_by', 'confirmed_at')
}

/** Writes a slip or corrects it; false when it is confirmed already. */
export async function savePaper(trx: Knex, paper: { voteId: string; slip: number; marks: Ballot; by: string; at: Date }): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `insert into vote_papers (vote_id, slip, marks, entered_by, entered_at) values (:voteId, :slip, :marks::jsonb, :by, :at)
     on conflict (vote_id, slip) do update set marks = excluded.marks, entered_by = excluded.entered_by, entered_at = excluded.entered_at
       where vote_papers.confirmed_at is null
     returning slip`,
    { ...paper, marks: jsonForPostgres(paper.marks) }
  )
  return rows.length > 0
}

/** Removes a slip that is not confirmed; false when it is, or is not there. */
export async function removePaper(trx: Knex, voteId: string, slip: number): Promise<boolean> {
  return (await trx('vote_papers').where({ vote_id: voteId, slip, confirmed_at: null }).delete()) > 0
}

/** Confirms those of these slips that somebody else entered. `own`: how many the person entered themselves. */
export async function confirmPapers(
  trx: Knex,
  wanted: { voteId: string; slips: number[]; by: string; at: Date }
): Promise<{ confirmed: number; own: number }> {
  const open = (): Knex.QueryBuilder =>
    trx('vote_papers').where({ vote_id: wanted.voteId, confirmed_at: null }).whereIn('slip', wanted.slips)
  const own = await open().where({ entered_by: wanted.by }).count<{ count: string }[]>({ count: '*' })
  if (Number(own[0]!.count) > 0) return { confirmed: 0, own: Number(own[0]!.count) }
  return { confirmed: await open().update({ confirmed_by: wanted.by, confirmed_at: wanted.at }), own: 0 }
}
