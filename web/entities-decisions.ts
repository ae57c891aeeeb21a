// What ideas and proposals have in common: the commune's answer, what it promised, and what became of them.
import type { Account } from './entities.ts'

export const ANSWERS = ['examining', 'accepted', 'partly', 'refused'] as const

export interface Commitment {
  text: string
  due: string
  done: string | null
}

export interface Answered {
  answer: { state: (typeof ANSWERS)[number]; text: string; cost: string; period: string; answered_at: string; by: Account | null } | null
  progress: number
  commitments: Commitment[]
}

export interface JournalEntry {
  id: string
  what: string
  from: string | null
  to: string | null
  by: Account | null
  reason: string
  at: string
}

/** What waits for the commune. */
export interface DeskItem {
  kind: 'answer' | 'promise-idea' | 'promise-proposal' | 'task' | 'outcome' | 'paper' | 'paper-idea' | 'paper-backers'
  id: string
  title: string
  text: string
  date: string
  late: boolean
}
