// Communes that hold a vote together: who holds it elsewhere asks one of ours, and those we asked answer.
import type { Ctx } from '../../context.ts'
import { sameOrigin } from '../../core/iri.ts'
import { isLinkBlocked } from '../../db/links.ts'
import { keepersOf } from '../../db/memberships.ts'
import { notify } from '../../db/notifications.ts'
import type { ActorRow } from '../../db/rows.ts'
import { findVote } from '../../db/votes.ts'
import { answerAsked, countWaitingFrom, findAsked, saveRequest } from '../../db/votes-together.ts'
import { authorise } from '../authorise.ts'
import type { Outcome } from '../outcomes.ts'
import { tellNotified } from '../reactions.ts'
import { awaitCounts } from '../votes-together.ts'
import { factsOf, findOwned, ownership, wasUndoneBefore, type OwnArrival } from './arrival.ts'

/** Who asks more than that without an answer is not heard. */
const MOST_WAITING = 5

/** Who holds a vote asks a commune of ours to hold it too: its keepers decide. */
export async function applyVoteInvite(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const owned = await findOwned(ctx.db, activity.objects[0]!.id ?? '')
  const verdict = authorise({ ...factsOf(ctx, arrival), ...ownership(owned) })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (owned === undefined || owned.object.local || owned.object.deleted_at !== null) return 'unknown-object'
  const commune = await ctx
    .db<ActorRow>('actors')
    .whereIn('iri', activity.target === null ? activity.to : [activity.target])
    .where({ local: true, kind: 'commune', deleted_at: null, suspended_at: null })
    .first()
  if (commune === undefined) return 'unknown-actor'
  // Without a word (D03).
  if (await isLinkBlocked(ctx.db, commune.id, [actor.id])) return 'refused-blocked'
  const iri = activity.id ?? `${actor.iri}#invite/${owned.object.id}`
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    if ((await countWaitingFrom(trx, commune.id, owned.object.actor_id)) >= MOST_WAITING) return 'unchanged'
    const request = await saveRequest(trx, { iri, objectId: owned.object.id, communeId: commune.id, at: ctx.clock.now() })
    if (request === undefined) return 'unchanged'
    const keepers = await keepersOf(trx, commune.id)
    const told = await notify(
      ctx,
      trx,
      keepers.map((ownerId) => ({ ownerId, type: 'vote_request', fromId: actor.id, objectId: owned.object.id }))
    )
    await tellNotified(ctx, trx, told)
    return 'invited'
  })
}

/** Accept, with the vote they opened as `result`, or Reject, by the commune that was asked. Null: none of ours. */
export async function applyVoteInviteAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const { activity, actor } = arrival
  const ref = activity.objects[0]!
  const asked = await findAsked(ctx.db, { iri: ref.id, actorId: actor.id, voteIri: ref.type === 'Invite' ? ref.objectId : null })
  if (asked === undefined) return null
  const commune = await ctx.db<ActorRow>('actors').where({ id: asked.actor_id }).first('iri')
  const verdict = authorise({ ...factsOf(ctx, arrival), owner: commune?.iri ?? null })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (activity.type !== 'Accept' && activity.type !== 'Reject') return 'unchanged'
  // A yes without a vote of theirs leads nowhere.
  if (activity.type === 'Accept' && !sameOrigin(activity.result, actor.iri)) return 'refused-document'
  return ctx.db.transaction(async (trx) => {
    const voteIri = activity.type === 'Accept' ? activity.result : null
    const state = activity.type === 'Accept' ? 'carried' : 'declined'
    if (!(await answerAsked(trx, asked, { state, voteIri, at: ctx.clock.now() }))) return 'unchanged'
    const vote = await findVote(trx, asked.vote_id)
    if (state === 'declined' || vote === undefined) return 'invite-declined'
    await awaitCounts(trx, vote)
    return 'joined'
  })
}
