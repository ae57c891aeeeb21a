// Votes on paper: an agent enters numbered slips, somebody else compares them with the paper and confirms. Only then they count.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { Ballot } from '../../core/tally/ballot.ts'
import type { Who } from '../../core/permission.ts'
import { confirmPapers, listPapers, savePaper, removePaper, type PaperSlip } from '../../db/votes-paper.ts'
import { holdVote, type VoteRow } from '../../db/votes.ts'
import { assertBallot } from './cast.ts'
import { rightsOn } from './view.ts'
import type { Knex } from 'knex'

/** Slips are entered while the vote lasts and until it is counted: the box is opened when the vote closes. */
async function withVote<T>(ctx: Ctx, who: Who, voteId: string, work: (trx: Knex, vote: VoteRow) => Promise<T>): Promise<T> {
  if (!(await rightsOn(ctx, who, voteId)).paper) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  return ctx.db.transaction(async (trx) => {
    const vote = await holdVote(trx, voteId)
    if (vote === undefined) throw new AppError('vote.none', 404, 'This is not a vote.')
    if (vote.closed_at !== null || ctx.clock.now() >= vote.counts_at) throw new AppError('vote.closed', 409, 'This vote is closed.')
    if (ctx.clock.now() < vote.opens_at) throw new AppError('vote.not-yet', 409, 'This vote is not open yet.')
    return work(trx, vote)
  })
}

/** The slips entered so far. Throws permission.denied (403). */
export async function papersOf(ctx: Ctx, who: Who, voteId: string): Promise<PaperSlip[]> {
  if (!(await rightsOn(ctx, who, voteId)).paper) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  return listPapers(ctx.db, voteId)
}

/** Enters one slip, or corrects one that is not confirmed. Throws vote.slip-confirmed (409), ballot.* (422). */
export async function enterPaper(ctx: Ctx, who: Who, voteId: string, slip: number, marks: Ballot): Promise<void> {
  await withVote(ctx, who, voteId, async (trx, vote) => {
    // Reasons stay on the paper.
    assertBallot({ ...vote, reason: 'optional' }, { marks, reason: '…' })
    const saved = await savePaper(trx, { voteId, slip, marks, by: who.actorId, at: ctx.clock.now() })
    if (!saved) throw new AppError('vote.slip-confirmed', 409, `Slip ${slip} is confirmed already.`, { details: { slip } })
  })
}

/** Takes out a slip that was entered by mistake and is not confirmed. */
export async function takeOutPaper(ctx: Ctx, who: Who, voteId: string, slip: number): Promise<void> {
  await withVote(ctx, who, voteId, async (trx) => {
    if (!(await removePaper(trx, voteId, slip)))
      throw new AppError('vote.slip-confirmed', 409, `Slip ${slip} is confirmed already.`, { details: { slip } })
  })
}

/** Confirms slips that somebody else entered; how many. Throws vote.slip-own (409) when one of them is one's own. */
export async function confirmSlips(ctx: Ctx, who: Who, voteId: string, slips: number[]): Promise<number> {
  return withVote(ctx, who, voteId, async (trx) => {
    const { confirmed, own } = await confirmPapers(trx, { voteId, slips, by: who.actorId, at: ctx.clock.now() })
    if (own > 0) throw new AppError('vote.slip-own', 409, 'What you entered yourself is confirmed by somebody else.')
    return confirmed
  })
}
