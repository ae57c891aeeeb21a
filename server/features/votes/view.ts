// A vote as somebody sees it: its rules, what they may do, and the figures as far as the rules let them. Reading only.
import type { Ctx } from '../../context.ts'
import { can, type Who } from '../../core/permission.ts'
import type { Ballot } from '../../core/tally/ballot.ts'
import type { Tally } from '../../core/tally/count.ts'
import type { Decision } from '../../core/tally/decide.ts'
import { findActor, membershipIn } from '../../db/publishers.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { countElectors, countVoters, isElector, namedBallots, votedIn, type ListedVote, type VoteClass } from '../../db/votes.ts'
import { countNow } from '../../protocol/local-votes.ts'

export type VoteState = 'coming' | 'open' | 'counting' | 'closed'

export interface VoteFigures {
  /** Null: too few voted for their figures to be shown. */
  electors: Tally | null
  /** Of these, on paper. */
  onPaper: Tally | null
  paper: number
  /** Everybody else; never added to the former. */
  others: Tally | null
  /** Null while the vote lasts. */
  decision: Decision | null
}

export interface VoteView {
  vote: ListedVote
  state: VoteState
  electorate: number
  voted: number
  votedPublic: number
  /** Null: not to be seen yet, or by this person not before voting. */
  figures: VoteFigures | null
  mine: {
    voted: VoteClass | null
    /** By which list this person may vote; null when not at all. */
    list: VoteClass | null
    /** What they voted, where that is known: never of a secret vote. */
    marks: Ballot | null
    reason: string
    mayConclude: boolean
    mayEnterPaper: boolean
  } | null
}

export function stateOf(ctx: Ctx, vote: Pick<ListedVote, 'opens_at' | 'closes_at' | 'closed_at'>): VoteState {
  const now = ctx.clock.now()
  if (vote.closed_at !== null) return 'closed'
  return now < vote.opens_at ? 'coming' : now < vote.closes_at ? 'open' : 'counting'
}

/** Everything the page of a vote shows to this person. */
export async function viewVote(ctx: Ctx, who: Who | null, vote: ListedVote): Promise<VoteView> {
  const { result } = vote
  const [mine, voters] = await Promise.all([
    who === null ? null : standing(ctx, who, vote),
    result === null ? countVoters(ctx.db, vote.object_id) : null
  ])
  const voted = result?.voted ?? voters!.elector
  return {
    vote,
    state: stateOf(ctx, vote),
    electorate: result?.electorate ?? (await countElectors(ctx, ctx.db, vote)),
    voted,
    votedPublic: result === null ? voters!.public : (result.others?.ballots ?? 0),
    figures: await figuresOf(ctx, vote, mine?.voted ?? null),
    mine
  }
}

async function figuresOf(ctx: Ctx, vote: ListedVote, voted: VoteClass | null): Promise<VoteFigures | null> {
  const { result } = vote
  if (result !== null) {
    const { electors, onPaper, paper, others, decision } = result
    return { electors, onPaper, paper, others, decision }
  }
  // Not before the end of a secret vote, whatever else its rules say (the database holds this too).
  if (vote.secret || vote.results === 'after_closing' || (vote.results === 'after_voting' && voted === null)) return null
  const { electors, others } = await countNow(ctx.db, vote)
  return { electors, onPaper: null, paper: 0, others, decision: null }
}

async function standing(ctx: Ctx, who: Who, vote: ListedVote): Promise<VoteView['mine']> {
  const [voted, elector, rights] = await Promise.all([
    votedIn(ctx.db, who.actorId, [vote.object_id]),
    isElector(ctx, ctx.db, vote, who.actorId),
    rightsOn(ctx, who, vote.object_id)
  ])
  const list = elector ? 'elector' : vote.open_to_all ? 'public' : null
  const own = vote.secret ? [] : await namedBallots(ctx.db, vote.object_id, who.actorId)
  return {
    voted: voted.get(vote.object_id) ?? null,
    list,
    marks: own[0]?.marks ?? null,
    reason: own[0]?.reason ?? '',
    mayConclude: rights.conclude,
    mayEnterPaper: rights.paper && vote.closed_at === null
  }
}

/** What this person may do for the organiser. */
export async function rightsOn(ctx: Ctx, who: Who, voteId: string): Promise<{ conclude: boolean; paper: boolean }> {
  const object = await ctx.db<ObjectRow>('objects').where({ id: voteId }).first()
  const publisher = object === undefined ? null : await findActor(ctx, object.actor_id)
  if (object === undefined || publisher === null) return { conclude: false, paper: false }
  const membership = await membershipIn(ctx, publisher, who.actorId)
  const on = { ownerId: object.actor_id, authorId: object.author_id, membership }
  return { conclude: can(who, 'vote.conclude', on), paper: can(who, 'vote.paper', on) }
}
