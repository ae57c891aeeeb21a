// What an idea has beside the fields of its type (federation.md §4.4): where it stands, what was answered. Its likes are its backers. Pure.
import type { WireDocument } from './context.ts'
import { wireDate } from './values.ts'

export interface IdeaSource {
  state: string
  themes: readonly string[]
  answer: string
  answeredAt: Date | null
  progress: number
  /** Backers who live here that oblige the commune to answer. */
  threshold: number | null
  /** Number of the slip of paper it was written on. */
  slip: number | null
}

/** support → debate → accepted | rejected → done. */
export function phaseOf({ state, answer, progress }: Pick<IdeaSource, 'state' | 'answer' | 'progress'>): string {
  if (state !== 'open') return state
  if (progress === 100) return 'done'
  if (answer === 'accepted' || answer === 'partly') return 'accepted'
  if (answer === 'refused') return 'rejected'
  return answer === 'examining' ? 'debate' : 'support'
}

export function ideaFields(idea: IdeaSource): WireDocument {
  return {
    'communer:phase': phaseOf(idea),
    ...(idea.themes.length === 0 ? {} : { 'communer:theme': [...idea.themes] }),
    ...(idea.threshold === null ? {} : { 'communer:supportThreshold': idea.threshold }),
    ...(idea.slip === null ? {} : { 'communer:paperSlip': idea.slip }),
    ...(idea.answer === 'none' ? {} : { 'communer:answer': idea.answer }),
    ...(idea.answeredAt === null ? {} : { 'communer:answered': wireDate(idea.answeredAt) }),
    ...(idea.progress === 0 ? {} : { 'communer:progress': idea.progress })
  }
}
