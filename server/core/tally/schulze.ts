// Schulze's method (M. Schulze, "A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent single-winner
// election method", 2011): who beats whom in pairs, then the strongest paths, measured by winning votes. Pure.
import { rankingOf, type Ballot } from './ballot.ts'
import type { Count } from './count.ts'

/** One figure per option: how many others it beats by its strongest path. `pairs[a][b]`: ballots that prefer a to b. */
export function countSchulze(options: number, ballots: readonly Ballot[]): Count {
  const pairs = countPairs(options, ballots)
  const paths = strongestPaths(pairs)
  const all = Array.from({ length: options }, (_, option) => option)
  const figures = all.map((option) => all.filter((other) => paths[option]![other]! > paths[other]![option]!).length)
  const leaders = ballots.length === 0 ? [] : all.filter((option) => all.every((other) => paths[option]![other]! >= paths[other]![option]!))
  return { figures, pairs, leaders }
}

/** What is ranked is preferred to what is not. */
function countPairs(options: number, ballots: readonly Ballot[]): number[][] {
  const pairs = Array.from({ length: options }, () => Array.from({ length: options }, () => 0))
  for (const ballot of ballots) {
    const ranking = rankingOf(ballot)
    ranking.forEach((option, at) => {
      for (let other = 0; other < options; other += 1) {
        const place = ranking.indexOf(other)
        if (other !== option && (place === -1 || place > at)) pairs[option]![other]! += 1
      }
    })
  }
  return pairs
}

/** Floyd and Warshall's way through all paths: the strength of a path is its weakest link. */
function strongestPaths(pairs: number[][]): number[][] {
  const paths = pairs.map((row, a) => row.map((votes, b) => (a !== b && votes > pairs[b]![a]! ? votes : 0)))
  for (let via = 0; via < paths.length; via += 1)
    for (let from = 0; from < paths.length; from += 1)
      for (let to = 0; to < paths.length; to += 1)
        if (from !== to && from !== via && to !== via)
          paths[from]![to] = Math.max(paths[from]![to]!, Math.min(paths[from]![via]!, paths[via]![to]!))
  return paths
}
