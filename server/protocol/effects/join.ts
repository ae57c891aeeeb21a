// Join, Leave and Invite: who does it depends on what is joined, an event or a group. Looks, chooses, and nothing else.
import type { Ctx } from '../../context.ts'
import type { Outcome } from '../outcomes.ts'
import type { Effect, OwnArrival } from './arrival.ts'

export type Joinable = 'event' | 'group'

/** One line per kind of thing that can be joined. */
const EFFECTS: Partial<Record<Joinable, Effect>> = {}

/** Hands the activity to the effect of what it is about. 'unknown-object' when that is neither an event we hold nor a group. */
export async function applyJoin(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const kind = await kindOf(ctx, arrival.activity.objects[0]!.id ?? '')
  const effect = kind === null ? undefined : EFFECTS[kind]
  return effect === undefined ? 'unknown-object' : effect(ctx, arrival)
}

async function kindOf(ctx: Ctx, iri: string): Promise<Joinable | null> {
  const event = await ctx.db('objects').where({ iri, type: 'Event' }).first('id')
  if (event !== undefined) return 'event'
  const group = await ctx.db('actors').where({ iri, type: 'Group' }).first('id')
  return group === undefined ? null : 'group'
}
