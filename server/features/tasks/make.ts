// Tasks out of a decision: what is proposed to begin with, and making them.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { Commitment } from '../../core/official-answer.ts'
import type { Who } from '../../core/permission.ts'
import { plainText } from '../../core/plain-text.ts'
import { shorten } from '../../core/shorten.ts'
import { findIdea } from '../../db/ideas.ts'
import { findProposal, findVersion } from '../../db/proposals.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { insertTask } from '../../db/tasks.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { withTask } from '../../vocab/task.ts'
import { isDecided, taskPublisher } from './access.ts'
import { readTask, wordingOf, wrong, type TaskInput, type TaskWords } from './input.ts'
import { findPeople, give } from './people.ts'
import { planReminders } from './remind.ts'
import { record } from './record.ts'

/** Of one decision at a time. */
export const MAX_AT_ONCE = 20
const MAX_OF_ONE = 200
const TITLE_LENGTH = 120

export interface SuggestedTask {
  title: string
  text: string
  due: string | null
}

/** What could be made of it: what is promised and not kept, else its paragraphs, else the thing itself. To be edited before. */
export async function suggestTasks(ctx: Ctx, subject: ObjectRow): Promise<SuggestedTask[]> {
  const isProposal = subject.kind === 'proposal'
  const proposal = isProposal ? await findProposal(ctx.db, subject.id) : null
  const commitments: Commitment[] = proposal?.commitments ?? (isProposal ? [] : ((await findIdea(ctx.db, subject.id))?.commitments ?? []))
  const promised = commitments.filter((one) => one.done === null)
  if (promised.length > 0) return promised.map(({ text, due }) => ({ ...ofText(text), due }))
  const version = proposal && (await findVersion(ctx.db, subject.id, proposal.version))
  const texts = version?.body.map(({ text }) => text) ?? []
  if (texts.length > 0) return texts.slice(0, MAX_AT_ONCE).map((text) => ({ ...ofText(text), due: null }))
  return [{ title: shorten(subject.name ?? '', TITLE_LENGTH), text: plainText(subject.content_html).trim(), due: null }]
}

/** A short text is a title; of a long one the beginning is, and all of it stays below. */
function ofText(text: string): Omit<SuggestedTask, 'due'> {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return [...line].length <= TITLE_LENGTH ? { title: line.replace(/\.$/, ''), text: '' } : { title: shorten(line, TITLE_LENGTH), text }
}

/**
 * Makes and publishes them, each an answer in the thread of its decision. Throws permission.denied (403), task.not-decided, task.too-many (409),
 * task.* (422).
 */
export async function makeTasks(ctx: Ctx, who: Who, author: ActorRow, subject: ObjectRow, inputs: TaskInput[]): Promise<ObjectRow[]> {
  const publisher = await taskPublisher(ctx, who, author, subject)
  if (inputs.length === 0) throw wrong('task.none', 'tasks', 'Please write at least one task.')
  const wanted: { words: TaskWords; people: ActorRow[] }[] = []
  for (const input of inputs) wanted.push({ words: readTask(input), people: await findPeople(ctx, subject, input.people ?? []) })
  const parent = await findActor(ctx, subject.actor_id)
  if (parent === null) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  const language = subject.language ?? 'fr'
  return await ctx.db.transaction(async (trx) => {
    await assertRoom(trx, subject, inputs.length)
    const made: ObjectRow[] = []
    for (const { words, people } of wanted) {
      const row = await createLocalObject(ctx, trx, {
        type: 'Note',
        kind: 'task',
        publisher,
        author,
        visibility: subject.visibility,
        parent: { object: subject, actor: parent, group: null },
        // Those who follow its author and not who makes the task.
        ...(subject.visibility === 'public' ? { alsoInboxesOf: subject.iri } : {}),
        wording: wordingOf(words, language),
        mentions: [],
        hashtags: [],
        dress: (document, named) =>
          withTask(document, { state: 'todo', dueOn: words.due, assignees: people.map(({ iri }) => iri), aboutIri: subject.iri }, named)
      })
      await insertTask(trx, { object_id: row.id, title: words.title, subject_id: subject.id, due_on: words.due })
      const task = { id: row.id, title: words.title, subjectId: subject.id }
      await record(ctx, trx, task, { what: 'made', byId: author.id })
      for (const person of people) await give(ctx, trx, task, person, author)
      await planReminders(ctx, trx, row.id, words.due)
      made.push(row)
    }
    return made
  })
}

/** Holds the decision, so that it is not reopened meanwhile. */
async function assertRoom(trx: Knex, subject: ObjectRow, more: number): Promise<void> {
  await trx('objects').where({ id: subject.id }).forUpdate().first('id')
  if (!(await isDecided(trx, subject)))
    throw new AppError('task.not-decided', 409, 'Tasks are made of what was adopted or accepted, and this is not.')
  const found = await trx('tasks').where({ subject_id: subject.id }).count<{ count: string }[]>('* as count')
  if (Number(found[0]?.count ?? 0) + more > MAX_OF_ONE)
    throw new AppError('task.too-many', 409, `A decision has at most ${MAX_OF_ONE} tasks.`, { details: { max: MAX_OF_ONE } })
}
