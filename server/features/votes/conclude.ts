// After the count: what the organiser makes of it, in words, and the day it is looked at again.
import { DateTime } from 'luxon'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { MAX_TEXT_CHARACTERS } from '../../core/text.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { lockVote, writeOutcome } from '../../db/votes.ts'
import type { Who } from '../../core/permission.ts'
import { sayUnder, scheduleReview } from '../../protocol/local-votes.ts'
import { rightsOn } from './view.ts'

/** Writes the outcome statement and publishes it under the vote. Throws vote.* (403, 409, 422). */
export async function concludeVote(
  ctx: Ctx,
  who: Who,
  author: ActorRow,
  voteId: string,
  input: { text: string; reviewOn?: string | null }
): Promise<void> {
  if (!(await rightsOn(ctx, who, voteId)).conclude) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  const said = input.text.trim()
  if (said === '' || [...said].length > MAX_TEXT_CHARACTERS)
    throw new AppError('vote.outcome', 422, 'Say in a few words what was decided.', { details: { field: 'text' } })
  const review = readReview(ctx, input.reviewOn ?? null)
  await ctx.db.transaction(async (trx) => {
    const vote = await lockVote(trx, voteId)
    const object = await trx<ObjectRow>('objects').where({ id: voteId }).whereNull('deleted_at').first()
    if (vote === undefined || object === undefined) throw new AppError('vote.none', 404, 'This is not a vote.')
    if (vote.closed_at === null) throw new AppError('vote.not-closed', 409, 'The vote is not closed yet.')
    const publisher = await findActor(ctx, vote.organiser_id)
    if (publisher === null) throw new AppError('vote.none', 404, 'This is not a vote.')
    await writeOutcome(trx, voteId, { text: said, by: author.id, at: ctx.clock.now(), reviewOn: review?.toISODate() ?? null })
    if (review !== null) await scheduleReview(trx, voteId, review.set({ hour: 9 }).toJSDate())
    if (said !== vote.outcome) await sayUnder(ctx, trx, object, publisher, author, said)
  })
}

function readReview(ctx: Ctx, typed: string | null): DateTime | null {
  if (typed === null || typed === '') return null
  const { timezone } = requireSite(ctx)
  const day = DateTime.fromISO(typed, { zone: timezone })
  if (!day.isValid || day < DateTime.fromJSDate(ctx.clock.now(), { zone: timezone }))
    throw new AppError('vote.review', 422, 'This date is not valid, or it is past.', { details: { field: 'reviewOn' } })
  return day.startOf('day')
}
