// Dots: each voter spreads a number of points over the options; the points are added up. Pure.
import type { Ballot } from './ballot.ts'
import type { Count } from './count.ts'
import { countScores } from './score.ts'

/** One figure per option: its dots; beside it, how many voters gave it any. */
export function countDots(options: number, ballots: readonly Ballot[]): Count {
  const supporters = Array.from({ length: options }, (_, option) => ballots.filter((ballot) => (ballot[option] ?? 0) > 0).length)
  return { ...countScores(options, ballots), supporters }
}
