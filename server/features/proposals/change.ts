// What every change of a proposal goes through: who may, one at a time, and a new version with what follows from it.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { textOf, type Paragraphs } from '../../core/paragraphs.ts'
import type { Who } from '../../core/permission.ts'
import { decideAmendment, openAmendments, type AmendmentRow } from '../../db/amendments.ts'
import { writeJournal } from '../../db/journal.ts'
import { findVersion, insertVersion, lockProposal, updateProposal, type ProposalRow, type VersionRow } from '../../db/proposals.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { updateLocalObject } from '../../protocol/local-edits.ts'
import { tellConcerned } from '../../protocol/official-answer.ts'
import { mayEditProposal } from '../../protocol/proposals.ts'
import { assertLength, bodyOf, hashtagsOf, wordingOf } from './input.ts'

/** A proposal that is held, with its text. */
export interface Held {
  trx: Knex
  row: ObjectRow
  proposal: ProposalRow
  current: VersionRow
}

/** Runs `work` with the object and its proposal, both held: two changes at once come one after the other. Throws post.not-found (404). */
export async function change<Result>(ctx: Ctx, id: string, work: (held: Held) => Promise<Result>): Promise<Result> {
  return await ctx.db.transaction(async (trx) => {
    const row = await trx<ObjectRow>('objects').where({ id }).whereNull('deleted_at').forUpdate().first()
    const proposal = await lockProposal(trx, id)
    const current = proposal && (await findVersion(trx, id, proposal.version))
    if (row === undefined || proposal === null || current === null) throw new AppError('post.not-found', 404, 'Record not found')
    return await work({ trx, row, proposal, current })
  })
}

/** Who publishes it, for whoever may change it. Throws permission.denied (403). */
export async function ownPublisher(ctx: Ctx, who: Who, row: ObjectRow): Promise<ActorRow> {
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null || !(await mayEditProposal(ctx.db, who, row)))
    throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  return publisher
}

/** Throws proposal.voting, proposal.not-open (409). */
export function assertOpen({ state }: ProposalRow): void {
  if (state === 'voting') throw new AppError('proposal.voting', 409, 'This proposal is being voted on: its text stands still.')
  if (state !== 'open') throw new AppError('proposal.not-open', 409, 'This proposal is decided or withdrawn: its text no longer changes.')
}

export interface NewVersion {
  publisher: ActorRow
  title: string
  text: Paragraphs
  byId: string
  reason: string
  amendmentId?: string
}

/**
 * Writes and publishes the next version, and says of waiting amendments whose paragraph is not what it was that they are outdated.
 * Gives its number. Throws proposal.text, proposal.too-long (422).
 */
export async function publishVersion(ctx: Ctx, held: Held, next: NewVersion): Promise<number> {
  const { trx, row, proposal } = held
  assertLength(next.text.paragraphs.map(({ text }) => text))
  const body = bodyOf(requireSite(ctx).origin, next.text.paragraphs)
  const number = proposal.version + 1
  await insertVersion(trx, {
    object_id: row.id,
    number,
    title: next.title,
    body,
    author_id: next.byId,
    reason: next.reason,
    amendment_id: next.amendmentId ?? null,
    created_at: ctx.clock.now()
  })
  await updateProposal(trx, row.id, { version: number, title: next.title, next_key: next.text.nextKey })
  for (const amendment of await openAmendments(trx, row.id))
    if (textOf(body, amendment.paragraph) !== amendment.former) await outdate(ctx, held, amendment, number, next.byId)
  await updateLocalObject(ctx, trx, {
    row,
    publisher: next.publisher,
    wording: { ...wordingOf(next.title, body, row.language ?? 'fr'), attachments: row.attachments },
    mentions: [],
    hashtags: hashtagsOf(body.map(({ text }) => text))
  })
  return number
}

async function outdate(
  ctx: Ctx,
  { trx, row }: Held,
  amendment: AmendmentRow & { actor_id: string },
  number: number,
  byId: string
): Promise<void> {
  const author = await trx<ActorRow>('actors').where({ id: amendment.actor_id }).first()
  await decideAmendment(trx, amendment.object_id, { state: 'outdated', by: byId, at: ctx.clock.now(), why: '' })
  await writeJournal(ctx, trx, {
    object_id: row.id,
    what: 'amendment_outdated',
    from_state: author?.name || author?.username || '',
    to_state: String(number)
  })
  await tellConcerned(ctx, trx, [amendment.actor_id], { type: 'amendment_decided', fromId: byId, objectId: amendment.object_id })
}
