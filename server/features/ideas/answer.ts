// What the commune answers to an idea, and what becomes of it: a word, a reason, commitments with dates, progress; then a project.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { progressSteps, readAnswer, readProgress, type AnswerInput, type ProgressInput } from '../../core/official-answer.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { concernedBy, updateIdea } from '../../db/ideas.ts'
import { writeJournal } from '../../db/journal.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { publishState } from '../../protocol/local-edits.ts'
import { answerColumns, sayAnswer, tellConcerned } from '../../protocol/official-answer.ts'
import { change, closed } from './propose.ts'

const WORDS: Record<string, Record<AnswerInput['answer'], string>> = {
  fr: {
    examining: 'La commune examine cette idée.',
    accepted: 'La commune accepte cette idée.',
    partly: 'La commune accepte une partie de cette idée.',
    refused: 'La commune ne retient pas cette idée.'
  },
  en: {
    examining: 'The commune examines this idea.',
    accepted: 'The commune accepts this idea.',
    partly: 'The commune accepts a part of this idea.',
    refused: 'The commune does not take this idea up.'
  }
}

/**
 * The town hall answers, in the name of the commune and in public: an answer in the idea's thread, so that followers elsewhere read it too.
 * Throws permission.denied, idea.closed (409), answer.reason (422).
 */
export async function answerIdea(ctx: Ctx, who: Who, agent: ActorRow, row: ObjectRow, input: AnswerInput): Promise<void> {
  assertCan(who, 'idea.answer')
  const read = readAnswer(input)
  const publisher = await ownerOf(ctx, row)
  await change(ctx, row, async (trx, fresh, idea) => {
    if (idea.state !== 'open') throw closed()
    await updateIdea(trx, row.id, answerColumns(ctx, agent, read))
    const sentence = WORDS[fresh.language?.startsWith('en') ? 'en' : 'fr']![read.answer]
    await sayAnswer(ctx, trx, { row: fresh, publisher, agent, before: idea.answer, read, sentence })
    await publishState(ctx, trx, fresh, publisher)
    await tellConcerned(ctx, trx, await concernedBy(trx, row.id), {
      type: 'idea_answered',
      fromId: requireSite(ctx).communeActorId,
      objectId: row.id
    })
  })
}

/** How far it is, and what is promised for when. Throws permission.denied, answer.not-accepted (409), answer.progress, answer.commitment (422). */
export async function reportProgress(ctx: Ctx, who: Who, row: ObjectRow, input: ProgressInput): Promise<void> {
  assertCan(who, 'idea.answer')
  const read = readProgress(input)
  const publisher = await ownerOf(ctx, row)
  await change(ctx, row, async (trx, fresh, idea) => {
    if (idea.answer !== 'accepted' && idea.answer !== 'partly')
      throw new AppError('answer.not-accepted', 409, 'Only what was accepted moves on.')
    await updateIdea(trx, row.id, read)
    for (const step of progressSteps(idea, read)) await writeJournal(ctx, trx, { object_id: row.id, by_id: who.actorId, ...step })
    await publishState(ctx, trx, fresh, publisher)
  })
}

async function ownerOf(ctx: Ctx, row: ObjectRow): Promise<ActorRow> {
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null || !row.local) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  return publisher
}
