// Proposals as they leave: what stands in their document, and what a vote makes of them. What changes the text is features/proposals'.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { can, type Who } from '../core/permission.ts'
import type { AccountRole } from '../core/roles.ts'
import type { Decision } from '../core/tally/decide.ts'
import { writeJournal } from '../db/journal.ts'
import { canPublishAs, findMembership, keepersOf } from '../db/memberships.ts'
import { authorIris, concernedByProposal, findProposal, isAuthor, lockProposal, updateProposal } from '../db/proposals.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import type { ProposalSource } from '../vocab/proposal.ts'
import { publishState } from './local-edits.ts'
import { tellConcerned } from './official-answer.ts'

export const UNVOTED_CHORE = 'proposal-unvoted'

/** Null: no proposal of ours. */
export async function proposalSource(trx: Knex, row: Pick<ObjectRow, 'id' | 'actor_id'>): Promise<ProposalSource | null> {
  const proposal = await findProposal(trx, row.id)
  if (proposal === null) return null
  const attributed = await trx('actors').where({ id: row.actor_id }).first<{ iri: string } | undefined>('iri')
  const idea =
    proposal.idea_id === null ? undefined : await trx('objects').where({ id: proposal.idea_id }).first<{ iri: string } | undefined>('iri')
  const { state, version, themes, answer, progress } = proposal
  return {
    state,
    version,
    themes,
    amendableBy: proposal.amendable_by,
    coauthors: (await authorIris(trx, row.id)).filter((iri) => iri !== attributed?.iri),
    ideaIri: idea?.iri ?? null,
    answer,
    answeredAt: proposal.answered_at === null ? null : new Date(proposal.answered_at),
    progress
  }
}

/** Whether this person may change it: an author, or who looks after the group in whose name it is. */
export async function mayEditProposal(trx: Knex, who: Who, row: ObjectRow): Promise<boolean> {
  if (!row.local) return false
  return can(who, 'proposal.edit', {
    ownerId: row.actor_id,
    authorId: row.author_id,
    membership: row.group_id === row.actor_id ? await findMembership(trx, row.actor_id, who.actorId) : null,
    isCoauthor: await isAuthor(trx, row.id, who.actorId)
  })
}

/**
 * Whether a vote of `organiserId` decides about this proposal: that of the group in whose name or room it is, or of the commune; opened by who may
 * change it, or the town hall. Any other vote about it is a question and decides nothing.
 */
export async function isDecisive(ctx: Ctx, trx: Knex, who: Who, subject: ObjectRow, organiserId: string): Promise<boolean> {
  if (![requireSite(ctx).communeActorId, subject.actor_id, subject.group_id].includes(organiserId)) return false
  if (can(who, 'idea.answer') || (await mayEditProposal(trx, who, subject))) return true
  // What a member proposed in a room is the group's to decide: whoever looks after it puts it to the vote.
  return organiserId === subject.group_id && (await keepersOf(trx, organiserId)).includes(who.actorId)
}

/** Username of who would hold the vote that decides, when this person may open it: the group in whose name it is, else the commune. */
export async function votesFor(ctx: Ctx, who: Who, row: ObjectRow): Promise<string | null> {
  const holders = [...new Set([row.actor_id, ...(row.group_id === null ? [] : [row.group_id]), requireSite(ctx).communeActorId])]
  for (const id of holders) {
    const group = await ctx.db<ActorRow>('actors').where({ id, local: true, type: 'Group' }).whereNull('deleted_at').first()
    if (group !== undefined && (await isDecisive(ctx, ctx.db, who, row, id)) && (await canPublishAs(ctx, who.actorId, id)))
      return group.username
  }
  return null
}

/** A vote about it begins; where that decides, the text stands still until it is counted. Throws proposal.voting, proposal.not-open (409). */
export async function proposalToVote(
  ctx: Ctx,
  trx: Knex,
  subject: ObjectRow,
  vote: { id: string; title: string; byId: string; organiserId: string }
): Promise<void> {
  const held = await hold(trx, subject.id)
  const account = await trx('accounts').where({ actor_id: vote.byId }).first<{ role: AccountRole } | undefined>('role')
  if (held === null || account === undefined) return
  const { object, proposal, publisher } = held
  if (!(await isDecisive(ctx, trx, { role: account.role, actorId: vote.byId }, object, vote.organiserId))) return
  if (proposal.state === 'voting') throw new AppError('proposal.voting', 409, 'This proposal is being voted on.')
  if (proposal.state !== 'open') throw new AppError('proposal.not-open', 409, 'This proposal is no longer open.')
  await updateProposal(trx, object.id, { state: 'voting', vote_id: vote.id })
  await writeJournal(ctx, trx, {
    object_id: object.id,
    what: 'vote',
    from_state: 'open',
    to_state: vote.id,
    by_id: vote.byId,
    reason: vote.title
  })
  await publishState(ctx, trx, object, publisher)
}

const STATE_AFTER: Partial<Record<Decision['outcome'], 'adopted' | 'refused'>> = { adopted: 'adopted', rejected: 'refused' }

/** A vote is counted. Where it decides about a proposal, that is adopted or refused; undecided, it is open again. Twice changes nothing more. */
export async function proposalVoted(
  ctx: Ctx,
  trx: Knex,
  vote: { object_id: string; subject_id: string | null; organiser_id: string },
  decision: Decision
): Promise<void> {
  if (vote.subject_id === null) return
  const held = await hold(trx, vote.subject_id)
  if (held === null || held.proposal.state !== 'voting' || held.proposal.vote_id !== vote.object_id) return
  const { object, publisher } = held
  const state = STATE_AFTER[decision.outcome] ?? 'open'
  // One that decided nothing stays a vote about it, no more.
  await updateProposal(trx, object.id, { state, ...(state === 'open' ? { vote_id: null } : {}) })
  await writeJournal(ctx, trx, {
    object_id: object.id,
    what: state === 'open' ? 'vote_undecided' : `vote_${state}`,
    from_state: 'voting',
    to_state: state,
    by_id: vote.organiser_id
  })
  await publishState(ctx, trx, object, publisher)
  await tellConcerned(ctx, trx, await concernedByProposal(trx, object.id), {
    type: 'proposal_decided',
    fromId: vote.organiser_id,
    objectId: object.id
  })
}

/** Chore, made by the database when the vote about a proposal was deleted: it says so, and everybody who got it learns that it is open. */
export async function tellUnvoted(ctx: Ctx, objectId: string): Promise<Date | null> {
  await ctx.db.transaction(async (trx) => {
    const held = await hold(trx, objectId)
    if (held === null || held.proposal.state !== 'open') return
    await writeJournal(ctx, trx, { object_id: objectId, what: 'vote_gone', from_state: 'voting', to_state: 'open' })
    await publishState(ctx, trx, held.object, held.publisher)
  })
  return null
}

/** On the transaction's own connection: whoever waits for the row may hold all others. Null: no proposal, or it is gone. */
async function hold(trx: Knex, objectId: string) {
  const object = await trx<ObjectRow>('objects')
    .where({ id: objectId, local: true, kind: 'proposal' })
    .whereNull('deleted_at')
    .forUpdate()
    .first()
  const publisher = object && (await trx<ActorRow>('actors').where({ id: object.actor_id }).whereNull('deleted_at').first())
  const proposal = object && (await lockProposal(trx, object.id))
  return object && publisher && proposal ? { object, publisher, proposal } : null
}
