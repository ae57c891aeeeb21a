// Amendments: proposed to one paragraph, accepted into a new version, refused, taken back, or made a proposal of its own.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { amend, splitParagraphs, textOf, type AmendmentKind } from '../../core/paragraphs.ts'
import type { Who } from '../../core/permission.ts'
import { escapeHtml } from '../../core/text.ts'
import { countOpenOf, decideAmendment, findAmendment, insertAmendment, markPromoted, type AmendmentRow } from '../../db/amendments.ts'
import { writeJournal } from '../../db/journal.ts'
import { findMembership } from '../../db/memberships.ts'
import { addAuthor, authorsOf, findProposal, findVersion, lockProposal, type ProposalRow } from '../../db/proposals.ts'
import { findActor } from '../../db/publishers.ts'
import { roomsOf } from '../../db/rooms.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { text as sentence } from '../../locales/texts.ts'
import { tellConcerned } from '../../protocol/official-answer.ts'
import { assertPhase } from '../../protocol/processes.ts'
import { assertRoomOf, mayActIn } from '../../protocol/rooms.ts'
import { assertOpen, change, ownPublisher, publishVersion, type Held } from './change.ts'
import { hashtagsOf, htmlOf, MAX_PART, tidy, wrong } from './input.ts'
import { sayUnder, venueUnder } from './say-under.ts'
import { publishProposal } from './write.ts'

export interface AmendmentInput {
  /** The version the amender read. */
  version: number
  /** Key of the paragraph; 0: before the first, to insert. */
  paragraph: number
  kind: AmendmentKind
  text?: string
  reason?: string
}

const MAX_REASON = 2000
/** Of one person, waiting for an answer: authors read each of them. */
const MOST_WAITING = 20

/** Whether this person may amend it now. */
export async function mayAmend(
  ctx: Ctx,
  actorId: string,
  row: Pick<ObjectRow, 'id' | 'group_id'>,
  proposal: ProposalRow
): Promise<boolean> {
  if (proposal.state !== 'open') return false
  const room = (await roomsOf(ctx.db, [row.id])).get(row.id)
  if (room !== undefined) return await mayActIn(ctx, ctx.db, room, actorId)
  if (proposal.amendable_by === 'everyone') return true
  return row.group_id !== null && (await findMembership(ctx.db, row.group_id, actorId))?.state === 'active'
}

/**
 * Proposes another wording of one paragraph. On an older version it applies while the paragraph says the same.
 * Throws proposal.amend-members, room.* (403), proposal.voting, proposal.not-open, proposal.paragraph-changed, process.amend-* (409),
 * proposal.* (422).
 */
export async function proposeAmendment(ctx: Ctx, author: ActorRow, row: ObjectRow, input: AmendmentInput): Promise<string> {
  const { version, paragraph, kind } = input
  const words = kind === 'delete' ? '' : splitParagraphs(tidy(input.text ?? '', MAX_PART)).join('\n\n')
  if (words === '' && kind !== 'delete') throw wrong('proposal.amendment-text', 'text', 'Please write what it should say.')
  const reason = tidy(input.reason ?? '', MAX_REASON)
  const publisher = await findActor(ctx, row.actor_id)
  const proposal = await findProposal(ctx.db, row.id)
  if (publisher === null || proposal === null) throw new AppError('post.not-found', 404, 'Record not found')
  assertOpen(proposal)
  await assertRoomOf(ctx, ctx.db, row.id, author.id)
  if (!(await mayAmend(ctx, author.id, row, proposal)))
    throw new AppError('proposal.amend-members', 403, 'Only members of the group amend this proposal.')
  const group = await venueUnder(ctx, author, row)
  return await change(ctx, row.id, async (held) => {
    const { trx, row: fresh, current } = held
    assertOpen(held.proposal)
    await assertRoomOf(ctx, trx, row.id, author.id)
    await assertPhase(ctx, trx, row.id, 'amend')
    const read = version === current.number ? current : await findVersion(trx, row.id, version)
    const former = read === null ? null : textOf(read.body, paragraph)
    if (former === null || (paragraph === 0 && kind !== 'insert'))
      throw wrong('proposal.paragraph', 'paragraph', 'This paragraph was not found in this version.')
    if (textOf(current.body, paragraph) !== former)
      throw new AppError('proposal.paragraph-changed', 409, 'This paragraph has changed meanwhile. Please read it again.', {
        details: { field: 'text' }
      })
    if (kind === 'replace' && words === former) throw wrong('proposal.amendment-same', 'text', 'This is what the paragraph says already.')
    if ((await countOpenOf(trx, row.id, author.id)) >= MOST_WAITING)
      throw new AppError('proposal.too-many', 422, `At most ${MOST_WAITING} of your amendments wait for an answer.`, {
        details: { most: MOST_WAITING }
      })
    const position = read!.body.findIndex(({ key }) => key === paragraph) + 1
    const said = await sayUnder(
      ctx,
      trx,
      { row: fresh, publisher, author, group },
      { kind: 'amendment', ...wordsOf(ctx, fresh.language ?? 'fr', { kind, position, words, reason }) }
    )
    await insertAmendment(trx, {
      object_id: said.id,
      proposal_id: row.id,
      version,
      paragraph,
      kind,
      former,
      text: words,
      reason,
      created_at: said.published
    })
    await writeJournal(ctx, trx, { object_id: row.id, what: 'amendment', to_state: String(position), by_id: author.id, reason })
    const authors = (await authorsOf(trx, [row.id])).get(row.id) ?? []
    // Who is named as the one it answers hears of it as a mention already.
    const others = authors.filter((id) => id !== author.id && id !== publisher.id)
    await tellConcerned(ctx, trx, others, { type: 'proposal_amended', fromId: author.id, objectId: said.id })
    return said.id
  })
}

/** As other servers show it. */
function wordsOf(
  ctx: Ctx,
  language: string,
  { kind, position, words, reason }: { kind: AmendmentKind; position: number; words: string; reason: string }
): { content: string; source: string; hashtags: string[] } {
  const { origin } = requireSite(ctx)
  const locale = language.startsWith('en') ? 'en' : 'fr'
  const title = sentence(locale, `proposal.said.${position === 0 ? 'insert-first' : kind}`, { paragraph: position })
  const why = reason === '' ? '' : sentence(locale, 'proposal.said.because', { reason })
  return {
    content: `<p><strong>${escapeHtml(title)}</strong></p>${htmlOf(origin, words)}${htmlOf(origin, why)}`,
    source: [title, words, why].filter((part) => part !== '').join('\n\n'),
    hashtags: hashtagsOf([words, reason])
  }
}

type Known = AmendmentRow & { actor_id: string }

/**
 * Authors accept it: its words stand in a new version, and who wrote them is an author too.
 * Throws permission.denied, room.* (403, 409), proposal.amendment-outdated, proposal.amendment-decided, proposal.not-open, proposal.voting (409).
 */
export async function acceptAmendment(ctx: Ctx, who: Who, row: ObjectRow, id: string, why = ''): Promise<void> {
  const publisher = await ownPublisher(ctx, who, row)
  await change(ctx, row.id, async (held) => {
    const { trx, proposal, current } = held
    assertOpen(proposal)
    await assertRoomOf(ctx, trx, row.id, who.actorId)
    const amendment = await waiting(held, id)
    const text =
      textOf(current.body, amendment.paragraph) === amendment.former
        ? amend({ paragraphs: current.body, nextKey: proposal.next_key }, amendment)
        : null
    if (text === null) throw outdated()
    await decideAmendment(trx, id, { state: 'accepted', by: who.actorId, at: ctx.clock.now(), why: tidy(why, MAX_REASON) })
    await addAuthor(trx, row.id, amendment.actor_id, ctx.clock.now())
    const number = await publishVersion(ctx, held, {
      publisher,
      title: proposal.title,
      text,
      byId: amendment.actor_id,
      reason: amendment.reason,
      amendmentId: id
    })
    await conclude(ctx, held, amendment, {
      what: 'amendment_accepted',
      to_state: String(number),
      by_id: who.actorId,
      reason: tidy(why, MAX_REASON)
    })
  })
}

/** Authors refuse it, and say why. Throws permission.denied (403), proposal.reason (422), proposal.amendment-decided (409). */
export async function refuseAmendment(ctx: Ctx, who: Who, row: ObjectRow, id: string, why: string): Promise<void> {
  await ownPublisher(ctx, who, row)
  const reason = tidy(why, MAX_REASON)
  if (reason === '') throw wrong('proposal.reason', 'reason', 'Please say why.')
  await change(ctx, row.id, async (held) => {
    const amendment = await waiting(held, id)
    await decideAmendment(held.trx, id, { state: 'refused', by: who.actorId, at: ctx.clock.now(), why: reason })
    await conclude(ctx, held, amendment, { what: 'amendment_refused', by_id: who.actorId, reason })
  })
}

/** Who proposed it takes it back. Throws permission.denied (403), proposal.amendment-decided (409). */
export async function withdrawAmendment(ctx: Ctx, who: Who, row: ObjectRow, id: string, why = ''): Promise<void> {
  await change(ctx, row.id, async (held) => {
    const amendment = await waiting(held, id)
    if (amendment.actor_id !== who.actorId) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
    await decideAmendment(held.trx, id, { state: 'withdrawn', by: who.actorId, at: ctx.clock.now(), why: tidy(why, MAX_REASON) })
    await writeJournal(ctx, held.trx, { object_id: row.id, what: 'amendment_withdrawn', by_id: who.actorId, reason: tidy(why, MAX_REASON) })
  })
}

/**
 * What authors refused, or what came too late, becomes a proposal of who wrote it: the text they had read, with their words in it.
 * Throws permission.denied (403), proposal.amendment-waiting, proposal.promoted (409), proposal.* (422).
 */
export async function promoteAmendment(ctx: Ctx, author: ActorRow, row: ObjectRow, id: string, title?: string): Promise<ObjectRow> {
  const amendment = await findAmendment(ctx.db, row.id, id)
  const version = amendment && (await findVersion(ctx.db, row.id, amendment.version))
  const proposal = await findProposal(ctx.db, row.id)
  if (amendment === null || version === null || proposal === null) throw new AppError('post.not-found', 404, 'Record not found')
  if (amendment.actor_id !== author.id || row.visibility !== 'public')
    throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  assertPromotable(amendment)
  const text = amend({ paragraphs: version.body, nextKey: proposal.next_key }, amendment)
  if (text === null) throw new AppError('post.not-found', 404, 'Record not found')
  const input = { title: title ?? version.title, themes: proposal.themes, language: row.language ?? 'fr' }
  return await publishProposal(ctx, author, input, text, {
    contextIri: typeof row.doc['context'] === 'string' ? row.doc['context'] : null,
    objectId: row.id,
    async afterwards(trx, made) {
      await lockProposal(trx, row.id)
      assertPromotable((await findAmendment(trx, row.id, id)) ?? amendment)
      await markPromoted(trx, id, made.id)
      const step = { object_id: row.id, what: 'amendment_promoted', to_state: made.id, by_id: author.id, reason: made.name ?? '' }
      await writeJournal(ctx, trx, step)
    }
  })
}

function assertPromotable({ state, promoted_id: promoted }: AmendmentRow): void {
  if (promoted !== null) throw new AppError('proposal.promoted', 409, 'This amendment is a proposal of its own already.')
  if (state !== 'refused' && state !== 'outdated')
    throw new AppError('proposal.amendment-waiting', 409, 'Only what was refused or is outdated becomes a proposal of its own.')
}

/** One that waits for an answer. */
async function waiting({ trx, row }: Held, id: string): Promise<Known> {
  const amendment = await findAmendment(trx, row.id, id)
  if (amendment === null) throw new AppError('post.not-found', 404, 'Record not found')
  if (amendment.state === 'outdated') throw outdated()
  if (amendment.state !== 'proposed') throw new AppError('proposal.amendment-decided', 409, 'This amendment is decided already.')
  return amendment
}

function outdated(): AppError {
  return new AppError('proposal.amendment-outdated', 409, 'The paragraph has changed since: this amendment no longer applies.')
}

/** The step in the journal, and the notice to who wrote it. */
async function conclude(
  ctx: Ctx,
  { trx, row }: Held,
  amendment: Known,
  step: { what: string; to_state?: string; by_id: string; reason: string }
): Promise<void> {
  const author = await trx<ActorRow>('actors').where({ id: amendment.actor_id }).first()
  await writeJournal(ctx, trx, { object_id: row.id, from_state: author?.name || author?.username || '', ...step })
  await tellConcerned(ctx, trx, amendment.actor_id === step.by_id ? [] : [amendment.actor_id], {
    type: 'amendment_decided',
    fromId: step.by_id,
    objectId: amendment.object_id
  })
}
