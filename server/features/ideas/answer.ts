// What the commune answers, and what becomes of it: a word, a reason, commitments with dates, progress; then a project.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { paragraphs } from '../../core/plain-text.ts'
import { concernedBy, updateIdea, type Answer, type Commitment, type IdeaRow } from '../../db/ideas.ts'
import { writeJournal } from '../../db/journal.ts'
import { notify } from '../../db/notifications.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { publishIdeaState } from '../../protocol/ideas.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { tellNotified } from '../../protocol/reactions.ts'
import { change, closed } from './propose.ts'

export interface AnswerInput {
  answer: Exclude<Answer, 'none'>
  /** Why; required but for "examining". */
  text: string
  cost?: string
  period?: string
}

export interface ProgressInput {
  progress: number
  commitments: Commitment[]
}

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
const MAX_REASON = 4000
const MAX_COMMITMENTS = 20

/**
 * The town hall answers, in the name of the commune and in public: an answer in the idea's thread, so that followers elsewhere read it too.
 * Throws permission.denied, idea.closed (409), idea.answer-reason (422).
 */
export async function answerIdea(ctx: Ctx, who: Who, agent: ActorRow, row: ObjectRow, input: AnswerInput): Promise<void> {
  assertCan(who, 'idea.answer')
  const text = tidy(input.text, MAX_REASON)
  if (text === '' && input.answer !== 'examining')
    throw new AppError('idea.answer-reason', 422, 'An answer has a reason.', { details: { field: 'text' } })
  const publisher = await ownerOf(ctx, row)
  const commune = (await findActor(ctx, requireSite(ctx).communeActorId))!
  await change(ctx, row, async (trx, fresh, idea) => {
    if (idea.state !== 'open') throw closed()
    await updateIdea(trx, row.id, {
      answer: input.answer,
      answer_text: text,
      answer_cost: tidy(input.cost ?? '', 200),
      answer_period: tidy(input.period ?? '', 200),
      answered_at: ctx.clock.now().toISOString(),
      answered_by: agent.id
    })
    await writeJournal(ctx, trx, {
      object_id: row.id,
      what: 'answer',
      from_state: idea.answer,
      to_state: input.answer,
      by_id: agent.id,
      reason: text
    })
    const words = WORDS[fresh.language?.startsWith('en') ? 'en' : 'fr']![input.answer]
    await createLocalObject(ctx, trx, {
      type: 'Note',
      publisher: commune,
      author: agent,
      visibility: 'public',
      parent: { object: fresh, actor: publisher, group: null },
      // Those who follow its author and not the commune.
      alsoInboxesOf: fresh.iri,
      wording: {
        name: null,
        summary: null,
        content: `<p><strong>${words}</strong></p>${paragraphs(text)}`,
        source: `${words}\n\n${text}`.trim(),
        language: fresh.language ?? 'fr',
        sensitive: false,
        attachments: []
      },
      mentions: [],
      hashtags: []
    })
    await publishIdeaState(ctx, trx, fresh, publisher)
    const people = await concernedBy(trx, row.id)
    const told = await notify(
      ctx,
      trx,
      people.map((ownerId) => ({ ownerId, type: 'idea_answered', fromId: commune.id, objectId: row.id }))
    )
    await tellNotified(ctx, trx, told)
  })
}

/** How far it is, and what is promised for when. Throws permission.denied, idea.not-accepted (409), idea.progress, idea.commitment (422). */
export async function reportProgress(ctx: Ctx, who: Who, row: ObjectRow, input: ProgressInput): Promise<void> {
  assertCan(who, 'idea.answer')
  if (!Number.isInteger(input.progress) || input.progress < 0 || input.progress > 100)
    throw new AppError('idea.progress', 422, 'Progress is between 0 and 100 per cent.', { details: { field: 'progress' } })
  const commitments = input.commitments.slice(0, MAX_COMMITMENTS).map(readCommitment)
  const publisher = await ownerOf(ctx, row)
  await change(ctx, row, async (trx, fresh, idea) => {
    if (idea.answer !== 'accepted' && idea.answer !== 'partly')
      throw new AppError('idea.not-accepted', 409, 'Only what was accepted moves on.')
    await updateIdea(trx, row.id, { progress: input.progress, commitments })
    for (const line of changesOf(idea, input.progress, commitments))
      await writeJournal(ctx, trx, { object_id: row.id, by_id: who.actorId, ...line })
    await publishIdeaState(ctx, trx, fresh, publisher)
  })
}

function readCommitment({ text, due, done: kept }: Commitment): Commitment {
  const done = kept || null
  const words = tidy(text, 300)
  const isDay = (day: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day))
  if (words === '' || !isDay(due) || (done !== null && !isDay(done)))
    throw new AppError('idea.commitment', 422, 'A commitment says what and until which day.', { details: { field: 'commitments' } })
  return { text: words, due, done }
}

function changesOf(
  before: IdeaRow,
  progress: number,
  commitments: Commitment[]
): { what: string; from_state?: string; to_state?: string; reason?: string }[] {
  const known = new Map(before.commitments.map((one) => [one.text, one]))
  return [
    ...(before.progress === progress ? [] : [{ what: 'progress', from_state: String(before.progress), to_state: String(progress) }]),
    ...commitments.flatMap((one) => {
      const former = known.get(one.text)
      if (former === undefined) return [{ what: 'promised', to_state: one.due, reason: one.text }]
      if (former.done === null && one.done !== null) return [{ what: 'kept', to_state: one.done, reason: one.text }]
      // A date that moves is said as such: that is what people ask for.
      return former.due === one.due ? [] : [{ what: 'postponed', from_state: former.due, to_state: one.due, reason: one.text }]
    }),
    ...before.commitments
      .filter((one) => !commitments.some(({ text }) => text === one.text))
      .map((one) => ({ what: 'dropped', from_state: one.due, reason: one.text }))
  ]
}

async function ownerOf(ctx: Ctx, row: ObjectRow): Promise<ActorRow> {
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null || !row.local) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  return publisher
}

function tidy(text: string, max: number): string {
  return [...text.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()].slice(0, max).join('')
}
