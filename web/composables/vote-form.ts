// A vote as people set it up: presets first, everything else behind; and as the API takes it.
import type { Method, Vote } from '../entities-votes.ts'

export interface VoteDraft {
  as: string
  title: string
  description: string
  method: Method
  options: { name: string; meaning: string }[]
  electorate: Vote['electorate']
  closesDate: string
  closesTime: string
  secret: boolean
  openToAll: boolean
  changeable: boolean
  results: Vote['results']
  reason: Vote['reason']
  share: string
  base: Vote['base']
  quorum: string
  paperHours: string
  most: string
  fewest: string
  maxScore: string
  dots: string
  opensDate: string
  opensTime: string
  /** User names, one a line, for electorate `list`. */
  electors: string
  membersOnly: boolean
  about: string | null
  /** Row id of the process it is held in. */
  process: string | null
  /** Row id of the room it is held in, whose functions vote. */
  room: string | null
}

export const PRESETS = ['quick', 'decision', 'consent', 'secretVote'] as const
export type Preset = (typeof PRESETS)[number]
export const METHODS: readonly Method[] = [
  'yes_no',
  'consent',
  'single',
  'multiple',
  'approval',
  'score',
  'dots',
  'instant_runoff',
  'borda',
  'schulze',
  'dates'
]
export const SHARES = ['half', 'three_fifths', 'two_thirds', 'three_quarters', 'nine_tenths'] as const

const DAYS: Record<Preset, number> = { quick: 3, decision: 7, consent: 7, secretVote: 7 }

export function newOption(): VoteDraft['options'][number] {
  return { name: '', meaning: '' }
}

export function emptyVote(as: string, today: string, within: Pick<VoteDraft, 'about' | 'process' | 'room'>): VoteDraft {
  return presetOf(
    {
      as,
      title: '',
      description: '',
      method: 'yes_no',
      options: [newOption(), newOption()],
      electorate: 'members',
      closesDate: '',
      closesTime: '20:00',
      secret: false,
      openToAll: false,
      changeable: true,
      results: 'after_voting',
      reason: 'none',
      share: 'half',
      base: 'expressed',
      quorum: '',
      paperHours: '0',
      most: '',
      fewest: '',
      maxScore: '',
      dots: '',
      opensDate: '',
      opensTime: '08:00',
      electors: '',
      membersOnly: false,
      ...within
    },
    'decision',
    today
  )
}

/** The settings of a preset; words typed so far stay. `today`: YYYY-MM-DD. */
export function presetOf(draft: VoteDraft, preset: Preset, today: string): VoteDraft {
  const closesDate = new Date(Date.parse(`${today}T12:00:00Z`) + DAYS[preset] * 86_400_000).toISOString().slice(0, 10)
  const usual = {
    ...draft,
    closesDate,
    secret: false,
    reason: 'none' as const,
    results: 'after_voting' as const,
    share: 'half',
    quorum: ''
  }
  switch (preset) {
    case 'quick':
      return { ...usual, method: 'single', share: '' }
    case 'consent':
      return { ...usual, method: 'consent', reason: 'optional', share: '' }
    case 'secretVote':
      return { ...usual, method: 'yes_no', secret: true, openToAll: false, results: 'after_closing' }
    default:
      return { ...usual, method: 'yes_no' }
  }
}

/** Whether people write the answers themselves. */
export function hasOwnOptions(method: Method): boolean {
  return method !== 'yes_no' && method !== 'consent'
}

export function voteBody(draft: VoteDraft): object {
  const { options, closesDate, closesTime, opensDate, opensTime, quorum, paperHours, membersOnly, share, openToAll, secret, ...others } =
    draft
  const { most, fewest, maxScore, dots, electors, ...words } = others
  const number = (typed: string, isAsked: boolean): number | null => (isAsked && typed !== '' ? Number(typed) : null)
  return {
    ...words,
    ...(hasOwnOptions(draft.method) ? { options: options.filter(({ name }) => name.trim() !== '') } : {}),
    closes_at: `${closesDate}T${closesTime}`,
    opens_at: opensDate === '' ? null : `${opensDate}T${opensTime}`,
    share: share || null,
    quorum: quorum === '' ? null : Number(quorum),
    paper_hours: Number(paperHours) || 0,
    most: number(most, draft.method === 'multiple'),
    fewest: number(fewest, draft.method === 'multiple'),
    max_score: number(maxScore, draft.method === 'score'),
    dots: number(dots, draft.method === 'dots'),
    ...(draft.electorate === 'list' ? { electors: electors.split(/[\s,;]+/).filter((name) => name !== '') } : {}),
    visibility: membersOnly ? 'members' : 'public',
    open_to_all: openToAll && !secret,
    secret
  }
}
