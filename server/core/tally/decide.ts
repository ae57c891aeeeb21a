// What a count decides: quorum, majority with its declared base, ties said as ties. Whole numbers only, so that no rounding decides. Pure.
import { OBJECTION, RANKED } from './ballot.ts'
import type { Tally } from './count.ts'

/** The share that must be reached. Of a half there must be more; the others suffice exactly. */
export const SHARES = { half: [1, 2], three_fifths: [3, 5], two_thirds: [2, 3], three_quarters: [3, 4], nine_tenths: [9, 10] } as const
export type Share = keyof typeof SHARES
/** Of what: the ballots that take a side, all ballots (blank ones and those without an opinion count against), everybody who could vote. */
export const BASES = ['expressed', 'ballots', 'electorate'] as const
export type Base = (typeof BASES)[number]

export interface Rule {
  /** Null: whoever is in front is chosen, however few they are. Yes/no always has one. */
  share: Share | null
  base: Base
  /** Percent of the electorate that must vote; null: no quorum. */
  quorum: number | null
}

export const OUTCOMES = ['adopted', 'rejected', 'chosen', 'below_majority', 'no_quorum', 'tie', 'nobody'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface Decision {
  outcome: Outcome
  /** Places of the chosen option, or of those that are equal. */
  options: number[]
  /** What was needed and what was reached, in ballots; null where no majority was asked for. */
  majority: { reached: number; of: number } | null
  /** Null without a quorum. */
  quorum: { voted: number; of: number } | null
}

const [YES, NO] = [0, 1]

/** `electorate`: how many could vote. */
export function decide(counted: Tally, rule: Rule, electorate: number): Decision {
  const quorum = rule.quorum === null ? null : { voted: counted.ballots, of: electorate }
  const nothing = { options: [], majority: null, quorum }
  if (counted.ballots === 0) return { outcome: 'nobody', ...nothing }
  if (rule.quorum !== null && counted.ballots * 100 < rule.quorum * electorate) return { outcome: 'no_quorum', ...nothing }
  if (counted.method === 'consent') {
    const consented = counted.figures[OBJECTION] === 0 && counted.figures[0]! > 0
    return { outcome: consented ? 'adopted' : 'rejected', ...nothing }
  }
  return counted.method === 'yes_no' ? yesOrNo(counted, rule, electorate, quorum) : choice(counted, rule, electorate, quorum)
}

function yesOrNo(counted: Tally, rule: Rule, electorate: number, quorum: Decision['quorum']): Decision {
  const [yes, no] = [counted.figures[YES]!, counted.figures[NO]!]
  const of = rule.base === 'expressed' ? yes + no : rule.base === 'ballots' ? counted.ballots : electorate
  const majority = { reached: yes, of }
  if (yes === no && (rule.share ?? 'half') === 'half' && rule.base === 'expressed')
    return { outcome: yes === 0 ? 'nobody' : 'tie', options: yes === 0 ? [] : [YES, NO], majority, quorum }
  const adopted = isReached(rule.share ?? 'half', yes, of)
  return { outcome: adopted ? 'adopted' : 'rejected', options: [adopted ? YES : NO], majority, quorum }
}

function choice(counted: Tally, rule: Rule, electorate: number, quorum: Decision['quorum']): Decision {
  const [first, ...others] = counted.leaders
  if (first === undefined) return { outcome: 'nobody', options: [], majority: null, quorum }
  if (others.length > 0) return { outcome: 'tie', options: counted.leaders, majority: null, quorum }
  if (rule.share === null || !hasShares(counted)) return { outcome: 'chosen', options: [first], majority: null, quorum }
  const of = rule.base === 'expressed' ? counted.ballots - counted.blank : rule.base === 'ballots' ? counted.ballots : electorate
  const majority = { reached: counted.figures[first]!, of }
  return isReached(rule.share, majority.reached, of)
    ? { outcome: 'chosen', options: [first], majority, quorum }
    : { outcome: 'below_majority', options: [first], majority, quorum }
}

/** Points and ranks are no share of ballots: a majority of them means nothing. */
function hasShares({ method }: Tally): boolean {
  return method !== 'score' && method !== 'dots' && !RANKED.includes(method)
}

function isReached(share: Share, votes: number, of: number): boolean {
  const [upper, lower] = SHARES[share]
  return share === 'half' ? votes * 2 > of : votes > 0 && votes * lower >= of * upper
}
