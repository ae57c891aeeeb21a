// A group's voice (FEP-1b12, federation.md §3.6): what is said in a local group is announced to the group's followers. Form 1 carries the
// whole activity, byte for byte; form 2 the address of a first post, which is also a boost here. Who is heard was decided before.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { findActivityAbout } from '../db/activities.ts'
import { hasFollowersFor, type AnnounceForm } from '../db/deliveries.ts'
import { verbatimBodies } from '../db/inbox-log.ts'
import { fanIn, insertObject, rememberDeleted } from '../db/objects.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { embeddedActivity } from '../vocab/activity.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import { publish } from './outbox.ts'
import { emit } from './reactions.ts'

/** True for what a group may pass on: what everybody may see. */
export function isAnnounceable(object: Pick<ObjectRow, 'visibility'>): boolean {
  return object.visibility === 'public' || object.visibility === 'unlisted'
}

/** The living local group with this row id, or null. */
export async function findLocalGroup(trx: Knex, groupId: string | null): Promise<ActorRow | null> {
  if (groupId === null) return null
  const row = await trx<ActorRow>('actors').where({ id: groupId, local: true, type: 'Group', deleted_at: null, suspended_at: null }).first()
  return row ?? null
}

/**
 * Announces something just said in a group. `activity` is the Create as JSON text; null when we only have the object (read at its origin):
 * then only its address is announced.
 */
export async function announceSaid(
  ctx: Ctx,
  trx: Knex,
  said: { group: ActorRow; object: ObjectRow; author: ActorRow; activity: string | null }
): Promise<void> {
  const { group, object, author, activity } = said
  if (!isAnnounceable(object) || object.actor_id === group.id) return
  const isFirst = object.in_reply_to_iri === null
  if (activity !== null) await announceActivity(ctx, trx, { group, activity, objectIri: object.iri, isFirst })
  if (isFirst) await announceAddress(ctx, trx, { by: group, object, author, form: 'uri' })
}

/**
 * Form 1: the group passes a whole activity on, to hosts that read such announcements; a first post also to hosts we know nothing of.
 * Nothing is written when no follower is on one. An Announce is never announced.
 */
export async function announceActivity(
  ctx: Ctx,
  trx: Knex,
  { group, activity, objectIri, isFirst = false }: { group: ActorRow; activity: string; objectIri: string; isFirst?: boolean }
): Promise<void> {
  const form = isFirst ? 'activity-or-unknown' : 'activity'
  if (!(await hasFollowersFor(trx, group.id, form))) return
  await publish(ctx, trx, {
    actor: group,
    type: 'Announce',
    object: objectIri,
    objectIri,
    verbatim: activity,
    to: [PUBLIC],
    cc: [followersOf(group)],
    extra: { audience: group.iri },
    visibility: 'public',
    form
  })
}

/** Form 2: a group, the commune or the instance boosts a post, for other servers and in the homes of its followers here. Once. */
export async function announceAddress(
  ctx: Ctx,
  trx: Knex,
  { by, object, author, form }: { by: ActorRow; object: ObjectRow; author: ActorRow; form: AnnounceForm }
): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`boost ${by.id} ${object.id}`])
  if ((await trx('objects').where({ actor_id: by.id, reblog_of_id: object.id, deleted_at: null }).first('id')) !== undefined) return
  const to = [PUBLIC]
  const cc = [followersOf(by), author.iri]
  const { iri } = await publish(ctx, trx, {
    actor: by,
    type: 'Announce',
    object: object.iri,
    to,
    cc,
    visibility: 'public',
    form
  })
  const boost = await insertObject(ctx, trx, {
    row: {
      iri,
      type: 'Announce',
      local: true,
      actor_id: by.id,
      visibility: 'public',
      reblog_of_id: object.id,
      url: object.url,
      published: ctx.clock.now(),
      doc: { id: iri, type: 'Announce', actor: by.iri, object: object.iri, to, cc }
    }
  })
  if (boost === null) return
  await fanIn(ctx, trx, boost)
  await emit(ctx, trx, [{ kind: 'boosted', ids: [boost.id] }])
}

/** Takes form 2 back, when the post is no longer the group's: Undo to everyone who got it, and out of the homes here. */
export async function withdrawAddress(ctx: Ctx, trx: Knex, group: ActorRow, object: Pick<ObjectRow, 'id' | 'iri'>): Promise<void> {
  const boost = await trx<ObjectRow>('objects').where({ actor_id: group.id, reblog_of_id: object.id, deleted_at: null }).forUpdate().first()
  if (boost === undefined) return
  const list = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [])
  const to = list(boost.doc['to'])
  const cc = list(boost.doc['cc'])
  await publish(ctx, trx, {
    actor: group,
    type: 'Undo',
    object: embeddedActivity({ iri: boost.iri, type: 'Announce', actorIri: group.iri, object: object.iri, to, cc }),
    objectIri: object.iri,
    to,
    cc,
    visibility: 'public',
    alsoInboxesOf: boost.iri,
    form: 'uri'
  })
  await rememberDeleted(trx, { iri: boost.iri, actorIri: group.iri, formerType: 'Announce', at: ctx.clock.now() })
  await trx('objects').where({ id: boost.id }).delete()
}

/** What arrived about an object said in a group of ours goes on to the group's followers as it came. `logId`: its row in inbox_log. */
export async function passOn(
  ctx: Ctx,
  trx: Knex,
  object: Pick<ObjectRow, 'iri' | 'group_id' | 'visibility'>,
  logId: string
): Promise<void> {
  if (object.group_id === null || !isAnnounceable(object)) return
  const group = await findLocalGroup(trx, object.group_id)
  if (group === null || !(await hasFollowersFor(trx, group.id, 'activity'))) return
  const activity = (await verbatimBodies(trx, [logId])).get(logId)
  if (activity !== undefined) await announceActivity(ctx, trx, { group, activity, objectIri: object.iri })
}

/** The same for what someone here did (Like, Update, Delete…): `body` is the activity as it was published. */
export async function passOnLocal(
  ctx: Ctx,
  trx: Knex,
  object: Pick<ObjectRow, 'iri' | 'group_id' | 'visibility'>,
  body: string
): Promise<void> {
  if (object.group_id === null || !isAnnounceable(object)) return
  const group = await findLocalGroup(trx, object.group_id)
  if (group !== null) await announceActivity(ctx, trx, { group, activity: embeddable(body), objectIri: object.iri })
}

/** One of our own activities as it is embedded: the outer context says what the inner one would. */
export function embeddable(body: string): string {
  const { '@context': _context, ...activity } = JSON.parse(body) as Record<string, unknown>
  return JSON.stringify(activity)
}

/** The Create of a local object as JSON text, to announce it later (when moderators let it in, or restore it). */
export async function createBody(trx: Knex, object: Pick<ObjectRow, 'iri' | 'actor_id'>): Promise<string | null> {
  const found = await findActivityAbout(trx, { actorId: object.actor_id, type: 'Create', objectIri: object.iri })
  return found === undefined || found.body === '' ? null : embeddable(found.body)
}

export function followersOf(actor: ActorRow): string {
  return actor.followers_iri ?? `${actor.iri}/followers`
}
