// Proposing an idea, changing it while nobody backs it, taking it back, joining it to another.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, can, type Who } from '../../core/permission.ts'
import { shorten } from '../../core/shorten.ts'
import { attachmentOf, attachUploads, findUploads } from '../../db/attachments.ts'
import { ideaRules } from '../../db/idea-rules.ts'
import { insertIdea, lockIdea, lockIdeas, updateIdea, type IdeaRow } from '../../db/ideas.ts'
import { writeJournal } from '../../db/journal.ts'
import { findActor, findPublisher, membershipIn } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { publishState, updateLocalObject } from '../../protocol/local-edits.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { joinProcess, processFor } from '../../protocol/processes.ts'
import { adding } from '../../vocab/dress.ts'
import { ideaFields } from '../../vocab/idea.ts'
import { plainLine } from '../../vocab/values.ts'
import { readIdea, type IdeaInput, type IdeaWords } from './input.ts'

export interface NewIdea extends IdeaInput {
  mediaIds?: string[]
  /** Username of a group in whose name it is proposed. */
  as?: string
  /** Row id of the process it is proposed in. */
  processId?: string | null
}

/** Publishes an idea for everyone to read and back. Throws idea.*, media.*, group.*, process.* (422, 403, 404, 409). */
export async function proposeIdea(ctx: Ctx, author: ActorRow, input: NewIdea): Promise<ObjectRow> {
  const publisher = await findPublisher(ctx, author, input.as)
  return await ctx.db.transaction(async (trx) => publishIdea(ctx, trx, { author, publisher, input, slip: null }))
}

/** The same of what somebody wrote on a numbered slip: by the commune, and the slip is named. Throws idea.* (422). */
export async function publishPaper(ctx: Ctx, trx: Knex, agent: ActorRow, input: IdeaInput, slip: number): Promise<ObjectRow> {
  const publisher = (await findActor(ctx, requireSite(ctx).communeActorId))!
  return await publishIdea(ctx, trx, { author: agent, publisher, input, slip })
}

async function publishIdea(
  ctx: Ctx,
  trx: Knex,
  { author, publisher, input, slip }: { author: ActorRow; publisher: ActorRow; input: NewIdea; slip: number | null }
): Promise<ObjectRow> {
  const words = readIdea(ctx, input)
  const uploads = await findUploads(trx, author.id, input.mediaIds ?? [])
  const language = input.language ?? 'fr'
  const { threshold } = await ideaRules(trx)
  const process = await processFor(ctx, trx, { named: input.processId ?? null, from: null, act: 'ideas' })
  const row = await createLocalObject(ctx, trx, {
    type: 'Page',
    kind: 'idea',
    publisher,
    author,
    visibility: 'public',
    parent: null,
    wording: {
      ...wordingOf(words, language),
      attachments: uploads.map((upload) => attachmentOf(requireSite(ctx).origin, upload))
    },
    mentions: [],
    hashtags: words.hashtags,
    processIri: process?.iri ?? null,
    dress: adding(ideaFields({ state: 'open', themes: words.themes, answer: 'none', answeredAt: null, progress: 0, threshold, slip }))
  })
  await attachUploads(
    trx,
    row.id,
    uploads.map((upload) => upload.id)
  )
  await insertIdea(trx, { object_id: row.id, title: words.name, themes: words.themes, paper_slip: slip })
  const step = slip === null ? { what: 'proposed' } : { what: 'paper', reason: String(slip) }
  await writeJournal(ctx, trx, { object_id: row.id, to_state: 'open', by_id: author.id, ...step })
  if (process !== null) await joinProcess(ctx, trx, { process, object: row, byId: author.id })
  return row
}

/** Changes the words while nobody backs it: who backs an idea backs what it says. Throws permission.denied, idea.backed (409), idea.* (422). */
export async function editIdea(ctx: Ctx, who: Who, row: ObjectRow, changes: Partial<NewIdea>): Promise<void> {
  const { publisher } = await assertOwn(ctx, who, row)
  const uploads =
    changes.mediaIds === undefined
      ? null
      : await findUploads(ctx.db, [row.author_id ?? row.actor_id, who.actorId], changes.mediaIds, row.id)
  await change(ctx, row, async (trx, fresh, idea) => {
    if (idea.residents + idea.members + idea.public + idea.paper > 0)
      throw new AppError('idea.backed', 409, 'People back this idea as it is: it is no longer changed.')
    const words = readIdea(ctx, { title: fresh.name ?? '', text: fresh.source ?? '', themes: idea.themes, place: fresh.place, ...changes })
    await updateIdea(trx, row.id, { title: words.name, themes: words.themes })
    if (uploads !== null)
      await attachUploads(
        trx,
        row.id,
        uploads.map((upload) => upload.id)
      )
    await writeJournal(ctx, trx, { object_id: row.id, what: 'edited', by_id: who.actorId })
    await updateLocalObject(ctx, trx, {
      row: fresh,
      publisher,
      wording: {
        ...wordingOf(words, changes.language ?? fresh.language ?? 'fr'),
        attachments: uploads === null ? fresh.attachments : uploads.map((upload) => attachmentOf(requireSite(ctx).origin, upload))
      },
      mentions: [],
      hashtags: words.hashtags
    })
  })
}

/** The author takes it back, and says why: it stays readable. Throws permission.denied, idea.closed (409). */
export async function withdrawIdea(ctx: Ctx, who: Who, row: ObjectRow, reason: string): Promise<void> {
  const { publisher } = await assertOwn(ctx, who, row)
  await change(ctx, row, async (trx, fresh, idea) => {
    if (idea.state !== 'open') throw closed()
    await updateIdea(trx, row.id, { state: 'withdrawn', due_on: null })
    await writeJournal(ctx, trx, {
      object_id: row.id,
      what: 'withdrawn',
      from_state: 'open',
      to_state: 'withdrawn',
      by_id: who.actorId,
      reason
    })
    await publishState(ctx, trx, fresh, publisher)
  })
}

/**
 * The town hall, or its author, joins it to another that says the same: who backs this one here is counted for the other, once (migration 0153),
 * and signs nothing by that.
 * Throws permission.denied, idea.closed (409), idea.same (422).
 */
export async function mergeIdea(ctx: Ctx, who: Who, row: ObjectRow, into: ObjectRow): Promise<void> {
  if (row.id === into.id) throw new AppError('idea.same', 422, 'This is the same idea.', { details: { field: 'into' } })
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  if (!can(who, 'idea.answer')) await assertOwn(ctx, who, row)
  await ctx.db.transaction(async (trx) => {
    // Both, in one order: two that are joined to each other at once do not wait for each other.
    const held = await trx<ObjectRow>('objects').whereIn('id', [row.id, into.id]).whereNull('deleted_at').orderBy('id').forUpdate()
    const fresh = held.find(({ id }) => id === row.id)
    const ideas = held.length < 2 ? [] : await lockIdeas(trx, [row.id, into.id])
    if (fresh === undefined || ideas.length < 2) throw new AppError('post.not-found', 404, 'Record not found')
    if (ideas.some(({ state }) => state !== 'open')) throw closed()
    await updateIdea(trx, row.id, { state: 'merged', merged_into: into.id, due_on: null })
    await writeJournal(ctx, trx, {
      object_id: row.id,
      what: 'merged',
      from_state: 'open',
      to_state: 'merged',
      by_id: who.actorId,
      reason: into.name ?? ''
    })
    await writeJournal(ctx, trx, { object_id: into.id, what: 'joined', by_id: who.actorId, reason: row.name ?? '' })
    await publishState(ctx, trx, fresh, publisher)
  })
}

/** Runs `work` with the object and its idea, both held. Throws post.not-found (404). */
export async function change(ctx: Ctx, row: ObjectRow, work: (trx: Knex, fresh: ObjectRow, idea: IdeaRow) => Promise<void>): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const fresh = await trx<ObjectRow>('objects').where({ id: row.id }).whereNull('deleted_at').forUpdate().first()
    const idea = await lockIdea(trx, row.id)
    if (fresh === undefined || idea === null) throw new AppError('post.not-found', 404, 'Record not found')
    await work(trx, fresh, idea)
  })
}

async function assertOwn(ctx: Ctx, who: Who, row: ObjectRow): Promise<{ publisher: ActorRow }> {
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null || !row.local) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  assertCan(who, 'object.edit', {
    ownerId: row.actor_id,
    authorId: row.author_id,
    membership: await membershipIn(ctx, publisher, who.actorId)
  })
  return { publisher }
}

export function closed(): AppError {
  return new AppError('idea.closed', 409, 'This idea was withdrawn or joined to another.')
}

const CALL: Record<string, string> = {
  fr: 'Idée à soutenir : ajoutez-la à vos favoris.',
  en: 'An idea to back: add it to your favourites.'
}

/** Servers that show a title and a line show how one backs it from there. */
function wordingOf({ name, source, content, place }: IdeaWords, language: string) {
  const call = CALL[language.startsWith('en') ? 'en' : 'fr']!
  return { name, summary: `${call} ${shorten(plainLine(content), 300)}`, source, content, language, sensitive: false, place }
}
