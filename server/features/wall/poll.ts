// Polls as citizens make them and vote in them. Counting and telling is protocol/local-polls.ts; a vote elsewhere goes to the author alone.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { hasVoted, isOpen, lockPoll, saveVotes, writePoll } from '../../db/polls.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow, Poll } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { countVote, scheduleEnd } from '../../protocol/local-polls.ts'
import { publish } from '../../protocol/outbox.ts'
import { emit } from '../../protocol/reactions.ts'
import { mintObjectIri } from '../../vocab/iris.ts'
import { voteDocument } from '../../vocab/question.ts'

export interface PollInput {
  options: string[]
  expiresInSeconds: number
  multiple?: boolean
  hideTotals?: boolean
}

/** What clients learn from /api/v2/instance. Mastodon shows any number; more than twenty is a survey. */
export const POLL_LIMITS = {
  max_options: 20,
  max_characters_per_option: 100,
  // Five minutes to a month, as on Mastodon.
  min_expiration: 300,
  max_expiration: 2_629_746
}

/** The poll of a new question. Throws poll.options, poll.option-length, poll.duplicate, poll.duration (422). */
export function newPoll(ctx: Ctx, input: PollInput): Poll {
  const names = input.options.map((name) =>
    name
      .replaceAll('\u0000', '')
      .toWellFormed()
      .normalize('NFC')
      // Peers read names as plain text, and some take tags out: what they send back must still be the same name.
      .replace(/[<>]/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
  )
  const filled = names.filter((name) => name !== '')
  const { max_options: most, max_characters_per_option: longest, min_expiration: shortest, max_expiration: last } = POLL_LIMITS
  if (filled.length < 2 || filled.length > most)
    throw new AppError('poll.options', 422, `A poll has 2 to ${most} choices.`, { details: { max: most } })
  if (filled.some((name) => [...name].length > longest))
    throw new AppError('poll.option-length', 422, `A choice has at most ${longest} characters.`, { details: { max: longest } })
  if (new Set(filled).size !== filled.length) throw new AppError('poll.duplicate', 422, 'Each choice can stand in the poll only once.')
  if (!(input.expiresInSeconds >= shortest && input.expiresInSeconds <= last))
    throw new AppError('poll.duration', 422, 'A poll lasts from five minutes to one month.')
  return {
    multiple: input.multiple ?? false,
    options: filled.map((name) => ({ name, votes: 0 })),
    voters: 0,
    endTime: new Date(ctx.clock.now().getTime() + Math.floor(input.expiresInSeconds) * 1000).toISOString(),
    closed: null,
    ...(input.hideTotals ? { hideTotals: true } : {})
  }
}

/**
 * Votes in a poll the caller has checked to be visible. One ballot per person, as many options as the poll allows.
 * Throws poll.none (404), poll.own, poll.closed, poll.voted, poll.choice, poll.one-choice (422).
 */
export async function voteInPoll(ctx: Ctx, voter: ActorRow, object: ObjectRow, choices: number[]): Promise<void> {
  const author = await findActor(ctx, object.actor_id)
  const options = [...new Set(choices)]
  await ctx.db.transaction(async (trx) => {
    const row = await lockPoll(trx, object.id)
    if (row === null || author === null) throw new AppError('poll.none', 404, 'This is not a poll.')
    // A vote of ours has rules an app does not know; one of another commune is a poll here.
    if (row.local && row.kind !== null)
      throw new AppError('poll.on-page', 422, 'This vote is cast on its page.', { details: { url: row.url ?? row.iri } })
    if (row.actor_id === voter.id || row.author_id === voter.id)
      throw new AppError('poll.own', 422, 'You cannot vote in a poll of your own.')
    if (!isOpen(row.poll, ctx.clock.now())) throw new AppError('poll.closed', 422, 'This poll is closed.')
    if (options.length === 0 || options.some((option) => row.poll.options[option] === undefined))
      throw new AppError('poll.choice', 422, 'This choice is not in the poll.')
    if (options.length > 1 && !row.poll.multiple) throw new AppError('poll.one-choice', 422, 'Only one choice is allowed here.')
    if (await hasVoted(trx, row.id, voter.id)) throw new AppError('poll.voted', 422, 'You have already voted.')
    if (row.local) return void (await countVote(ctx, trx, row, { voterId: voter.id, options }))
    const poll = await saveVotes(trx, row, { voterId: voter.id, options, at: ctx.clock.now() })
    if (poll === null) return
    // Shown at once; the host's next Update has the last word on totals.
    await writePoll(trx, row.id, poll)
    await scheduleEnd(trx, row)
    for (const option of options) await sendVote(ctx, trx, { voter, author, row, name: row.poll.options[option]!.name })
    await emit(ctx, trx, [{ kind: 'object-updated', ids: [row.id] }])
  })
}

type Trx = Parameters<typeof publish>[1]

/** One Create per option, as Mastodon sends them, to the author's own inbox. */
async function sendVote(ctx: Ctx, trx: Trx, vote: { voter: ActorRow; author: ActorRow; row: ObjectRow; name: string }): Promise<void> {
  const { voter, author, row, name } = vote
  const iri = mintObjectIri(requireSite(ctx).origin)
  await publish(ctx, trx, {
    actor: voter,
    type: 'Create',
    object: voteDocument({ iri, voterIri: voter.iri, pollIri: row.iri, name, to: author.iri }),
    objectIri: row.iri,
    to: [author.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
}
