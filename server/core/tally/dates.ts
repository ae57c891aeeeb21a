// Finding a date: the one that suits most people wins, of these the one that suits well most. Pure.
import type { Ballot } from './ballot.ts'
import type { Count } from './count.ts'

/** One figure per date: who could come (yes, or if need be); `yes` tells who comes gladly. */
export function countDates(options: number, ballots: readonly Ballot[]): Count {
  const answers = (option: number, least: number): number => ballots.filter((ballot) => (ballot[option] ?? 0) >= least).length
  const figures = Array.from({ length: options }, (_, option) => answers(option, 1))
  const yes = figures.map((_, option) => answers(option, 2))
  const most = Math.max(0, ...figures)
  const possible = figures.flatMap((figure, option) => (figure === most && most > 0 ? [option] : []))
  const gladly = Math.max(0, ...possible.map((option) => yes[option]!))
  return { figures, yes, leaders: possible.filter((option) => yes[option] === gladly) }
}
