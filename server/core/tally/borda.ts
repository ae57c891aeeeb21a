// Borda's count: of n options the favourite gets n − 1 points, the next n − 2, and so on. Pure.
import { highest, rankingOf, sum, type Ballot } from './ballot.ts'
import type { Count } from './count.ts'

/** One figure per option: its points. Options left unranked share the points that remain, so that short ballots weigh as much as long ones. */
export function countBorda(options: number, ballots: readonly Ballot[]): Count {
  const rankings = ballots.map(rankingOf)
  const points = (ranking: number[], option: number): number => {
    const at = ranking.indexOf(option)
    return at === -1 ? (options - ranking.length - 1) / 2 : options - 1 - at
  }
  const figures = Array.from({ length: options }, (_, option) => sum(rankings.map((ranking) => points(ranking, option))))
  return { figures, leaders: highest(figures) }
}
