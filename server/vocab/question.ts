// A poll (federation.md §4.5), with its totals as Mastodon reads them. Images stay out: half of the peers would lose them.
import type { WireDocument } from './context.ts'
import { objectSkeleton, type ObjectLinks, type ObjectSource } from './object.ts'
import { wireDate } from './values.ts'

export interface PollSource {
  multiple: boolean
  options: readonly { name: string; votes: number | null }[]
  voters: number | null
  endTime: string | null
  closed: string | null
  hideTotals?: boolean
}

/** The Question of a row. */
export function questionDocument(source: ObjectSource, links: ObjectLinks): WireDocument {
  return {
    ...objectSkeleton(source, links),
    ...(source.summary ? { summary: source.summary } : {}),
    ...(source.poll ? pollFields(source.poll) : {}),
    attachment: []
  }
}

/** What a vote changes in the document. Totals that are to stay secret are zero until the poll is closed. */
export function pollFields(poll: PollSource): WireDocument {
  const secret = poll.hideTotals === true && poll.closed === null
  return {
    ...(poll.endTime === null ? {} : { endTime: wireDate(new Date(poll.endTime)) }),
    ...(poll.closed === null ? {} : { closed: wireDate(new Date(poll.closed)) }),
    [poll.multiple ? 'anyOf' : 'oneOf']: poll.options.map(({ name, votes }) => ({
      type: 'Note',
      name,
      replies: { type: 'Collection', totalItems: secret ? 0 : (votes ?? 0) }
    })),
    votersCount: secret ? 0 : (poll.voters ?? 0)
  }
}

/** A vote: a Note that is a name and nothing else (federation.md §3.8). It is sent, never served. */
export function voteDocument(vote: { iri: string; voterIri: string; pollIri: string; name: string; to: string }): WireDocument {
  return { id: vote.iri, type: 'Note', attributedTo: vote.voterIri, inReplyTo: vote.pollIri, name: vote.name, to: [vote.to], cc: [] }
}
