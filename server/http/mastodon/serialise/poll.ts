// Polls → Poll entities (docs.joinmastodon.org/entities/Poll). Pure.
import type { Ctx } from '../../../context.ts'
import type { StatusRow } from '../../../db/status-parts.ts'
import { hostOf } from '../../../core/iri.ts'
import { toEmojis } from './emoji.ts'
import type { Poll } from './entities.ts'

/** The poll of an object as the viewer may see it; `ownVotes` are theirs. Null when it is none. Whoever asks has "voted": they see results. */
export function toPoll(ctx: Ctx, row: StatusRow, ownVotes: number[], viewerId: string | null): Poll | null {
  const { poll } = row
  if (poll === null) return null
  const end = poll.closed ?? poll.endTime
  const expired = end !== null && Date.parse(end) <= ctx.clock.now().getTime()
  const secret = poll.hideTotals === true && !expired
  const isOwn = viewerId !== null && (viewerId === row.actor_id || viewerId === row.author_id)
  return {
    id: row.id,
    expires_at: end,
    expired,
    multiple: poll.multiple,
    votes_count: secret ? 0 : poll.options.reduce((sum, option) => sum + (option.votes ?? 0), 0),
    voters_count: poll.voters,
    options: poll.options.map(({ name, votes }) => ({ title: name, votes_count: secret ? null : votes })),
    emojis: toEmojis(ctx, row.tags),
    voted: isOwn || ownVotes.length > 0,
    own_votes: ownVotes,
    communer: { declared_by: row.local ? null : hostOf(row.iri) }
  }
}
