// Counts ballots by the method that was declared before; what the figures decide is decide.ts'. Pure: the order of ballots does not matter.
import { isBlank, type Ballot, type Method } from './ballot.ts'
import { countBorda } from './borda.ts'
import { countChoices } from './choice.ts'
import { countDates } from './dates.ts'
import { countDots } from './dots.ts'
import { countInstantRunoff } from './instant-runoff.ts'
import { countSchulze } from './schulze.ts'
import { countScores } from './score.ts'

export interface Round {
  /** First places of those still in; null for those who are out. */
  votes: (number | null)[]
  /** Ballots that name nobody any more. */
  exhausted: number
  eliminated: number[]
  /** Several had equally few: this is one of the possible orders. */
  tied: boolean
}

export interface Count {
  /** What the method measures, one per option. */
  figures: number[]
  /** Places of the options in front; several are a tie, none means that nobody chose anything. */
  leaders: number[]
  /** Dots: voters who gave an option any. */
  supporters?: number[]
  /** Dates: who comes gladly. */
  yes?: number[]
  /** Schulze: ballots that prefer the row to the column. */
  pairs?: number[][]
  /** Instant run-off. */
  rounds?: Round[]
}

export interface Tally extends Count {
  method: Method
  /** All ballots, blank ones too. */
  ballots: number
  blank: number
}

type Counter = (options: number, ballots: readonly Ballot[]) => Count

const COUNTERS: Record<Method, Counter> = {
  yes_no: countChoices,
  consent: countChoices,
  single: countChoices,
  multiple: countChoices,
  approval: countChoices,
  score: countScores,
  dots: countDots,
  instant_runoff: countInstantRunoff,
  borda: countBorda,
  schulze: countSchulze,
  dates: countDates
}

/** Counts valid ballots (ballot.ts) of a question with so many options. */
export function tally(method: Method, options: number, ballots: readonly Ballot[]): Tally {
  const marked = ballots.filter((ballot) => !isBlank(ballot))
  return { method, ballots: ballots.length, blank: ballots.length - marked.length, ...COUNTERS[method](options, marked) }
}
