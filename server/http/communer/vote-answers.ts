// What several routes of votes share: the vote a path names, and its entity for who looks.
import type { Ctx } from '../../context.ts'
import type { Who } from '../../core/permission.ts'
import { renderText, splitText } from '../../core/text.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { requireSite } from '../../db/site.ts'
import { findListedVote, type ListedVote } from '../../db/votes.ts'
import { viewVote, type VoteView } from '../../features/votes/view.ts'
import { tagUrl } from '../../vocab/iris.ts'
import { notFound } from '../mastodon/params.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { processLinks } from './process-answers.ts'
import { roomLinks } from './room-answers.ts'

/** The vote of this id, if this person may see it. Throws request.not-found (404). */
export async function getVote(ctx: Ctx, who: Who | null, id: string): Promise<ListedVote> {
  const vote = await findListedVote(ctx, { actorId: who?.actorId ?? null }, id)
  if (vote === undefined) throw notFound()
  return vote
}

/** Entities of a page of votes, each with its figures as far as they may be seen. */
export async function presentVotes(ctx: Ctx, votes: ListedVote[], who: Who | null) {
  const organisers = await loadActorParts(
    ctx,
    votes.map((vote) => vote.organiser_id)
  )
  const views = await Promise.all(votes.map((vote) => viewVote(ctx, who, vote)))
  const ids = votes.map((vote) => vote.object_id)
  const [processes, rooms] = await Promise.all([processLinks(ctx, ids), roomLinks(ctx, ids)])
  return views.map((view) => ({
    ...present(ctx, view),
    organizer: accountOf(ctx, view.vote.organiser_id, organisers)!,
    process: processes.get(view.vote.object_id) ?? null,
    room: rooms.get(view.vote.object_id) ?? null
  }))
}

/** The account of one of the loaded actors, or null. */
export function accountOf(ctx: Ctx, id: string, loaded: Awaited<ReturnType<typeof loadActorParts>>) {
  const actor = loaded.get(id)
  return actor === undefined ? null : toAccount(ctx, actor, actor)
}

export async function showVote(ctx: Ctx, who: Who | null, id: string) {
  const [entity] = await presentVotes(ctx, [await getVote(ctx, who, id)], who)
  return entity!
}

function present(ctx: Ctx, { vote, state, electorate, voted, votedPublic, figures, mine }: VoteView) {
  const { origin } = requireSite(ctx)
  return {
    id: vote.object_id,
    uri: vote.iri,
    url: vote.url,
    title: vote.title,
    description: renderText(splitText(vote.description ?? ''), { tagUrl: (name) => tagUrl(origin, name), mentionUrl: () => null }),
    about: vote.subject_id,
    about_url: vote.subject_url,
    carries: vote.carries_iri,
    visibility: vote.visibility,
    state,
    method: vote.method,
    options: vote.options,
    most: vote.most,
    fewest: vote.fewest,
    max_score: vote.max_score,
    dots: vote.dots,
    electorate: vote.electorate,
    roles: vote.roles,
    functions: vote.functions,
    share: vote.share,
    base: vote.base,
    quorum: vote.quorum,
    secret: vote.secret,
    reason: vote.reason,
    results: vote.results,
    changeable: vote.changeable,
    open_to_all: vote.open_to_all,
    opens_at: vote.opens_at.toISOString(),
    closes_at: vote.closes_at.toISOString(),
    counts_at: vote.counts_at.toISOString(),
    closed_at: vote.closed_at?.toISOString() ?? null,
    electors_count: electorate,
    voters_count: voted,
    others_count: votedPublic,
    figures:
      figures === null
        ? null
        : {
            electors: figures.electors,
            on_paper: figures.onPaper,
            paper: figures.paper,
            others: figures.others,
            decision: figures.decision
          },
    outcome:
      vote.outcome === null || vote.outcome_at === null
        ? null
        : { text: vote.outcome, at: vote.outcome_at.toISOString(), review_on: vote.review_on },
    mine:
      mine === null
        ? null
        : {
            voted: mine.voted,
            list: mine.list,
            marks: mine.marks,
            reason: mine.reason,
            may_conclude: mine.mayConclude,
            may_enter_paper: mine.mayEnterPaper
          },
    status_id: vote.object_id
  }
}
