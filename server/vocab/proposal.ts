// What a proposal has beside the fields of its type (federation.md §4.4): which version, where it stands, who wrote it with whom. Pure.
import type { WireDocument } from './context.ts'
import { wireDate } from './values.ts'

export interface ProposalSource {
  state: string
  version: number
  themes: readonly string[]
  amendableBy: string
  /** IRIs of the authors beside the one it is attributed to. */
  coauthors: readonly string[]
  /** IRI of the idea it was made of. */
  ideaIri: string | null
  answer: string
  answeredAt: Date | null
  progress: number
}

const PHASES: Record<string, string> = { open: 'debate', voting: 'vote', adopted: 'accepted', refused: 'rejected' }

export function proposalFields(proposal: ProposalSource): WireDocument {
  const { state, version, themes, amendableBy, coauthors, ideaIri, answer, answeredAt, progress } = proposal
  return {
    'communer:phase': PHASES[state] ?? state,
    'communer:version': version,
    ...(state === 'open' ? { 'communer:amendableBy': amendableBy } : {}),
    ...(themes.length === 0 ? {} : { 'communer:theme': [...themes] }),
    ...(coauthors.length === 0 ? {} : { 'communer:coauthor': [...coauthors] }),
    ...(ideaIri === null ? {} : { 'communer:about': ideaIri }),
    ...(answer === 'none' ? {} : { 'communer:answer': answer }),
    ...(answeredAt === null ? {} : { 'communer:answered': wireDate(answeredAt) }),
    ...(progress === 0 ? {} : { 'communer:progress': progress })
  }
}
