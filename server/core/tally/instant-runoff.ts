// Instant run-off: the option with the fewest first places goes, its ballots pass on, until one has more than half. Pure.
import { rankingOf, type Ballot } from './ballot.ts'
import type { Count, Round } from './count.ts'

interface Pile {
  ranking: number[]
  ballots: number
}

/**
 * Figures are the first places. Where several options have equally few, chance would decide who goes: every possible order is followed
 * instead, and when they do not end with the same winner all of them lead, as a tie. `rounds` follows one of the orders.
 */
export function countInstantRunoff(options: number, ballots: readonly Ballot[]): Count {
  const piles = pile(ballots)
  const all = Array.from({ length: options }, (_, option) => option)
  const figures = firstPlaces(options, piles, all).votes
  if (piles.length === 0) return { figures, rounds: [], leaders: [] }
  const known = new Map<string, number[]>()
  const winnersAmong = (standing: number[]): number[] => {
    const key = standing.join()
    const found = known.get(key) ?? settle(standing)
    known.set(key, found)
    return found
  }
  const settle = (standing: number[]): number[] => {
    const { votes, exhausted } = firstPlaces(options, piles, standing)
    const winner = majority(standing, votes)
    if (winner !== null || exhausted === total(piles)) return winner === null ? standing : [winner]
    const next = eliminations(standing, votes).flatMap((gone) => winnersAmong(standing.filter((option) => !gone.includes(option))))
    return [...new Set(next)].sort((one, other) => one - other)
  }
  return { figures, rounds: roundsOf(options, piles, all), leaders: winnersAmong(all) }
}

/** Equal ballots in one pile: what is counted again in each round gets short. */
function pile(ballots: readonly Ballot[]): Pile[] {
  const piles = new Map<string, Pile>()
  for (const ballot of ballots) {
    const ranking = rankingOf(ballot)
    if (ranking.length === 0) continue
    const found = piles.get(ranking.join()) ?? { ranking, ballots: 0 }
    piles.set(ranking.join(), { ...found, ballots: found.ballots + 1 })
  }
  return [...piles.values()].sort((one, other) => (one.ranking.join() < other.ranking.join() ? -1 : 1))
}

function total(piles: Pile[]): number {
  return piles.reduce((all, { ballots }) => all + ballots, 0)
}

function firstPlaces(options: number, piles: Pile[], standing: number[]): { votes: number[]; exhausted: number } {
  const votes = Array.from({ length: options }, () => 0)
  let exhausted = 0
  for (const { ranking, ballots } of piles) {
    const first = ranking.find((option) => standing.includes(option))
    if (first === undefined) exhausted += ballots
    else votes[first]! += ballots
  }
  return { votes, exhausted }
}

/** Of the ballots that still name somebody. */
function majority(standing: number[], votes: number[]): number | null {
  const counted = votes.reduce((all, one) => all + one, 0)
  return standing.find((option) => votes[option]! * 2 > counted) ?? (standing.length === 1 ? standing[0]! : null)
}

/** Who may go next: the last one; of several equal ones each. All that nobody put first go together, which changes nothing. */
function eliminations(standing: number[], votes: number[]): number[][] {
  const fewest = Math.min(...standing.map((option) => votes[option]!))
  const last = standing.filter((option) => votes[option] === fewest)
  if (last.length === standing.length) return last.map((option) => standing.filter((other) => other === option))
  return fewest === 0 ? [last] : last.map((option) => [option])
}

function roundsOf(options: number, piles: Pile[], all: number[]): Round[] {
  const rounds: Round[] = []
  let standing = all
  for (;;) {
    const { votes, exhausted } = firstPlaces(options, piles, standing)
    const shown = votes.map((figure, option) => (standing.includes(option) ? figure : null))
    const choices = majority(standing, votes) === null ? eliminations(standing, votes) : []
    const gone = choices[0] ?? []
    const left = standing.filter((option) => !gone.includes(option))
    rounds.push({ votes: shown, exhausted, eliminated: left.length === 0 ? [] : gone, tied: choices.length > 1 })
    if (gone.length === 0 || left.length === 0) return rounds
    standing = left
  }
}
