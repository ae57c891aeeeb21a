// Yes or no, consent, single and multiple choice, approval: how many marked each option. Pure.
import { highest, type Ballot } from './ballot.ts'
import type { Count } from './count.ts'

/** One figure per option: the ballots that mark it. */
export function countChoices(options: number, ballots: readonly Ballot[]): Count {
  const figures = Array.from({ length: options }, (_, option) => ballots.filter((ballot) => (ballot[option] ?? 0) > 0).length)
  return { figures, leaders: highest(figures) }
}
