// What a ballot is, whatever the method: one mark per option of the question, null where the voter left it empty. Pure.

export const METHODS = [
  'yes_no',
  'consent',
  'single',
  'multiple',
  'approval',
  'score',
  'dots',
  'instant_runoff',
  'borda',
  'schulze',
  'dates'
] as const
export type Method = (typeof METHODS)[number]
export const RANKED: readonly Method[] = ['instant_runoff', 'borda', 'schulze']

/**
 * In the order of the question's options. Chosen: 1. Score and dots: points. Ranked: 1 is the favourite. Dates: 0 no, 1 if need be, 2 yes.
 * All null: a blank ballot, counted apart.
 */
export type Ballot = readonly (number | null)[]

/** What the method lets a voter mark. */
export interface BallotRules {
  method: Method
  /** How many options there are. */
  options: number
  /** Most options one may mark: multiple, approval. Default: all. */
  most?: number | null
  /** Fewest, unless the ballot is blank. Default: 1. */
  fewest?: number | null
  /** Highest score of one option. Default: 5. */
  maxScore?: number | null
  /** Points to give away: dots. Default: 8. */
  dots?: number | null
}

/** The answers of a yes/no vote and of a consent vote, in the order of their options. */
export const YES_NO = ['yes', 'no', 'blank', 'uninformed'] as const
export const CONSENT = ['consent', 'abstain', 'objection'] as const
export const OBJECTION = 2
export const USUAL_MAX_SCORE = 5
export const USUAL_DOTS = 8
/** More to put in order is a burden for voters, and instant run-off with ties would take long to count. */
export const MOST_RANKED = 12

/** True when nothing is marked. */
export function isBlank(ballot: Ballot): boolean {
  return ballot.every((mark) => mark === null)
}

export type BallotProblem =
  | 'ballot.options'
  | 'ballot.mark'
  | 'ballot.one'
  | 'ballot.most'
  | 'ballot.fewest'
  | 'ballot.score'
  | 'ballot.dots'
  | 'ballot.ranks'
  | 'ballot.blank'

/** Why the ballot does not count under these rules; null when it does. */
export function ballotProblem(rules: BallotRules, ballot: Ballot): BallotProblem | null {
  if (ballot.length !== rules.options) return 'ballot.options'
  if (ballot.some((mark) => mark !== null && (!Number.isInteger(mark) || mark < 0))) return 'ballot.mark'
  const marks = ballot.filter((mark): mark is number => mark !== null)
  // These two have an answer of their own for it.
  if (marks.length === 0) return rules.method === 'yes_no' || rules.method === 'consent' ? 'ballot.blank' : null
  if (RANKED.includes(rules.method)) return isRanking(marks) ? null : 'ballot.ranks'
  switch (rules.method) {
    case 'score':
      return marks.some((mark) => mark > (rules.maxScore ?? USUAL_MAX_SCORE)) ? 'ballot.score' : null
    case 'dots':
      return sum(marks) > (rules.dots ?? USUAL_DOTS) ? 'ballot.dots' : null
    case 'dates':
      return marks.some((mark) => mark > 2) ? 'ballot.mark' : null
    case 'multiple':
    case 'approval':
      if (marks.some((mark) => mark !== 1)) return 'ballot.mark'
      if (marks.length > (rules.most ?? rules.options)) return 'ballot.most'
      return marks.length < (rules.fewest ?? 1) ? 'ballot.fewest' : null
    default:
      return marks.some((mark) => mark !== 1) ? 'ballot.mark' : marks.length > 1 ? 'ballot.one' : null
  }
}

/** 1, 2, 3… each once; what is not ranked comes after all that is. */
function isRanking(marks: number[]): boolean {
  return [...marks].sort((one, other) => one - other).every((mark, at) => mark === at + 1)
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

/** Places of the options with the highest figure; none when all are zero. More than one is a tie. */
export function highest(figures: readonly number[]): number[] {
  const most = Math.max(0, ...figures)
  return most === 0 ? [] : figures.flatMap((figure, at) => (figure === most ? [at] : []))
}

/** The options of a ranked ballot, the favourite first. */
export function rankingOf(ballot: Ballot): number[] {
  return ballot
    .map((mark, option) => ({ mark, option }))
    .filter((entry): entry is { mark: number; option: number } => entry.mark !== null)
    .sort((one, other) => one.mark - other.mark)
    .map(({ option }) => option)
}
