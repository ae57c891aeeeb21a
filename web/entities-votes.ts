// Votes, as the native API answers them.
import type { ProcessLink } from './entities-processes.ts'
import type { RoomLink } from './entities-rooms.ts'
import type { Account } from './entities.ts'

export type Method =
  | 'yes_no'
  | 'consent'
  | 'single'
  | 'multiple'
  | 'approval'
  | 'score'
  | 'dots'
  | 'instant_runoff'
  | 'borda'
  | 'schulze'
  | 'dates'
export const RANKED: readonly Method[] = ['instant_runoff', 'borda', 'schulze']
/** One choice only. */
export const ONE: readonly Method[] = ['yes_no', 'consent', 'single']
/** Choices that are ticked. */
export const TICKED: readonly Method[] = ['multiple', 'approval']

export interface Tally {
  method: Method
  ballots: number
  blank: number
  figures: number[]
  leaders: number[]
}

export interface Decision {
  outcome: 'adopted' | 'rejected' | 'chosen' | 'below_majority' | 'no_quorum' | 'tie' | 'nobody'
  options: number[]
  majority: { reached: number; of: number } | null
  quorum: { voted: number; of: number } | null
}

export interface Vote {
  id: string
  uri: string
  url: string
  title: string
  description: string
  organizer: Account
  about: string | null
  about_url: string | null
  process: ProcessLink | null
  room: RoomLink | null
  /** The vote of another commune that is held here too. */
  carries: string | null
  visibility: string
  state: 'coming' | 'open' | 'counting' | 'closed'
  method: Method
  options: { name: string; meaning: string }[]
  most: number | null
  fewest: number | null
  max_score: number | null
  dots: number | null
  electorate: 'members' | 'residents' | 'verified_residents' | 'role' | 'functions' | 'list' | 'accounts'
  functions: string[]
  share: string | null
  base: 'expressed' | 'ballots' | 'electorate'
  quorum: number | null
  secret: boolean
  reason: 'none' | 'optional' | 'required'
  results: 'always' | 'after_voting' | 'after_closing'
  changeable: boolean
  open_to_all: boolean
  opens_at: string
  closes_at: string
  counts_at: string
  closed_at: string | null
  electors_count: number
  voters_count: number
  others_count: number
  figures: { electors: Tally | null; on_paper: Tally | null; paper: number; others: Tally | null; decision: Decision | null } | null
  outcome: { text: string; at: string; review_on: string | null } | null
  mine: {
    voted: 'elector' | 'public' | null
    list: 'elector' | 'public' | null
    marks: (number | null)[] | null
    reason: string
    may_conclude: boolean
    may_enter_paper: boolean
  } | null
}

export interface CarryingCommune {
  account: Account
  state: 'asked' | 'carried' | 'declined'
  vote_uri: string | null
  result: {
    electors_count: number
    voters_count: number
    paper: number
    blank: number | null
    figures: number[] | null
    outcome: Decision['outcome']
    options: number[]
  } | null
  problem: 'gone' | 'other' | 'signature' | null
}

export interface VoteRequest {
  id: string
  title: string
  url: string | null
  account: Account
  created_at: string
  status_id: string
}

export interface PublishedBallots {
  secret: boolean
  hashes: { hash: string; marks: (number | null)[] | null }[]
  named: { account: Account | null; list: string; marks: (number | null)[]; reason: string }[]
}

export interface Slip {
  slip: number
  marks: (number | null)[]
  is_mine: boolean
  confirmed: boolean
}

/** A ballot in words: what is marked, in the order of the options. */
export function ballotWords(vote: Pick<Vote, 'options' | 'method'>, marks: (number | null)[]): string {
  const named = vote.options.map(({ name }, index) => [name, marks[index] ?? null] as const).filter(([, mark]) => mark !== null)
  if (RANKED.includes(vote.method))
    return named
      .toSorted((one, other) => one[1]! - other[1]!)
      .map(([name, mark]) => `${mark}. ${name}`)
      .join(', ')
  return named.map(([name, mark]) => (ONE.includes(vote.method) || TICKED.includes(vote.method) ? name : `${name} : ${mark}`)).join(', ')
}
