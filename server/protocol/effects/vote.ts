// Votes that arrive for polls of ours: Create{Note} with a name and no content (federation.md §3.8). Counted, never stored as objects.
import type { Ctx } from '../../context.ts'
import { isOpen, lockPoll } from '../../db/polls.ts'
import { canSee } from '../../db/visibility.ts'
import { authorise } from '../authorise.ts'
import { countVote } from '../local-polls.ts'
import { countPublicAnswer } from '../local-votes.ts'
import type { NormObject } from '../normalise.ts'
import { plainOf } from '../normalise-values.ts'
import type { Outcome } from '../outcomes.ts'
import { factsOf, type Arrival } from './arrival.ts'

const MAX_NAME = 512

/** One vote for one option: by the voter's own hand, in an open poll they may see, for an option that exists (checklist 50, O25). */
export async function applyVote(ctx: Ctx, arrival: Arrival, vote: NormObject): Promise<Outcome> {
  const verdict = authorise({ ...factsOf(ctx, arrival), objectId: vote.id, claimedAuthor: vote.attributedTo })
  if (verdict.decision === 'refuse') return verdict.outcome
  const { actor } = arrival
  // A vote passed on by somebody else cannot be asked for at its origin: it is no vote.
  if (verdict.decision !== 'apply' || actor === null) return 'refused-signer'
  return ctx.db.transaction(async (trx) => {
    const named = await trx('objects')
      .where({ iri: vote.inReplyTo, local: true, type: 'Question' })
      .first<{ id: string; kind: string | null } | undefined>('id', 'kind')
    if (named?.kind === 'vote') {
      if (!(await canSee(ctx, trx, named, { actorId: actor.id }))) return 'not-visible'
      return await countPublicAnswer(ctx, trx, named.id, { actorId: actor.id, isChosen: (name) => plainOf(name, MAX_NAME) === vote.name })
    }
    const poll = named === undefined ? null : await lockPoll(trx, named.id)
    if (poll === null || poll.kind !== null) return 'vote-not-open'
    if (!(await canSee(ctx, trx, poll, { actorId: actor.id }))) return 'not-visible'
    const option = poll.poll.options.findIndex(({ name }) => plainOf(name, MAX_NAME) === vote.name)
    if (option === -1 || poll.actor_id === actor.id || !isOpen(poll.poll, ctx.clock.now())) return 'vote-not-open'
    return (await countVote(ctx, trx, poll, { voterId: actor.id, options: [option] })) ? 'voted' : 'unchanged'
  })
}
