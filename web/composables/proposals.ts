// A proposal as people type it and as the API takes it; and what is read anew when one has changed.
import { useQueryCache } from '@pinia/colada'
import type { Draft, Proposal, ProposalWords } from '../entities-proposals.ts'

export function emptyProposal(as: string, made: Pick<ProposalWords, 'idea' | 'process' | 'room'>): ProposalWords {
  return { title: '', text: '', themes: [], as, amendable_by: 'everyone', visibility: 'public', ...made }
}

export function wordsOfDraft({
  title,
  text,
  themes,
  as,
  amendable_by,
  visibility,
  idea,
  process = null,
  room = null
}: Draft): ProposalWords {
  return { title, text, themes: [...themes], as, amendable_by, visibility, idea, process, room }
}

export function wordsOf({ title, paragraphs, themes, account, amendable_by, visibility }: Proposal): ProposalWords {
  const text = paragraphs.map((one) => one.text).join('\n\n')
  return { title, text, themes: [...themes], as: account.username, amendable_by, visibility, idea: null }
}

/** What only groups have is left out for who writes in their own name. */
export function newProposalBody(words: ProposalWords, draft: string | null): object {
  const { title, text, themes, as, amendable_by, visibility, idea, process = null, room = null } = words
  return {
    title,
    text,
    themes,
    ...(as === '' ? {} : { as }),
    ...(as === '' && room === null ? {} : { amendable_by, visibility }),
    ...(idea === null ? {} : { idea }),
    ...(process === null ? {} : { process }),
    ...(room === null ? {} : { room }),
    ...(draft === null ? {} : { draft })
  }
}

/** Reads everything again that shows the proposal. */
export function useProposalRefresh(): () => Promise<void> {
  const cache = useQueryCache()
  return async () => {
    await Promise.all(['proposal', 'proposals', 'idea', 'statuses'].map((key) => cache.invalidateQueries({ key: [key] })))
  }
}
