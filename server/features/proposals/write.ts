// Writing a proposal, alone, out of an idea or of an amendment that was not taken; changing its text; taking it back.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { rewrite, type Paragraphs } from '../../core/paragraphs.ts'
import type { Who } from '../../core/permission.ts'
import { attachmentOf, attachUploads, findUploads } from '../../db/attachments.ts'
import { writeJournal } from '../../db/journal.ts'
import { addAuthor, insertProposal, insertVersion, updateProposal, type AmendableBy } from '../../db/proposals.ts'
import { findActor, findPublisher } from '../../db/publishers.ts'
import { addRoomItem, roomsOf, type RoomRow } from '../../db/rooms.ts'
import type { ActorRow, MediaRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { canSee } from '../../db/visibility.ts'
import { publishState } from '../../protocol/local-edits.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { joinProcess, processFor } from '../../protocol/processes.ts'
import { assertMayActIn, assertRoomOf, assertRoomOpen, roomOrThrow } from '../../protocol/rooms.ts'
import { adding } from '../../vocab/dress.ts'
import { proposalFields } from '../../vocab/proposal.ts'
import { assertOpen, change, ownPublisher, publishVersion } from './change.ts'
import { deleteDraft } from './drafts.ts'
import { bodyOf, hashtagsOf, readText, readThemes, readTitle, tidy, wordingOf } from './input.ts'

export interface NewProposal {
  title: string
  text: string
  themes?: string[]
  /** Username of a group in whose name it is written. */
  as?: string
  amendableBy?: AmendableBy
  /** members: only the members of the group see it. */
  visibility?: 'public' | 'members'
  language?: string
  /** Pictures uploaded before: a plan, a photo of the place. */
  mediaIds?: string[]
  /** Row id of the idea it is made of. */
  ideaId?: string | null
  /** Row id of the room of a group it is written in. */
  roomId?: string | null
  /** Row id of the process it is written for; without one, that of what it is made of. */
  processId?: string | null
  /** The draft it was, which goes. */
  draftId?: string
}

const MAX_REASON = 2000

/** Publishes a proposal. Throws proposal.*, group.*, process.*, room.* (422, 403, 404, 409). */
export async function propose(ctx: Ctx, author: ActorRow, input: NewProposal): Promise<ObjectRow> {
  const text = rewrite({ paragraphs: [], nextKey: 1 }, readText(input.text))
  return await publishProposal(ctx, author, input, text)
}

/** What goes on from another proposal: its conversation, and what is done there in the same transaction. */
export interface Origin {
  contextIri: string | null
  /** Row id of the other proposal. */
  objectId: string
  afterwards(trx: Knex, made: ObjectRow): Promise<void>
}

/** The same of paragraphs that have keys. */
export async function publishProposal(
  ctx: Ctx,
  author: ActorRow,
  input: Omit<NewProposal, 'text'>,
  text: Paragraphs,
  from?: Origin
): Promise<ObjectRow> {
  const title = readTitle(input.title)
  const themes = readThemes(input.themes ?? [])
  const publisher = await findPublisher(ctx, author, input.as)
  const { visibility = 'public', amendableBy = 'everyone', language = 'fr' } = input
  const room = await findRoomFor(ctx, input.roomId ?? null, from?.objectId ?? null)
  const group = room === null ? null : await findActor(ctx, room.group_id)
  if (group !== null && publisher.type === 'Group' && publisher.id !== group.id)
    throw new AppError('room.none', 422, 'This room was not found in this group.', { details: { field: 'room' } })
  if (publisher.type !== 'Group' && room === null && (visibility === 'members' || amendableBy === 'members'))
    throw new AppError('proposal.members', 422, 'Only what a group proposes is for its members.', { details: { field: 'as' } })
  const idea = await findIdea(ctx, author, input.ideaId ?? null)
  const uploads = await findUploads(ctx.db, author.id, input.mediaIds ?? [])
  const body = bodyOf(requireSite(ctx).origin, text.paragraphs)
  return ctx.db.transaction(async (trx) => {
    if (room !== null) {
      await assertRoomOpen(trx, room.id)
      await assertMayActIn(ctx, trx, room, author.id)
    }
    const origin = { named: input.processId ?? null, from: idea?.id ?? from?.objectId ?? null }
    const process = await processFor(ctx, trx, { ...origin, act: 'proposals' })
    if (process !== null && visibility === 'members')
      throw new AppError('process.public', 422, 'What belongs to a process is public.', { details: { field: 'visibility' } })
    const row = await createLocalObject(ctx, trx, {
      type: 'Article',
      kind: 'proposal',
      publisher,
      author,
      visibility,
      parent: null,
      group,
      wording: { ...wordingOf(title, body, language), attachments: uploads.map((upload) => attachmentOf(requireSite(ctx).origin, upload)) },
      mentions: [],
      hashtags: hashtagsOf(body.map((one) => one.text)),
      contextIri: from?.contextIri ?? contextOf(idea),
      processIri: process?.iri ?? null,
      dress: adding(
        proposalFields({
          state: 'open',
          version: 1,
          themes,
          amendableBy,
          coauthors: publisher.id === author.id ? [] : [author.iri],
          ideaIri: idea?.iri ?? null,
          answer: 'none',
          answeredAt: null,
          progress: 0
        })
      )
    })
    await attachUploads(
      trx,
      row.id,
      uploads.map(({ id }) => id)
    )
    const now = ctx.clock.now()
    await insertProposal(trx, {
      object_id: row.id,
      title,
      version: 1,
      next_key: text.nextKey,
      themes,
      amendable_by: amendableBy,
      idea_id: idea?.id ?? null
    })
    const version = { object_id: row.id, number: 1, title, body, author_id: author.id, reason: '', amendment_id: null, created_at: now }
    await insertVersion(trx, version)
    await addAuthor(trx, row.id, author.id, now)
    await writeJournal(ctx, trx, { object_id: row.id, what: 'proposed', to_state: 'open', by_id: author.id, reason: idea?.name ?? '' })
    if (idea !== null)
      await writeJournal(ctx, trx, { object_id: idea.id, what: 'proposal', to_state: row.id, by_id: author.id, reason: title })
    if (room !== null) await addRoomItem(trx, room.id, row.id)
    if (process !== null) await joinProcess(ctx, trx, { process, object: row, byId: author.id })
    if (input.draftId !== undefined) await deleteDraft(trx, author, input.draftId)
    await from?.afterwards(trx, row)
    return row
  })
}

/** The room that is named, else that of the proposal it goes on from. Throws room.none (422). */
async function findRoomFor(ctx: Ctx, named: string | null, fromId: string | null): Promise<RoomRow | null> {
  if (named !== null) return await roomOrThrow(ctx.db, named)
  return fromId === null ? null : ((await roomsOf(ctx.db, [fromId])).get(fromId) ?? null)
}

async function findIdea(ctx: Ctx, author: ActorRow, id: string | null): Promise<ObjectRow | null> {
  if (id === null) return null
  const row = await ctx.db<ObjectRow>('objects').where({ id, kind: 'idea', local: true }).whereNull('deleted_at').first()
  if (row === undefined || !(await canSee(ctx, ctx.db, row, { actorId: author.id })))
    throw new AppError('proposal.idea', 422, 'The idea it is made of was not found.', { details: { field: 'idea' } })
  return row
}

function contextOf(row: ObjectRow | null): string | null {
  const context = row?.doc['context']
  return typeof context === 'string' ? context : null
}

export interface ProposalEdit {
  title?: string
  text?: string
  themes?: string[]
  amendableBy?: AmendableBy
  /** All pictures there are to be. */
  mediaIds?: string[]
  /** What changes and why; shown with the version. */
  reason?: string
}

/**
 * Authors change it themselves: another version when title or text are others than before.
 * Throws permission.denied, room.* (403, 409), proposal.not-open, proposal.voting (409), proposal.*, media.* (422).
 */
export async function editProposal(ctx: Ctx, who: Who, row: ObjectRow, edit: ProposalEdit): Promise<void> {
  const publisher = await ownPublisher(ctx, who, row)
  const texts = edit.text === undefined ? null : readText(edit.text)
  const title = edit.title === undefined ? null : readTitle(edit.title)
  const reason = tidy(edit.reason ?? '', MAX_REASON)
  if (edit.amendableBy === 'members' && publisher.type !== 'Group')
    throw new AppError('proposal.members', 422, 'Only what a group proposes is for its members.', { details: { field: 'amendableBy' } })
  const uploads =
    edit.mediaIds === undefined ? null : await findUploads(ctx.db, [row.author_id ?? row.actor_id, who.actorId], edit.mediaIds, row.id)
  await change(ctx, row.id, async (found) => {
    const { trx, proposal, current } = found
    assertOpen(proposal)
    await assertRoomOf(ctx, trx, row.id, who.actorId)
    const fresh = uploads === null ? found.row : await withPictures(ctx, trx, found.row, uploads, who.actorId)
    const held = { ...found, row: fresh }
    await updateProposal(trx, row.id, {
      ...(edit.themes === undefined ? {} : { themes: readThemes(edit.themes) }),
      ...(edit.amendableBy === undefined ? {} : { amendable_by: edit.amendableBy })
    })
    const before = { paragraphs: current.body, nextKey: proposal.next_key }
    const text = texts === null ? before : rewrite(before, texts)
    const isSame = (title ?? proposal.title) === proposal.title && text.nextKey === before.nextKey && sameTexts(text, before)
    if (isSame) return await publishState(ctx, trx, fresh, publisher)
    const number = await publishVersion(ctx, held, { publisher, title: title ?? proposal.title, text, byId: who.actorId, reason })
    await writeJournal(ctx, trx, { object_id: row.id, what: 'edited', to_state: String(number), by_id: who.actorId, reason })
  })
}

/** The object with these pictures; a step in the journal. */
async function withPictures(ctx: Ctx, trx: Knex, row: ObjectRow, uploads: MediaRow[], byId: string): Promise<ObjectRow> {
  const ids = uploads.map(({ id }) => id)
  const attachments = uploads.map((upload) => attachmentOf(requireSite(ctx).origin, upload))
  if (JSON.stringify(attachments) === JSON.stringify(row.attachments)) return row
  await attachUploads(trx, row.id, ids)
  await writeJournal(ctx, trx, { object_id: row.id, what: 'pictures', by_id: byId })
  return { ...row, attachments }
}

function sameTexts(one: Paragraphs, other: Paragraphs): boolean {
  return (
    one.paragraphs.length === other.paragraphs.length &&
    one.paragraphs.every(({ text, key }, at) => text === other.paragraphs[at]!.text && key === other.paragraphs[at]!.key)
  )
}

/** Its authors take it back, and say why: it stays readable. Throws permission.denied (403), proposal.not-open, proposal.voting (409). */
export async function withdrawProposal(ctx: Ctx, who: Who, row: ObjectRow, why: string): Promise<void> {
  const publisher = await ownPublisher(ctx, who, row)
  const reason = tidy(why, MAX_REASON)
  if (reason === '') throw new AppError('proposal.reason', 422, 'Please say why.', { details: { field: 'reason' } })
  await change(ctx, row.id, async ({ trx, row: fresh, proposal }) => {
    assertOpen(proposal)
    await updateProposal(trx, row.id, { state: 'withdrawn' })
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
