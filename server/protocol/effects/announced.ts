// What a group passes on of others (FEP-1b12): votes, edits, deletions and its moderators' decisions. Nothing embedded is believed beyond
// what the group's own server could say anyway; the rest is read or confirmed at its origin (O13, checklist 48).
import type { Ctx } from '../../context.ts'
import { isAnyBlocked } from '../../db/hosts.ts'
import { getActorByIri } from '../actors.ts'
import { authoriseAnnounced } from '../authorise.ts'
import { fetchDocument, type Budget } from '../fetch.ts'
import { decidesIn } from '../group-moderators.ts'
import { involvedHosts } from '../involved.ts'
import { normaliseActivity, type NormActivity, type NormRef } from '../normalise.ts'
import { idOf } from '../normalise-values.ts'
import type { Outcome } from '../outcomes.ts'
import { isGoneAtOrigin, refreshObject } from '../remote-objects.ts'
import { factsOf, findOwned, ownership, type Effect, type OwnArrival, type Owned } from './arrival.ts'
import { applyDislike } from './dislike.ts'
import { decide, readDecision, type Decided } from './group-decision.ts'
import { applyLike } from './like.ts'
import { removeObject } from './removal.ts'
import { applyUndo } from './undo.ts'

const VOTES = new Map<string, Effect>([
  ['Like', applyLike],
  ['EmojiReact', applyLike],
  ['Dislike', applyDislike],
  ['Undo', applyUndo]
])

/** One activity inside an Announce, other than a new post. The announcer is followed from here, or it is about something of ours. */
export async function applyAnnounced(ctx: Ctx, arrival: OwnArrival, ref: NormRef, budget: Budget): Promise<Outcome> {
  const inner = normaliseActivity(ref.json)
  if (await isAnyBlocked(ctx, involvedHosts(inner, inner.actor))) return 'refused-blocked'
  const decided = await decisionOf(ctx, arrival, inner)
  const about = inner.objects[0]!
  const owned = await findOwned(ctx.db, (inner.type === 'Undo' ? about.objectId : about.id) ?? '')
  const verdict = authoriseAnnounced(
    {
      ...factsOf(ctx, { ...arrival, activity: inner }),
      ...ownership(owned),
      objectId: owned?.object.iri ?? about.id,
      moderates: decided === null ? null : await decidesIn(ctx, decided.group, inner.actor, budget)
    },
    arrival.actor.iri
  )
  switch (verdict.decision) {
    case 'refuse':
      return verdict.outcome
    case 'moderate':
      return moderated(ctx, arrival, decided!, inner)
    case 'refetch':
      return owned === undefined || owned.object.local ? 'ignored-type' : updated(ctx, owned, budget)
    case 'check-gone':
      return owned !== undefined && (await isGoneAtOrigin(ctx, owned.object.iri)) ? removeObject(ctx, owned.object) : 'refused-owner'
    case 'confirm':
    case 'apply':
      return voted(ctx, arrival, inner, owned, verdict.decision === 'confirm' ? budget : null, budget)
    default:
      return 'ignored-type'
  }
}

/** Only what the group says of itself: another group's affairs are not its to announce. */
async function decisionOf(ctx: Ctx, arrival: OwnArrival, inner: NormActivity): Promise<Decided | null> {
  const decided = await readDecision(ctx.db, inner)
  return decided !== null && decided.group.id === arrival.actor.id && !decided.group.local ? decided : null
}

async function moderated(ctx: Ctx, arrival: OwnArrival, decided: Decided, inner: NormActivity): Promise<Outcome> {
  const moderator = (await ctx.db('actors').where({ iri: inner.actor }).first()) ?? null
  return ctx.db.transaction((trx) => decide(ctx, trx, decided, { moderator, logId: arrival.id }))
}

async function updated(ctx: Ctx, { object }: Owned, budget: Budget): Promise<Outcome> {
  return (await refreshObject(ctx, object, budget)) === null ? 'unchanged' : 'updated'
}

/** A vote on something said in this very group. `asked`: with what its server is asked whether it knows the activity. */
async function voted(
  ctx: Ctx,
  arrival: OwnArrival,
  inner: NormActivity,
  owned: Owned | undefined,
  asked: Budget | null,
  budget: Budget
): Promise<Outcome> {
  const effect = VOTES.get(inner.type)
  if (effect === undefined || owned === undefined || owned.object.group_id !== arrival.actor.id) return 'ignored-type'
  if (asked !== null && !(await isConfirmed(ctx, inner, asked))) return 'refused-owner'
  const actor = await getActorByIri(ctx, inner.actor, { budget })
  if (actor.suspended_at !== null || actor.deleted_at !== null) return 'refused-suspended'
  return effect(ctx, { id: arrival.id, activity: inner, signerIri: inner.actor, actor })
}

/** True when the actor's own server has this activity under its id. */
async function isConfirmed(ctx: Ctx, inner: NormActivity, budget: Budget): Promise<boolean> {
  if (inner.id === null) return false
  const { json } = await fetchDocument(ctx, inner.id, { budget })
  const about = idOf(json['object'])
  return json['type'] === inner.type && idOf(json['actor']) === inner.actor && about !== null && about === inner.objects[0]!.id
}
