// Join, Leave and Invite: who does it depends on what is joined, an event or a group. Looks, chooses, and nothing else.
import type { Ctx } from '../../context.ts'
import { sameOrigin } from '../../core/iri.ts'
import type { Outcome } from '../outcomes.ts'
import { resolveUri } from '../resolve.ts'
import type { Effect, OwnArrival } from './arrival.ts'
import { applyMembership } from './membership.ts'
import { applyParticipation } from './participation.ts'
import { applyVoteInvite } from './vote-invitation.ts'

export type Joinable = 'event' | 'group' | 'vote'

/** One line per kind of thing that can be joined. */
const EFFECTS: Partial<Record<Joinable, Effect>> = {
  event: applyParticipation,
  group: applyMembership,
  vote: applyVoteInvite
}

/** Hands the activity to the effect of what it is about. 'unknown-object' when that is neither an event, a vote we hold nor a group. */
export async function applyJoin(ctx: Ctx, said: OwnArrival): Promise<Outcome> {
  const arrival = said.activity.type === 'Invite' ? await straightened(ctx, said) : said
  const iri = arrival.activity.objects[0]!.id ?? ''
  const kind = (await kindOf(ctx, iri)) ?? ((await isNewInvitation(ctx, arrival, iri)) ? await kindOf(ctx, iri) : null)
  const effect = kind === null ? undefined : EFFECTS[kind]
  return effect === undefined ? 'unknown-object' : effect(ctx, arrival)
}

/** Communecter names the person of ours in `object` and what she is invited to in `target`: turned round. */
async function straightened(ctx: Ctx, arrival: OwnArrival): Promise<OwnArrival> {
  const { objects, target } = arrival.activity
  const invited = objects[0]!.id
  if (target === null || invited === null) return arrival
  const person = await ctx.db('actors').where({ iri: invited, local: true, type: 'Person' }).first('id')
  if (person === undefined) return arrival
  const ref = { id: target, type: null, actor: null, objectId: null, object: null, json: null }
  return { ...arrival, activity: { ...arrival.activity, objects: [ref], target: invited } }
}

async function kindOf(ctx: Ctx, iri: string): Promise<Joinable | null> {
  const object = await ctx.db('objects').where({ iri }).first<{ type: string; kind: string | null } | undefined>('type', 'kind')
  if (object?.type === 'Event') return 'event'
  if (object?.kind === 'vote') return 'vote'
  const group = await ctx.db('actors').where({ iri, type: 'Group' }).first('id')
  return group === undefined ? null : 'group'
}

/** One of ours is invited to something of the inviter's own server that we do not hold yet: it is read there. */
async function isNewInvitation(ctx: Ctx, { activity }: OwnArrival, iri: string): Promise<boolean> {
  if (activity.type !== 'Invite' || !sameOrigin(iri, activity.actor)) return false
  const invitee = await ctx
    .db('actors')
    .whereIn('iri', activity.target === null ? activity.to : [activity.target])
    .where({ local: true })
    .first('id')
  return invitee !== undefined && (await resolveUri(ctx, iri)) !== null
}
