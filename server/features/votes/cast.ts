// Voting: who may, by which list, and what a ballot must be. Every refusal has a name the voter understands.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { ballotProblem, OBJECTION, type Ballot, type BallotRules } from '../../core/tally/ballot.ts'
import type { ActorRow } from '../../db/rows.ts'
import { holdVote, isElector, type VoteClass, type VoteRow } from '../../db/votes.ts'
import { recordBallot, type CastRefusal } from '../../protocol/local-votes.ts'

export interface BallotInput {
  marks: Ballot
  reason?: string
  /** Of the secret ballot it replaces. */
  receipt?: string
}

const LONGEST_REASON = 2000

/** The rules of core/tally for this vote. */
export function rulesOf(vote: Pick<VoteRow, 'method' | 'options' | 'most' | 'fewest' | 'max_score' | 'dots'>): BallotRules {
  const { method, options, most, fewest, max_score: maxScore, dots } = vote
  return { method, options: options.length, most, fewest, maxScore, dots }
}

/**
 * Writes a citizen's ballot; gives the receipt of a secret one, shown once. The moment counts at which the vote is held, so that a ballot and
 * the end of the vote never cross. Throws vote.* (403, 404, 409, 422) and ballot.* (422).
 */
export async function castBallot(
  ctx: Ctx,
  voter: ActorRow,
  voteId: string,
  input: BallotInput
): Promise<{ receipt: string | null; class: VoteClass; again: boolean }> {
  return ctx.db.transaction(async (trx) => {
    const vote = await holdVote(trx, voteId)
    if (vote === undefined) throw new AppError('vote.none', 404, 'This is not a vote.')
    assertOpen(ctx, vote)
    const list: VoteClass | null = (await isElector(ctx, trx, vote, voter.id)) ? 'elector' : vote.open_to_all ? 'public' : null
    if (list === null) throw notElector(vote)
    assertBallot(vote, input)
    const cast = await recordBallot(ctx, trx, vote, {
      actorId: voter.id,
      class: list,
      marks: input.marks,
      reason: (input.reason ?? '').trim(),
      receipt: input.receipt
    })
    if ('refused' in cast) throw refusal(cast.refused)
    return { ...cast, class: list }
  })
}

function assertOpen(ctx: Ctx, vote: VoteRow): void {
  const now = ctx.clock.now()
  if (vote.closed_at !== null || now >= vote.closes_at) throw new AppError('vote.closed', 409, 'This vote is closed.')
  if (now < vote.opens_at) throw new AppError('vote.not-yet', 409, 'This vote is not open yet.')
}

/** Checks marks and reason. Throws ballot.* (422). */
export function assertBallot(vote: VoteRow, { marks, reason = '' }: Pick<BallotInput, 'marks' | 'reason'>): void {
  const problem = ballotProblem(rulesOf(vote), marks)
  if (problem !== null) throw badBallot(problem, vote)
  const said = reason.trim()
  if ([...said].length > LONGEST_REASON)
    throw new AppError('ballot.reason-length', 422, 'A reason has at most 2000 characters.', { details: { field: 'reason' } })
  if (said !== '' && vote.reason === 'none')
    throw new AppError('ballot.no-reason', 422, 'This vote asks for no reason.', { details: { field: 'reason' } })
  const objects = vote.method === 'consent' && marks[OBJECTION] === 1
  if (said === '' && (vote.reason === 'required' || objects))
    throw new AppError('ballot.reason', 422, 'Say why: this vote asks for a reason.', { details: { field: 'reason' } })
}

function badBallot(problem: NonNullable<ReturnType<typeof ballotProblem>>, vote: VoteRow): AppError {
  const values = { most: vote.most ?? vote.options.length, fewest: vote.fewest ?? 1, max: vote.max_score ?? 5, dots: vote.dots ?? 8 }
  switch (problem) {
    case 'ballot.one':
      return new AppError('ballot.one', 422, 'Only one choice is possible.', { details: { field: 'marks' } })
    case 'ballot.most':
      return new AppError('ballot.most', 422, 'Too many choices.', { details: { field: 'marks', most: values.most } })
    case 'ballot.fewest':
      return new AppError('ballot.fewest', 422, 'Too few choices.', { details: { field: 'marks', fewest: values.fewest } })
    case 'ballot.score':
      return new AppError('ballot.score', 422, 'Too many points for one choice.', { details: { field: 'marks', max: values.max } })
    case 'ballot.dots':
      return new AppError('ballot.dots', 422, 'Too many points in all.', { details: { field: 'marks', dots: values.dots } })
    case 'ballot.ranks':
      return new AppError('ballot.ranks', 422, 'Give each place to one choice only, from the first on.', { details: { field: 'marks' } })
    case 'ballot.blank':
      return new AppError('ballot.blank', 422, 'Choose an answer.', { details: { field: 'marks' } })
    default:
      return new AppError('ballot.mark', 422, 'This ballot cannot be read.', { details: { field: 'marks' } })
  }
}

/** Says who votes here, so that one knows what to do. */
function notElector(vote: VoteRow): AppError {
  switch (vote.electorate) {
    case 'members':
      return new AppError('vote.members-only', 403, 'This vote is for the members of the group.')
    case 'functions':
      return new AppError('vote.functions-only', 403, 'This vote is for members who hold certain functions.', {
        details: { functions: vote.functions.join(', ') }
      })
    case 'role':
      return new AppError('vote.role-only', 403, 'This vote is for those who look after the group.')
    case 'residents':
      return new AppError('vote.residents-only', 403, 'This vote is for people who live in the commune.')
    case 'verified_residents':
      return new AppError('vote.verified-only', 403, 'This vote is for residents whose address was verified.')
    case 'list':
      return new AppError('vote.list-only', 403, 'This vote is for the people named in its list.')
    default:
      return new AppError('vote.accounts-only', 403, 'This vote is for people with an account here.')
  }
}

function refusal(refused: CastRefusal): AppError {
  switch (refused) {
    case 'vote.already':
      return new AppError('vote.already', 409, 'You have voted, and this vote cannot be changed.')
    case 'vote.receipt-needed':
      return new AppError('vote.receipt-needed', 409, 'You have voted. To change a secret vote, give the receipt of your ballot.', {
        details: { field: 'receipt' }
      })
    case 'vote.receipt-unknown':
      return new AppError('vote.receipt-unknown', 422, 'There is no ballot with this receipt.', { details: { field: 'receipt' } })
  }
}
