// Accept, Reject, TentativeAccept and Ignore: who does it depends on what is answered. Looks, chooses, and nothing else.
import type { Ctx } from '../../context.ts'
import type { Outcome } from '../outcomes.ts'
import type { OwnArrival } from './arrival.ts'
import { applyFollowAnswer } from './follow.ts'
import { applyGroupInviteAnswer } from './group-invitation.ts'
import { applyMembershipAnswer } from './membership.ts'
import { applyEventAnswer, applyInviteAnswer, applyJoinAnswer } from './participation.ts'
import { applyQuoteAnswer } from './quote.ts'
import { applyVoteInviteAnswer } from './vote-invitation.ts'

/**
 * What a kind of answerable activity does with its answer. Null: what is answered is none of its own, the next one may look
 * (an answer by bare id, or an embedded activity whose type peers name differently).
 */
export type AnswerEffect = (ctx: Ctx, arrival: OwnArrival) => Promise<Outcome | null>

/** By the type of the embedded activity; a bare id is tried with each in turn. One line per kind. */
const EFFECTS: [type: string, effect: AnswerEffect][] = [
  ['Follow', applyFollowAnswer],
  ['Join', applyJoinAnswer],
  ['Join', applyMembershipAnswer],
  ['Invite', applyInviteAnswer],
  ['Invite', applyGroupInviteAnswer],
  ['Invite', applyVoteInviteAnswer],
  ['Event', applyEventAnswer],
  ['QuoteRequest', applyQuoteAnswer]
]

/** Hands the answer to whoever asked. */
export async function applyAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { type } = arrival.activity.objects[0]!
  const effects = EFFECTS.filter(([kind]) => type === null || type === kind)
  for (const [, effect] of effects) {
    const outcome = await effect(ctx, arrival)
    if (outcome !== null) return outcome
  }
  return effects.length === 0 ? 'ignored-type' : 'unknown-follow'
}
