// A voter's check: is the ballot of this receipt counted, and as what? Anyone who holds the receipt may ask; nobody else can.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { Ballot } from '../../core/tally/ballot.ts'
import type { VoteRow } from '../../db/votes.ts'
import { hashReceipt, openUrn } from '../../db/votes-urn.ts'

export interface CheckedReceipt {
  /** SHA-256 of the receipt: find it in the published list. */
  hash: string
  /** In the urn, or among the published ballots. */
  found: boolean
  /** As it is counted; null before the end, and where few voted. */
  marks: Ballot | null
}

/** Throws vote.not-secret (409): other votes have no receipts. */
export async function checkReceipt(ctx: Ctx, vote: VoteRow, receipt: string): Promise<CheckedReceipt> {
  if (!vote.secret) throw new AppError('vote.not-secret', 409, 'This vote is not secret: it has no receipts.')
  const hash = hashReceipt(receipt)
  if (vote.result === null)
    return { hash, found: (await openUrn(ctx, ctx.db, vote.object_id)).some((ballot) => ballot.hash === hash), marks: null }
  const ballot = vote.result.ballots?.find((one) => one.hash === hash)
  return { hash, found: ballot !== undefined, marks: ballot?.marks ?? null }
}
