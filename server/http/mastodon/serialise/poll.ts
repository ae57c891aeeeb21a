// Remote polls, read only → Poll entities. Pure.
import type { Ctx } from '../../../context.ts'
import type { Poll as PollColumn } from '../../../db/rows.ts'
import type { Poll } from './entities.ts'

/** Poll of an object. Nobody votes here yet, so `voted` tells clients to show results. */
export function toPoll(ctx: Ctx, objectId: string, poll: PollColumn): Poll {
  const votes = poll.options.reduce((sum, option) => sum + (option.votes ?? 0), 0)
  const end = poll.closed ?? poll.endTime
  return {
    id: objectId,
    expires_at: end,
    expired: end !== null && Date.parse(end) <= ctx.clock.now().getTime(),
    multiple: poll.multiple,
    votes_count: votes,
    voters_count: poll.voters,
    options: poll.options.map(({ name, votes: count }) => ({ title: name, votes_count: count })),
    emojis: [],
    voted: true,
    own_votes: []
  }
}
