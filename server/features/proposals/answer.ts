// What the commune answers to a proposal, and how far it is with what was decided.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { progressSteps, readAnswer, readProgress, type AnswerInput, type ProgressInput } from '../../core/official-answer.ts'
import { assertCan, can, type Who } from '../../core/permission.ts'
import { writeJournal } from '../../db/journal.ts'
import { concernedByProposal, updateProposal, type ProposalRow, type ProposalState } from '../../db/proposals.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { publishState } from '../../protocol/local-edits.ts'
import { answerColumns, sayAnswer, tellConcerned } from '../../protocol/official-answer.ts'
import { mayEditProposal } from '../../protocol/proposals.ts'
import { change } from './change.ts'

const WORDS: Record<string, Record<AnswerInput['answer'], string>> = {
  fr: {
    examining: 'La commune examine cette proposition.',
    accepted: 'La commune accepte cette proposition.',
    partly: 'La commune accepte une partie de cette proposition.',
    refused: 'La commune ne retient pas cette proposition.'
  },
  en: {
    examining: 'The commune examines this proposal.',
    accepted: 'The commune accepts this proposal.',
    partly: 'The commune accepts a part of this proposal.',
    refused: 'The commune does not take this proposal up.'
  }
}

/**
 * The town hall answers in the name of the commune. What no vote decided is adopted or refused by that; a vote stays what it was.
 * Throws permission.denied (403), proposal.private, proposal.voting, proposal.not-open (409), answer.reason (422).
 */
export async function answerProposal(ctx: Ctx, who: Who, agent: ActorRow, row: ObjectRow, input: AnswerInput): Promise<void> {
  assertCan(who, 'idea.answer')
  const read = readAnswer(input)
  if (row.visibility !== 'public') throw new AppError('proposal.private', 409, 'The commune answers in public, and only members see this.')
  const publisher = await publisherOf(ctx, row)
  await change(ctx, row.id, async ({ trx, row: fresh, proposal }) => {
    if (proposal.state === 'withdrawn') throw new AppError('proposal.not-open', 409, 'This proposal was withdrawn.')
    if (proposal.state === 'voting' && read.answer !== 'examining')
      throw new AppError('proposal.voting', 409, 'This proposal is being voted on: answer when it is counted.')
    await updateProposal(trx, row.id, { ...answerColumns(ctx, agent, read), state: stateAfter(proposal, read.answer) })
    const sentence = WORDS[fresh.language?.startsWith('en') ? 'en' : 'fr']![read.answer]
    await sayAnswer(ctx, trx, { row: fresh, publisher, agent, before: proposal.answer, read, sentence })
    await publishState(ctx, trx, fresh, publisher)
    await tellConcerned(ctx, trx, await concernedByProposal(trx, row.id), {
      type: 'proposal_decided',
      fromId: requireSite(ctx).communeActorId,
      objectId: row.id
    })
  })
}

function stateAfter({ state, vote_id: voteId, progress }: ProposalRow, answer: AnswerInput['answer']): ProposalState {
  if (state === 'voting' || (voteId !== null && state !== 'open')) return state
  if (answer === 'examining') return 'open'
  if (answer === 'refused') return 'refused'
  return progress === 100 ? 'done' : 'adopted'
}

/** Whether this person reports on it: the town hall, and its authors. */
export async function mayReport(ctx: Ctx, who: Who, row: ObjectRow): Promise<boolean> {
  return can(who, 'idea.answer') || (await mayEditProposal(ctx.db, who, row))
}

/** How far it is, and what is promised for when. Throws permission.denied (403), answer.not-accepted (409), answer.* (422). */
export async function reportOnProposal(ctx: Ctx, who: Who, row: ObjectRow, input: ProgressInput): Promise<void> {
  if (!(await mayReport(ctx, who, row))) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  const read = readProgress(input)
  const publisher = await publisherOf(ctx, row)
  await change(ctx, row.id, async ({ trx, row: fresh, proposal }) => {
    if (proposal.state !== 'adopted' && proposal.state !== 'done')
      throw new AppError('answer.not-accepted', 409, 'Only what was accepted moves on.')
    await updateProposal(trx, row.id, { ...read, state: read.progress === 100 ? 'done' : 'adopted' })
    for (const step of progressSteps(proposal, read)) await writeJournal(ctx, trx, { object_id: row.id, by_id: who.actorId, ...step })
    await publishState(ctx, trx, fresh, publisher)
  })
}

async function publisherOf(ctx: Ctx, row: ObjectRow): Promise<ActorRow> {
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null || !row.local) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  return publisher
}
