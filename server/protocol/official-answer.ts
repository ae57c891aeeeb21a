// The commune answers in public, in its own name: a step in the journal, an answer in the thread, a notice to whom it concerns.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { AnswerColumns, AnswerInput } from '../core/official-answer.ts'
import { paragraphs } from '../core/plain-text.ts'
import { writeJournal } from '../db/journal.ts'
import { notify, type NotificationType } from '../db/notifications.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { createLocalObject } from './local-objects.ts'
import { tellNotified } from './reactions.ts'

/** The columns of what was answered now. */
export function answerColumns(ctx: Ctx, agent: ActorRow, read: Required<AnswerInput>): Partial<AnswerColumns> {
  return {
    answer: read.answer,
    answer_text: read.text,
    answer_cost: read.cost,
    answer_period: read.period,
    answered_at: ctx.clock.now().toISOString(),
    answered_by: agent.id
  }
}

export interface OfficialAnswer {
  /** What is answered, held, and who publishes it. */
  row: ObjectRow
  publisher: ActorRow
  agent: ActorRow
  before: AnswerColumns['answer']
  read: Required<AnswerInput>
  /** One sentence: what was decided, in the language of the object. */
  sentence: string
}

/** Followers elsewhere read it too: many servers show no Update of a titled text. */
export async function sayAnswer(ctx: Ctx, trx: Knex, { row, publisher, agent, before, read, sentence }: OfficialAnswer): Promise<void> {
  await writeJournal(ctx, trx, {
    object_id: row.id,
    what: 'answer',
    from_state: before,
    to_state: read.answer,
    by_id: agent.id,
    reason: read.text
  })
  const commune = (await trx<ActorRow>('actors')
    .where({ id: requireSite(ctx).communeActorId })
    .first())!
  await createLocalObject(ctx, trx, {
    type: 'Note',
    publisher: commune,
    author: agent,
    visibility: 'public',
    parent: { object: row, actor: publisher, group: null },
    // Those who follow its author and not the commune.
    alsoInboxesOf: row.iri,
    wording: {
      name: null,
      summary: null,
      content: `<p><strong>${sentence}</strong></p>${paragraphs(read.text)}`,
      source: `${sentence}\n\n${read.text}`.trim(),
      language: row.language ?? 'fr',
      sensitive: false,
      attachments: []
    },
    mentions: [],
    hashtags: []
  })
}

/** Tells people of this instance about an object. */
export async function tellConcerned(
  ctx: Ctx,
  trx: Knex,
  people: string[],
  { type, fromId, objectId }: { type: NotificationType; fromId: string; objectId: string }
): Promise<void> {
  const told = await notify(
    ctx,
    trx,
    [...new Set(people)].map((ownerId) => ({ ownerId, type, fromId, objectId }))
  )
  await tellNotified(ctx, trx, told)
}
