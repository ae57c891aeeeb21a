// Our own polls after they were published: votes counted, totals told now and then, the end. Votes themselves are never published.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { scheduleChores } from '../db/chores.ts'
import { notify } from '../db/notifications.ts'
import { isOpen, localVoters, lockPoll, saveVotes, writePoll, type PollRow } from '../db/polls.ts'
import { findActor } from '../db/publishers.ts'
import { newBudget } from './fetch.ts'
import { pollFields } from '../vocab/question.ts'
import { addressesOf } from './local-objects.ts'
import { publish } from './outbox.ts'
import { emit } from './reactions.ts'
import { refreshObject } from './remote-objects.ts'

/** Mastodon's own pace: totals of a busy poll are told every three minutes, not at each vote. */
const TELLING_MS = 3 * 60_000
/** The host of a poll gets a moment to send its last totals before we ask for them. */
const GRACE_MS = 60_000

/** Counts a vote in a poll of ours that the caller has locked and judged. False when it was counted before. */
export async function countVote(ctx: Ctx, trx: Knex, row: PollRow, vote: { voterId: string; options: number[] }): Promise<boolean> {
  const now = ctx.clock.now()
  const poll = await saveVotes(trx, row, { ...vote, at: now })
  if (poll === null) return false
  await writePoll(trx, row.id, poll, { ...row.doc, ...pollFields(poll) })
  // One chore per poll and span of three minutes: a vote that comes while the totals are being told has a chore of its own.
  const span = Math.floor(now.getTime() / TELLING_MS)
  if (poll.hideTotals !== true)
    await scheduleChores(trx, [{ kind: 'poll-tell', subject: `${row.id}.${span}`, dueAt: new Date((span + 1) * TELLING_MS) }])
  await emit(ctx, trx, [{ kind: 'object-updated', ids: [row.id] }])
  return true
}

/** Writes down when a poll ends: a local one is closed then, of a remote one the last totals are read. */
export async function scheduleEnd(trx: Knex, row: Pick<PollRow, 'id' | 'local' | 'poll'>): Promise<void> {
  if (row.poll.endTime === null) return
  const dueAt = new Date(Date.parse(row.poll.endTime) + (row.local ? 0 : GRACE_MS))
  await scheduleChores(trx, [{ kind: 'poll-close', subject: row.id, dueAt }])
}

/** Chore `poll-tell`: sends the totals as they are now to everyone who got the question and to those who voted. */
export async function tellTotals(ctx: Ctx, subject: string): Promise<Date | null> {
  await ctx.db.transaction(async (trx) => {
    const row = await lockPoll(trx, subject.split('.')[0]!)
    // A closed poll has told its last totals.
    if (row !== null && row.local && row.poll.closed === null) await publishTotals(ctx, trx, row)
  })
  return null
}

/** Chore `poll-close`: the end of a poll. Last totals to everyone, news to its author and to those who voted here. */
export async function closePoll(ctx: Ctx, id: string): Promise<Date | null> {
  await refreshRemote(ctx, id)
  return ctx.db.transaction(async (trx) => {
    const row = await lockPoll(trx, id)
    if (row === null) return null
    if (row.poll.closed === null && isOpen(row.poll, ctx.clock.now())) return row.poll.endTime === null ? null : new Date(row.poll.endTime)
    if (row.local && row.poll.closed === null) {
      const poll = { ...row.poll, closed: row.poll.endTime }
      const closed = { ...row, poll, doc: { ...row.doc, ...pollFields(poll) } }
      await writePoll(trx, id, poll, closed.doc)
      await publishTotals(ctx, trx, closed)
    }
    const owners = [...(row.local ? [row.author_id ?? row.actor_id] : []), ...(await localVoters(trx, id))]
    const news = await notify(
      ctx,
      trx,
      [...new Set(owners)].map((ownerId) => ({ ownerId, type: 'poll', fromId: row.actor_id, objectId: id }))
    )
    await emit(ctx, trx, [
      { kind: 'object-updated', ids: [id] },
      { kind: 'notified', ids: news.map((one) => one.id) }
    ])
    return null
  })
}

/** An Update without `updated`: Mastodon refreshes the totals and does not call the post edited. */
async function publishTotals(ctx: Ctx, trx: Knex, row: PollRow): Promise<void> {
  const actor = await findActor(ctx, row.actor_id)
  if (actor === null || actor.deleted_at !== null) return
  const { to, cc } = addressesOf(row, [])
  await publish(ctx, trx, {
    actor,
    type: 'Update',
    object: row.doc,
    to,
    cc,
    visibility: row.visibility,
    alsoInboxesOf: row.iri,
    alsoVotersOf: row.id
  })
}

/** The host's own last word, when it can be had; the news of the end does not depend on it. */
async function refreshRemote(ctx: Ctx, id: string): Promise<void> {
  const row = await ctx.db('objects').where({ id, local: false }).whereNull('deleted_at').first()
  if (row === undefined) return
  try {
    await refreshObject(ctx, row, newBudget(3))
  } catch (error) {
    ctx.count('poll.not-refreshed')
    ctx.log.debug({ err: error, id }, 'the last totals of a poll could not be read')
  }
}
