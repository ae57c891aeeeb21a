// Score voting: points for each option, added up; an option left empty gets none. Pure.
import { highest, sum, type Ballot } from './ballot.ts'
import type { Count } from './count.ts'

/** One figure per option: its points. */
export function countScores(options: number, ballots: readonly Ballot[]): Count {
  const figures = Array.from({ length: options }, (_, option) => sum(ballots.map((ballot) => ballot[option] ?? 0)))
  return { figures, leaders: highest(figures) }
}
