// What enough backers oblige the commune to: an answer until a date, told to its people, reminded before and after.
import { DateTime } from 'luxon'
import type { Ctx } from '../../context.ts'
import { scheduleChores } from '../../db/chores.ts'
import { ideaRules } from '../../db/idea-rules.ts'
import { lockIdea, townHall, updateIdea } from '../../db/ideas.ts'
import { writeJournal } from '../../db/journal.ts'
import { notify } from '../../db/notifications.ts'
import { requireSite } from '../../db/site.ts'
import { tellNotified } from '../../protocol/reactions.ts'

export const THRESHOLD_CHORE = 'idea-threshold'
export const DUTY_CHORE = 'idea-duty'

const DAY_MS = 86_400_000
/** A week before the date, on it, and every two weeks after. */
const BEFORE_DAYS = 7
const AFTER_DAYS = 14

/** Chore, made by the database whenever backers change: the duty begins once, and stays when backers leave again. */
export async function watchThreshold(ctx: Ctx, objectId: string): Promise<Date | null> {
  const { threshold, days, counts } = await ideaRules(ctx.db)
  if (threshold === null) return null
  await ctx.db.transaction(async (trx) => {
    // In the order of every change of an idea: the object, then the idea. The journal refers to the object.
    await trx('objects').where({ id: objectId }).forUpdate().first('id')
    const idea = await lockIdea(trx, objectId)
    if (idea === null || idea.state !== 'open' || idea.due_on !== null || (idea.answer !== 'none' && idea.answer !== 'examining')) return
    // Slips are checked at the desk: they oblige as residents do.
    if ((counts === 'verified' ? idea.verified : idea.residents) + idea.paper < threshold) return
    const due = DateTime.fromJSDate(ctx.clock.now(), { zone: requireSite(ctx).timezone }).plus({ days })
    const dueOn = due.toISODate()!
    await updateIdea(trx, objectId, { due_on: dueOn })
    await writeJournal(ctx, trx, { object_id: objectId, what: 'threshold', to_state: dueOn, reason: String(threshold) })
    await scheduleChores(trx, [
      { kind: DUTY_CHORE, subject: objectId, dueAt: ctx.clock.now() },
      { kind: 'idea-publish', subject: objectId, dueAt: ctx.clock.now() }
    ])
  })
  return null
}

/** Chore: tells the town hall, and says when to tell it again. Nothing any more once there is an answer. */
export async function remindDuty(ctx: Ctx, objectId: string): Promise<Date | null> {
  return await ctx.db.transaction(async (trx) => {
    await trx('objects').where({ id: objectId }).forUpdate().first('id')
    const idea = await lockIdea(trx, objectId)
    if (idea === null || idea.due_on === null || idea.state !== 'open' || (idea.answer !== 'none' && idea.answer !== 'examining'))
      return null
    const people = await townHall(trx)
    // The notice of before gives way to this one.
    await trx('notifications').where({ object_id: objectId, type: 'idea_due' }).whereIn('owner_id', people).delete()
    const fromId = requireSite(ctx).communeActorId
    const told = await notify(
      ctx,
      trx,
      people.map((ownerId) => ({ ownerId, type: 'idea_due', fromId, objectId }))
    )
    await tellNotified(ctx, trx, told)
    const due = DateTime.fromISO(idea.due_on, { zone: requireSite(ctx).timezone })
      .set({ hour: 9 })
      .toMillis()
    const now = ctx.clock.now().getTime()
    const next = [due - BEFORE_DAYS * DAY_MS, due].find((moment) => moment > now)
    return new Date(next ?? now + AFTER_DAYS * DAY_MS)
  })
}
