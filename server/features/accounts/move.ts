// Moving house: accounts elsewhere that are one's own too, and leaving for one of them with the followers.
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import { assertPassword } from '../../core/password.ts'
import { scheduleChores } from '../../db/chores.ts'
import type { AccountRow, ActorRow } from '../../db/rows.ts'
import { findActorByHandle, getActorByIri } from '../../protocol/actors.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'
import { aliasesOf, hasMoved, MOVE_PAUSE_MS } from '../../protocol/moves.ts'
import { afterCommit, publish } from '../../protocol/outbox.ts'
import type { MayAsk } from '../../protocol/resolve.ts'
import { parseHandle } from '../../protocol/webfinger.ts'

const MAX_ALIASES = 10

export interface Alias {
  iri: string
  /** user@host when the account is known here. */
  acct: string | null
}

export interface MoveState {
  aliases: Alias[]
  movedTo: Alias | null
  /** Not before this, when the person moved lately. */
  nextMoveAt: Date | null
}

/** Where one comes from and where one went. */
export async function moveState(ctx: Ctx, actorId: string): Promise<MoveState> {
  const actor = await loadActor(ctx, actorId)
  const known = await ctx.db<ActorRow>('actors').whereRaw('iri = any(?::text[])', [actor.aliases]).select('iri', 'username', 'domain')
  const names = new Map(known.map((row) => [row.iri, `${row.username}@${row.domain}`]))
  const target = actor.moved_to_id === null ? null : await loadActor(ctx, actor.moved_to_id)
  const next = actor.moved_at === null ? null : new Date(actor.moved_at.getTime() + MOVE_PAUSE_MS)
  return {
    aliases: actor.aliases.map((iri) => ({ iri, acct: names.get(iri) ?? null })),
    movedTo: target === null ? null : { iri: target.iri, acct: `${target.username}@${target.domain}` },
    nextMoveAt: next !== null && next > ctx.clock.now() ? next : null
  }
}

/** Says that an account elsewhere is one's own too, so that it can move here. Throws move.unknown, move.too-many (422), rate.limited. */
export async function addAlias(ctx: Ctx, actorId: string, { handle, mayAsk }: { handle: string; mayAsk: MayAsk }): Promise<void> {
  const other = await findElsewhere(ctx, handle, mayAsk)
  if (other.id === actorId) throw new AppError('move.self', 422, 'This is this very account.', { details: { field: 'handle' } })
  await ctx.db.transaction(async (trx) => {
    const changed = await trx('actors')
      .where({ id: actorId })
      .whereRaw('(? = any(aliases) or cardinality(aliases) < ?)', [other.iri, MAX_ALIASES])
      .update({ aliases: trx.raw('array_append(array_remove(aliases, ?), ?)', [other.iri, other.iri]) })
    if (changed === 0) throw new AppError('move.too-many', 422, 'That is too many accounts.', { details: { field: 'handle' } })
    await publishActorUpdate(ctx, trx, actorId)
  })
}

/** Takes that back. */
export async function removeAlias(ctx: Ctx, actorId: string, iri: string): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const changed = await trx('actors')
      .where({ id: actorId })
      .whereRaw('? = any(aliases)', [iri])
      .update({ aliases: trx.raw('array_remove(aliases, ?)', [iri]) })
    if (changed > 0) await publishActorUpdate(ctx, trx, actorId)
  })
}

/**
 * Sends the followers to another account of the same person, which must list this one already. The account stays, marked as moved.
 * Throws password.wrong, move.self, move.unknown, move.no-alias, move.too-soon (422), rate.limited.
 */
export async function moveAway(
  ctx: Ctx,
  account: AccountRow,
  actorId: string,
  input: { handle: string; password: string; mayAsk: MayAsk }
): Promise<void> {
  await assertPassword(account, input.password)
  const found = await findElsewhere(ctx, input.handle, input.mayAsk)
  if (found.id === actorId) throw new AppError('move.self', 422, 'This is this very account.', { details: { field: 'handle' } })
  // The list may be of this minute: it is read again from its own server.
  await input.mayAsk()
  const target = await getActorByIri(ctx, found.iri, { refresh: true }).catch((error: unknown) => {
    if (isAppError(error)) throw unknown()
    throw error
  })
  const actor = await loadActor(ctx, actorId)
  if (!aliasesOf(target).includes(actor.iri) || hasMoved(target))
    throw new AppError('move.no-alias', 422, 'The other account does not list this one yet.', { details: { field: 'handle' } })
  await ctx.db.transaction(async (trx) => {
    const now = ctx.clock.now()
    const changed = await trx('actors')
      .where({ id: actorId })
      .where((query) => query.whereNull('moved_at').orWhere('moved_at', '<=', new Date(now.getTime() - MOVE_PAUSE_MS)))
      .update({ moved_to_id: target.id, moved_at: now })
    if (changed === 0) throw new AppError('move.too-soon', 422, 'You moved less than thirty days ago.')
    await publishActorUpdate(ctx, trx, actorId)
    await publish(ctx, trx, {
      actor,
      type: 'Move',
      object: actor.iri,
      to: [actor.followers_iri!],
      cc: [],
      visibility: 'followers',
      extra: { target: target.iri }
    })
    await scheduleChores(trx, [{ kind: 'move-followers', subject: actorId, dueAt: now }])
    afterCommit(trx, () => ctx.queue.wake('chores'))
  })
}

/** The account is not moved any more; followers that went do not come back. */
export async function stayHere(ctx: Ctx, actorId: string): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const changed = await trx('actors').where({ id: actorId }).whereNotNull('moved_to_id').update({ moved_to_id: null })
    if (changed > 0) await publishActorUpdate(ctx, trx, actorId)
  })
}

async function findElsewhere(ctx: Ctx, handle: string, mayAsk: MayAsk): Promise<ActorRow> {
  if (parseHandle(handle.trim()) === null) throw unknown()
  const found = await findActorByHandle(ctx, handle.trim(), { mayAsk }).catch((error: unknown) => {
    if (isAppError(error) && error.code !== 'rate.limited') return null
    throw error
  })
  if (found === null || found.suspended_at !== null || found.deleted_at !== null || found.host_action === 'block') throw unknown()
  return found
}

function unknown(): AppError {
  return new AppError('move.unknown', 422, 'There is no such account, or its server does not answer.', { details: { field: 'handle' } })
}

async function loadActor(ctx: Ctx, id: string): Promise<ActorRow> {
  const actor = await ctx.db<ActorRow>('actors').where({ id }).first()
  if (actor === undefined) throw new AppError('account.unknown', 404, 'This account does not exist.')
  return actor
}
