// Activities arriving in tests: through the same door (normalise, accept) and the same worker as real ones, without the signature.
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { hostOf } from '../core/iri.ts'
import { newId } from '../core/ids.ts'
import { acceptActivity, dedupKey, processInbox } from '../protocol/inbox.ts'
import { normaliseActivity } from '../protocol/normalise.ts'

export const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public'

let serial = 0

/** Accepts an activity signed by `signer` (its actor unless told otherwise), without applying it. */
export async function accept(ctx: Ctx, json: Record<string, unknown>, signer?: string): Promise<'accepted' | 'duplicate'> {
  const activity = normaliseActivity(json)
  const actorIri = signer ?? activity.actor
  const verified = { keyIri: `${actorIri}#main-key`, actorId: '0', actorIri, host: hostOf(actorIri) ?? '', covered: [] }
  return acceptActivity(ctx, { verified, activity, raw: Buffer.from(JSON.stringify(json)), recipientId: null })
}

/** Accepts and applies one activity, and says what became of it. */
export async function receive(ctx: Ctx, json: Record<string, unknown>, signer?: string): Promise<string | null> {
  await accept(ctx, json, signer)
  await processInbox(ctx)
  return outcomeOf(ctx, json, signer)
}

/** The outcome noted for an activity, null while it waits. */
export async function outcomeOf(ctx: Ctx, json: Record<string, unknown>, signer?: string): Promise<string | null> {
  const activity = normaliseActivity(json)
  const row = await ctx
    .db('inbox_log')
    .where({ dedup_key: dedupKey(activity, signer ?? activity.actor) })
    .first<{ outcome: string | null }>('outcome')
  return row.outcome
}

/** A public Note as Mastodon writes it; `more` changes or adds properties. */
export function note(author: Pick<ActorRow, 'iri'>, more: Record<string, unknown> = {}): Record<string, unknown> & { id: string } {
  serial += 1
  const id = `${author.iri}/statuses/${serial}`
  return {
    id,
    type: 'Note',
    attributedTo: author.iri,
    content: `<p>Note ${serial}</p>`,
    published: '2026-11-22T10:00:00Z',
    to: [PUBLIC],
    cc: [`${author.iri}/followers`],
    ...more
  }
}

/** An activity of `actor` with an id of its own. */
export function activity(
  type: string,
  actor: Pick<ActorRow, 'iri'>,
  object: unknown,
  more: Record<string, unknown> = {}
): Record<string, unknown> {
  serial += 1
  return {
    '@context': 'https://www.w3.org/ns/activitystreams',
    id: `${actor.iri}#${type.toLowerCase()}-${serial}`,
    type,
    actor: actor.iri,
    object,
    ...more
  }
}

/** Create of a note with the note's own addresses. */
export function create(actor: Pick<ActorRow, 'iri'>, object: Record<string, unknown>): Record<string, unknown> {
  return activity('Create', actor, object, { id: `${String(object.id)}/activity`, to: object.to, cc: object.cc })
}

/** An accepted follow of anyone by a local actor. */
export async function localFollow(
  ctx: Ctx,
  follower: ActorRow,
  followed: ActorRow,
  state: 'accepted' | 'pending' = 'accepted'
): Promise<string> {
  const iri = `${follower.iri}#follow/${followed.id}`
  await ctx.db('follows').insert({
    id: newId(),
    iri,
    follower_id: follower.id,
    followed_id: followed.id,
    state,
    follower_local: true,
    accepted_at: state === 'accepted' ? ctx.clock.now() : null
  })
  return iri
}
