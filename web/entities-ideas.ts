// Ideas, as the native API answers them.
import type { Answered } from './entities-decisions.ts'
import type { ProcessLink } from './entities-processes.ts'
import type { Account } from './entities.ts'

export const HELP_KINDS = ['skills', 'material', 'time', 'money', 'place'] as const
export type HelpKind = (typeof HELP_KINDS)[number]
export interface Idea extends Answered {
  id: string
  uri: string
  url: string
  title: string
  text: string
  source: string | null
  themes: string[]
  place: { name: string | null; address: string | null; latitude: number | null; longitude: number | null } | null
  image: { url: string; description: string | null; width: number | null; height: number | null } | null
  account: Account
  author: Account | null
  created_at: string
  state: 'open' | 'withdrawn' | 'merged'
  mergedInto: { id: string; title: string } | null
  backers: { residents: number; verified: number; members: number; public: number; joined: number; paper: number }
  helps: number
  objections: number
  /** From elsewhere, without a reason. */
  against: number
  threshold: number | null
  dueOn: string | null
  isOverdue: boolean
  project: Account | null
  mine: { backed: boolean; objection: string | null; help: { kinds: HelpKind[]; words: string } | null }
  can: { edit: boolean; withdraw: boolean; answer: boolean; concretise: boolean }
  replies_count: number
  process: ProcessLink | null
  paper_slip: number | null
}

export interface BackerSlip {
  slip: number
  mine: boolean
  confirmed: boolean
}

export interface PaperIdea {
  slip: number
  title: string
  text: string
  themes: string[]
  place: { name: string } | null
  mine: boolean
  entered_at: string
}

export interface Supporter {
  account: Account
  words: string
  kinds: HelpKind[] | null
  created_at: string
}

/** The state people are shown, one word. */
export function standOf(idea: Idea): string {
  if (idea.state !== 'open') return idea.state
  if (idea.progress === 100) return 'done'
  return idea.answer?.state ?? (idea.dueOn === null ? 'open' : 'awaited')
}
