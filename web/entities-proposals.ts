// Proposals, as the native API answers them.
import type { Answered } from './entities-decisions.ts'
import type { ProcessLink } from './entities-processes.ts'
import type { RoomLink } from './entities-rooms.ts'
import type { Account } from './entities.ts'

export const ARGUMENT_KINDS = ['for', 'against', 'question', 'source'] as const
export type ArgumentKind = (typeof ARGUMENT_KINDS)[number]
export const AMENDMENT_KINDS = ['replace', 'insert', 'delete'] as const
export type AmendmentKind = (typeof AMENDMENT_KINDS)[number]

export interface Part {
  kind: 'same' | 'added' | 'removed'
  text: string
}

export interface ListedProposal extends Answered {
  id: string
  uri: string
  url: string
  title: string
  excerpt: string
  state: 'open' | 'voting' | 'adopted' | 'refused' | 'withdrawn' | 'done'
  version: number
  themes: string[]
  visibility: 'public' | 'members'
  amendable_by: 'everyone' | 'members'
  account: Account
  authors: Account[]
  created_at: string
  edited_at: string | null
  idea: { id: string; title: string } | null
  vote: { id: string; title: string } | null
  supports: number
  replies_count: number
  amendments_waiting: number
  arguments: Record<ArgumentKind, number>
  supported: boolean
  process: ProcessLink | null
  room: RoomLink | null
}

export interface Paragraph {
  key: number
  text: string
  html: string
}

export interface Proposal extends ListedProposal {
  paragraphs: Paragraph[]
  can: { edit: boolean; amend: boolean; argue: boolean; answer: boolean; report: boolean; vote: string | null }
}

/** What amendments and arguments have: a post of their own, with its likes and answers. */
export interface Supported {
  id: string
  account: Account
  supports: number
  supported: boolean
  replies_count: number
  created_at: string
}

export interface Amendment extends Supported {
  version: number
  paragraph: number
  position: number
  kind: AmendmentKind
  text: string
  reason: string
  diff: Part[]
  state: 'proposed' | 'accepted' | 'refused' | 'withdrawn' | 'outdated'
  decision: string
  decided_by: Account | null
  decided_at: string | null
  promoted_id: string | null
  can: { decide: boolean; withdraw: boolean; promote: boolean }
}

export interface Argument extends Supported {
  kind: ArgumentKind
  text: string
  link: string | null
  is_mine: boolean
}

export interface Version {
  number: number
  title: string
  account: Account | null
  reason: string
  amendment_id: string | null
  created_at: string
}

export interface VersionDiff {
  number: number
  against: number
  title: Part[]
  paragraphs: { key: number; kind: 'same' | 'changed' | 'added' | 'removed'; parts: Part[] }[]
}

export interface ProposalWords {
  title: string
  text: string
  themes: string[]
  as: string
  amendable_by: string
  visibility: string
  idea: string | null
  /** Absent in drafts of before there were processes. */
  process?: string | null
  room?: string | null
}

export interface Draft extends ProposalWords {
  id: string
  updated_at: string
}
