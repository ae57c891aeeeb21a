// Proposals, their versions, amendments and arguments as the native API shows them.
import type { Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { textOf } from '../../core/paragraphs.ts'
import { can, type Who } from '../../core/permission.ts'
import type { PhaseAct } from '../../core/process-phases.ts'
import { plainText } from '../../core/plain-text.ts'
import { shorten } from '../../core/shorten.ts'
import { diffParagraphs, diffWords } from '../../core/text-diff.ts'
import { listAmendments, listArguments } from '../../db/amendments.ts'
import {
  authorsOf,
  countsOf,
  findVersion,
  listProposals,
  listVersions,
  type ListedProposal as ListedRow,
  type VersionRow
} from '../../db/proposals.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { mayReport } from '../../features/proposals/answer.ts'
import { mayAmend } from '../../features/proposals/amend.ts'
import { mayEditProposal, votesFor } from '../../protocol/proposals.ts'
import { notFound } from '../mastodon/params.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { presentAnswer } from './official-answers.ts'
import { processLinks } from './process-answers.ts'
import { roomLinks } from './room-answers.ts'
import type {
  AmendmentAnswer,
  ArgumentAnswer,
  FullProposalEntity,
  ListedProposalEntity,
  VersionDiff,
  VersionEntity
} from './proposal-schemas.ts'

const EXCERPT = 240

/** The proposal of this id, if the viewer may see it. Throws request.not-found (404). */
export async function getProposal(ctx: Ctx, id: string, viewer: Viewer): Promise<ObjectRow> {
  const row = await findVisibleObject(ctx, id, viewer)
  if (row === null || row.kind !== 'proposal' || !row.local || row.id !== id) throw notFound()
  return row
}

type Account = ReturnType<typeof toAccount>

/** Accounts by row id, read in one statement; null for who is gone. */
async function accountsOf(ctx: Ctx, ids: (string | null)[]): Promise<(id: string | null) => Account | null> {
  const actors = await loadActorParts(ctx, [...new Set(ids.filter((id) => id !== null))])
  return (id) => {
    const actor = id === null ? undefined : actors.get(id)
    return actor === undefined ? null : toAccount(ctx, actor, actor)
  }
}

/** The entities of a page, in a fixed number of queries. */
export async function presentProposals(ctx: Ctx, rows: ListedRow[], viewer: Viewer): Promise<ListedProposalEntity[]> {
  const ids = rows.map(({ id }) => id)
  const [authors, counts, processes, rooms] = await Promise.all([
    authorsOf(ctx.db, ids),
    countsOf(ctx, viewer, ids),
    processLinks(ctx, ids),
    roomLinks(ctx, ids)
  ])
  const account = await accountsOf(ctx, [
    ...rows.flatMap((row) => [row.actor_id, row.proposal.answered_by]),
    ...[...authors.values()].flat()
  ])
  return rows.flatMap((row): ListedProposalEntity[] => {
    const { proposal } = row
    const owner = account(row.actor_id)
    const counted = counts.get(row.id)
    if (owner === null || counted === undefined) return []
    return [
      {
        id: row.id,
        uri: row.iri,
        url: row.url ?? row.iri,
        title: proposal.title,
        excerpt: shorten(plainText(row.content_html).replaceAll(/\s+/g, ' '), EXCERPT),
        state: proposal.state,
        version: proposal.version,
        themes: proposal.themes,
        visibility: row.visibility === 'members' ? 'members' : 'public',
        amendable_by: proposal.amendable_by,
        account: owner,
        authors: (authors.get(row.id) ?? []).flatMap((id) => account(id) ?? []),
        created_at: row.published.toISOString(),
        edited_at: row.updated?.toISOString() ?? null,
        idea: proposal.idea_id === null || counted.ideaTitle === null ? null : { id: proposal.idea_id, title: counted.ideaTitle },
        vote: proposal.vote_id === null ? null : { id: proposal.vote_id, title: counted.voteTitle ?? '' },
        supports: counted.supports,
        replies_count: counted.replies,
        amendments_waiting: counted.amendments,
        arguments: counted.arguments,
        answer: presentAnswer(proposal, account),
        progress: proposal.progress,
        commitments: proposal.commitments,
        supported: counted.supported,
        process: processes.get(row.id) ?? null,
        room: rooms.get(row.id) ?? null
      }
    ]
  })
}

/** The entity of one proposal, with its text and what this person may do. Throws request.not-found (404). */
export async function showProposal(ctx: Ctx, id: string, viewer: Viewer, who: Who | null): Promise<FullProposalEntity> {
  const row = await getProposal(ctx, id, viewer)
  const [listed] = await listProposals(ctx, viewer, { tab: 'recent', ids: [id], offset: 0, limit: 1 })
  const [shown] = listed === undefined ? [] : await presentProposals(ctx, [listed], viewer)
  if (listed === undefined || shown === undefined) throw notFound()
  const { proposal } = listed
  const version = await findVersion(ctx.db, id, proposal.version)
  const isOpen = proposal.state === 'open'
  const isLet = (act: PhaseAct): boolean =>
    shown.process === null || shown.process.phase === 'ended' || shown.process.closed.every((one) => one.act !== act)
  return {
    ...shown,
    paragraphs: version?.body ?? [],
    can: {
      edit: who !== null && isOpen && (await mayEditProposal(ctx.db, who, row)),
      amend: who !== null && isLet('amend') && (await mayAmend(ctx, who.actorId, row, proposal)),
      argue: who !== null && isLet('argue') && (isOpen || proposal.state === 'voting'),
      answer: can(who, 'idea.answer') && row.visibility === 'public' && proposal.state !== 'withdrawn',
      report: who !== null && (proposal.state === 'adopted' || proposal.state === 'done') && (await mayReport(ctx, who, row)),
      vote: who === null || !isOpen || !isLet('vote') ? null : await votesFor(ctx, who, row)
    }
  }
}

/** Newest first. */
export async function presentVersions(ctx: Ctx, id: string): Promise<Static<typeof VersionEntity>[]> {
  const versions = await listVersions(ctx.db, id)
  const account = await accountsOf(
    ctx,
    versions.map((one) => one.author_id)
  )
  return versions.map((one) => ({
    number: one.number,
    title: one.title,
    account: account(one.author_id),
    reason: one.reason,
    amendment_id: one.amendment_id,
    created_at: one.created_at.toISOString()
  }))
}

/** What changed between two versions; 0 is the empty one. Throws request.not-found (404). */
export async function presentDiff(ctx: Ctx, id: string, number: number, against: number): Promise<Static<typeof VersionDiff>> {
  const after = await findVersion(ctx.db, id, number)
  const before: Pick<VersionRow, 'title' | 'body'> | null = against === 0 ? { title: '', body: [] } : await findVersion(ctx.db, id, against)
  if (after === null || before === null) throw notFound()
  return { number, against, title: diffWords(before.title, after.title), paragraphs: diffParagraphs(before.body, after.body) }
}

/** Waiting ones first. `only`: the one of this id. */
export async function presentAmendments(
  ctx: Ctx,
  row: ObjectRow,
  viewer: Viewer,
  who: Who | null,
  only?: string
): Promise<AmendmentAnswer[]> {
  const [proposal] = await listProposals(ctx, viewer, { tab: 'recent', ids: [row.id], offset: 0, limit: 1 })
  const amendments = await listAmendments(ctx, viewer, row.id, only)
  if (proposal === undefined || amendments.length === 0) return []
  const [version, isEditor, account] = await Promise.all([
    findVersion(ctx.db, row.id, proposal.proposal.version),
    who === null ? false : mayEditProposal(ctx.db, who, row),
    accountsOf(
      ctx,
      amendments.flatMap((one) => [one.actor_id, one.decided_by])
    )
  ])
  const body = version?.body ?? []
  return amendments.flatMap((one): AmendmentAnswer[] => {
    const author = account(one.actor_id)
    if (author === null) return []
    const isMine = who !== null && who.actorId === one.actor_id
    const isWaiting = one.state === 'proposed'
    return [
      {
        id: one.object_id,
        uri: one.iri,
        account: author,
        supports: one.likes,
        supported: one.liked,
        replies_count: one.replies,
        created_at: one.created_at.toISOString(),
        version: one.version,
        paragraph: one.paragraph,
        position: textOf(body, one.paragraph) === null ? 0 : body.findIndex(({ key }) => key === one.paragraph) + 1,
        kind: one.kind,
        text: one.text,
        reason: one.reason,
        diff: one.kind === 'insert' ? diffWords('', one.text) : diffWords(one.former, one.text),
        state: one.state,
        decision: one.decision,
        decided_by: account(one.decided_by),
        decided_at: one.decided_at?.toISOString() ?? null,
        promoted_id: one.promoted_id,
        can: {
          decide: isWaiting && isEditor && proposal.proposal.state === 'open',
          withdraw: isWaiting && isMine,
          promote:
            isMine && one.promoted_id === null && (one.state === 'refused' || one.state === 'outdated') && row.visibility === 'public'
        }
      }
    ]
  })
}

/** Most supported first. `only`: the one of this id. */
export async function presentArguments(ctx: Ctx, row: ObjectRow, viewer: Viewer, only?: string): Promise<ArgumentAnswer[]> {
  const found = await listArguments(ctx, viewer, row.id, only)
  const account = await accountsOf(
    ctx,
    found.map((one) => one.actor_id)
  )
  return found.flatMap((one): ArgumentAnswer[] => {
    const author = account(one.actor_id)
    if (author === null) return []
    return [
      {
        id: one.object_id,
        uri: one.iri,
        account: author,
        supports: one.likes,
        supported: one.liked,
        replies_count: one.replies,
        created_at: one.created_at.toISOString(),
        kind: one.kind,
        text: one.text,
        link: one.link,
        is_mine: viewer.actorId === one.actor_id
      }
    ]
  })
}
