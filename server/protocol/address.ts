// From an activity's audience to delivery rows: one row per distinct inbox, found in SQL, in the transaction of the activity.
import type { Ctx } from '../context.ts'
import { insertDeliveries, type AnnounceForm } from '../db/deliveries.ts'
import { scopeOf, type StoreScope } from '../db/store.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import type { WorkingDocument } from '../vocab/working-form.ts'

/** What publish() knows about the deliveries and the engine does not. */
export interface DeliveryPlan {
  actor: { id: string; iri: string; followers_iri: string | null }
  type: string
  personalInbox: boolean
  /** Every inbox that got something about this object, or this very activity, gets this too. */
  alsoInboxesOf: string | null
  /** Row id of a poll whose remote voters get this too. */
  alsoVotersOf: string | null
  /** Hosts it is for, by the form of a group's announcement; null: every host. */
  form: AnnounceForm | null
  /** How many rows were written; filled by enqueue(). */
  deliveries: number
}

/** By the activity, then by the audience made of it: the engine hands on just these two. */
const plans = new WeakMap<object, { plan: DeliveryPlan; scope: StoreScope }>()

/** Attaches a plan to an activity before the engine publishes it. */
export function planDeliveries(activity: WorkingDocument, plan: DeliveryPlan): void {
  const scope = scopeOf(activity)
  if (scope !== undefined) plans.set(activity, { plan, scope })
}

/** The audience of an activity as IRIs, each once, without Public. The engine skips the queue when it is empty: the plan's wish counts too. */
export function audienceOf(activity: WorkingDocument): string[] {
  const named = [activity['to'], activity['cc'], activity['audience']].flat()
  const audience = new Set(named.filter((iri): iri is string => typeof iri === 'string' && iri !== PUBLIC))
  const planned = plans.get(activity)
  if (planned?.plan.alsoInboxesOf) audience.add(planned.plan.alsoInboxesOf)
  const list = [...audience]
  if (planned !== undefined) plans.set(list, planned)
  return list
}

/** Writes the delivery rows of the activity just saved (federation.md §5.1). Cost is linear in hosts, not in followers. */
export async function enqueue(ctx: Ctx, audience: string[]): Promise<void> {
  const planned = plans.get(audience)
  if (planned === undefined) return
  const { plan, scope } = planned
  if (scope.saved === null || scope.visibility === 'local') return
  const suffix = '/members'
  plan.deliveries = await insertDeliveries(scope.trx, {
    activityId: scope.saved.id,
    actorId: plan.actor.id,
    objectIri: scope.objectIri,
    now: ctx.clock.now(),
    ownHost: ctx.site?.host ?? '',
    toFollowers: plan.actor.followers_iri !== null && audience.includes(plan.actor.followers_iri),
    memberGroups: audience.filter((iri) => iri.endsWith(suffix)).map((iri) => iri.slice(0, -suffix.length)),
    actors: audience,
    personalInbox: plan.personalInbox,
    alsoInboxesOf: plan.alsoInboxesOf,
    alsoVotersOf: plan.alsoVotersOf,
    form: plan.form
  })
}
