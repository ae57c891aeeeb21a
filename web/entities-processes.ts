// Processes of the commune, as the native API answers them.
import type { Account } from './entities.ts'

export const PHASE_KINDS = ['presentation', 'diagnosis', 'proposals', 'prioritisation', 'evaluation', 'follow_up'] as const
export type PhaseKind = (typeof PHASE_KINDS)[number]
export const PHASE_ACTS = ['ideas', 'proposals', 'amend', 'argue', 'back', 'vote', 'comment'] as const
export type PhaseAct = (typeof PHASE_ACTS)[number]

export interface Phase {
  kind: PhaseKind
  starts_on: string
  ends_on: string
  call: string
  allows: PhaseAct[]
  state: 'past' | 'current' | 'next'
}

export interface Process {
  id: string
  uri: string
  url: string
  title: string
  text: string
  source: string | null
  themes: string[]
  account: Account
  created_at: string
  phase: PhaseKind | 'upcoming' | 'ended'
  phases: Phase[]
  ends_on: string
  stopped: string | null
  allows: PhaseAct[]
  counts: { idea: number; proposal: number; vote: number }
  replies_count: number
  can: { manage: boolean }
}

/** On what belongs to a process. */
export interface ProcessLink {
  id: string
  title: string
  phase: Process['phase']
  /** What cannot be done now, and the day it can; null: no more. */
  closed: { act: PhaseAct; until: string | null }[]
}

export interface ProcessItem {
  id: string
  kind: 'idea' | 'proposal' | 'vote'
  title: string
  backers: number | null
  replies: number
}
