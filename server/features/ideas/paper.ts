// Ideas and backers on paper: the town hall enters numbered slips, a second person compares them with the paper. Only then they are there.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import {
  backerSlips,
  confirmSlips,
  enterSlips,
  isSlipPublished,
  lockPaperDraft,
  paperDrafts,
  removePaperDraft,
  removeSlip,
  savePaperDraft,
  type BackerSlip,
  type PaperDraft,
  type PaperWords
} from '../../db/idea-papers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { readIdea } from './input.ts'
import { assertOpen } from './opinions.ts'
import { publishPaper } from './propose.ts'

/** So many slips at once: a mistyped number is no thousand backers. */
const MOST_SLIPS = 200
const MAX_SLIP = 100_000

/** Throws permission.denied (403). */
export async function slipsOf(ctx: Ctx, who: Who | null, row: ObjectRow): Promise<BackerSlip[]> {
  assertCan(who, 'idea.answer')
  return await backerSlips(ctx.db, row.id)
}

/** Enters the slips from one number to another, each a backer. Throws permission.denied (403), idea.closed (409), idea.slips (422). */
export async function enterBackers(ctx: Ctx, who: Who | null, row: ObjectRow, { from, to }: { from: number; to: number }): Promise<number> {
  assertCan(who, 'idea.answer')
  await assertOpen(ctx, row)
  if (from < 1 || to < from || to > MAX_SLIP || to - from >= MOST_SLIPS)
    throw new AppError('idea.slips', 422, `Slips have numbers from 1 to ${MAX_SLIP}, at most ${MOST_SLIPS} at once.`, {
      details: { field: 'from', most: MOST_SLIPS }
    })
  const slips = Array.from({ length: to - from + 1 }, (_none, at) => from + at)
  return await ctx.db.transaction(async (trx) => enterSlips(trx, row.id, slips, who!.actorId, ctx.clock.now()))
}

/** Confirms what others entered for this idea. Throws permission.denied (403), idea.slip-own (409) when there is nothing else. */
export async function confirmBackers(ctx: Ctx, who: Who | null, row: ObjectRow): Promise<void> {
  assertCan(who, 'idea.answer')
  await ctx.db.transaction(async (trx) => {
    const { confirmed, own } = await confirmSlips(trx, row.id, who!.actorId, ctx.clock.now())
    if (confirmed === 0 && own > 0) throw ownSlip()
  })
}

/** Takes out a slip that was entered by mistake. Throws permission.denied (403), idea.slip-confirmed (409). */
export async function takeOutBacker(ctx: Ctx, who: Who | null, row: ObjectRow, slip: number): Promise<void> {
  assertCan(who, 'idea.answer')
  if (!(await removeSlip(ctx.db, row.id, slip)))
    throw new AppError('idea.slip-confirmed', 409, `Slip ${slip} is confirmed already, or not there.`, { details: { slip } })
}

/** Throws permission.denied (403). */
export async function draftsOnPaper(ctx: Ctx, who: Who | null): Promise<PaperDraft[]> {
  assertCan(who, 'idea.answer')
  return await paperDrafts(ctx.db)
}

/** Enters the idea of a slip, or corrects it: whoever did so last does not confirm it. Throws permission.denied (403), idea.slip-taken (409), idea.* (422). */
export async function enterIdea(ctx: Ctx, who: Who | null, slip: number, words: PaperWords): Promise<void> {
  assertCan(who, 'idea.answer')
  if (slip < 1 || slip > MAX_SLIP)
    throw new AppError('idea.slips', 422, 'This is no number of a slip.', { details: { field: 'slip', most: MOST_SLIPS } })
  readIdea(ctx, words)
  await ctx.db.transaction(async (trx) => {
    if (await isSlipPublished(trx, slip))
      throw new AppError('idea.slip-taken', 409, `The idea of slip ${slip} is published already.`, { details: { field: 'slip', slip } })
    await savePaperDraft(trx, { slip, words, entered_by: who!.actorId, entered_at: ctx.clock.now() })
  })
}

/** Nothing happens when there is none. Throws permission.denied (403). */
export async function takeOutIdea(ctx: Ctx, who: Who | null, slip: number): Promise<void> {
  assertCan(who, 'idea.answer')
  await removePaperDraft(ctx.db, slip)
}

/** A second person has read it: it is published, by the commune. Throws permission.denied (403), request.not-found (404), idea.slip-own (409). */
export async function confirmIdea(ctx: Ctx, who: Who | null, agent: ActorRow, slip: number): Promise<ObjectRow> {
  assertCan(who, 'idea.answer')
  return await ctx.db.transaction(async (trx) => {
    const draft = await lockPaperDraft(trx, slip)
    if (draft === null) throw new AppError('request.not-found', 404, 'Record not found')
    if (draft.entered_by === agent.id) throw ownSlip()
    await removePaperDraft(trx, slip)
    return await publishPaper(ctx, trx, agent, draft.words, slip)
  })
}

function ownSlip(): AppError {
  return new AppError('idea.slip-own', 409, 'What you entered yourself is confirmed by somebody else.')
}
