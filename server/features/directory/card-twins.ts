// Two cards that look like the same: the town hall makes one of them, or says that they are two. What is empty in the one that stays is
// filled from the other; who followed the other is sent on where nobody answers for it.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { answerTwins, lockTwins } from '../../db/card-twins.ts'
import { scheduleChores } from '../../db/chores.ts'
import { findCard, saveCard, type CardColumns, type CardRow } from '../../db/directory.ts'
import type { ActorRow } from '../../db/rows.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'
import { afterCommit, publish } from '../../protocol/outbox.ts'
import { inheritRequests } from './card-inheritance.ts'
import { tellOfMerge } from './card-notices.ts'

/** They are two: never asked again. Throws permission.denied (403), twins.unknown (404). */
export async function keepBoth(ctx: Ctx, who: Who, lowId: string, highId: string): Promise<void> {
  assertCan(who, 'directory.edit')
  await ctx.db.transaction(async (trx) => {
    const pair = await lockTwins(trx, lowId, highId)
    if (pair === null) throw unknown()
    await answerTwins(trx, pair, { state: 'different', keptId: null, byId: who.actorId, at: ctx.clock.now() })
  })
}

/** Keeps one of the two. Throws permission.denied (403), twins.unknown (404), twins.owned (409): the other has an owner, the kept one has not. */
export async function mergeTwins(ctx: Ctx, who: Who, lowId: string, highId: string, keptId: string): Promise<void> {
  assertCan(who, 'directory.edit')
  if (keptId !== lowId && keptId !== highId) throw unknown()
  await ctx.db.transaction(async (trx) => {
    const pair = await lockTwins(trx, lowId, highId)
    const kept = pair === null ? null : await findCard(trx, keptId)
    const other = pair === null ? null : await findCard(trx, keptId === lowId ? highId : lowId)
    if (pair === null || kept === null || other === null) throw unknown()
    if (kept.state === 'unclaimed' && other.state !== 'unclaimed')
      throw new AppError('twins.owned', 409, 'Somebody answers for the other card: keep that one.')
    const now = ctx.clock.now()
    await answerTwins(trx, pair, { state: 'merged', keptId, byId: who.actorId, at: now })
    // First the other goes, so that the numbers both have are one card's again.
    await trx('directory_cards').where({ actor_id: other.actor_id }).update({ listed: false, updated_at: now })
    await saveCard(trx, keptId, missing(kept, other), now)
    await inheritRequests(ctx, trx, { kept, otherId: other.actor_id })
    await describe(trx, keptId, other.actor_id)
    if (other.state === 'unclaimed') await sendOn(ctx, trx, other.actor_id, keptId)
    else await tellOfMerge(ctx, trx, other.actor_id, keptId)
    await publishActorUpdate(ctx, trx, keptId)
  })
}

/** What is empty in `kept`, from `other`. Where the other is shown less exactly, its address stays its own. */
function missing(kept: CardRow, other: CardRow): Partial<CardColumns> {
  const filled: Partial<CardColumns> = {}
  const take = <Key extends keyof CardColumns>(key: Key, isEmpty: (value: CardColumns[Key]) => boolean): void => {
    if (isEmpty(kept[key]) && !isEmpty(other[key])) filled[key] = other[key]
  }
  for (const key of ['org_type', 'siret', 'rna'] as const) take(key, (value) => value === null)
  for (const key of ['phone', 'email', 'website'] as const) take(key, (value) => value === '')
  for (const key of ['themes', 'skills', 'accessibility'] as const) take(key, (value) => value.length === 0)
  take('hours', (value) => Object.keys(value).length === 0)
  if (EXACTNESS.indexOf(other.precision) < EXACTNESS.indexOf(kept.precision)) return filled
  for (const key of ['street', 'postal_code', 'locality'] as const) take(key, (value) => value === '')
  if (kept.latitude === null) Object.assign(filled, { latitude: other.latitude, longitude: other.longitude })
  return filled
}

const EXACTNESS = ['hidden', 'commune', 'street', 'exact']

/** A card without a word about itself takes the other's. */
async function describe(trx: Knex, keptId: string, otherId: string): Promise<void> {
  await trx('actors')
    .where({ id: keptId, summary: '' })
    .update({ summary: trx('actors').where({ id: otherId }).select('summary') } as never)
}

/** The other is the commune's own, and so is its word that both are one: followers everywhere go over. */
async function sendOn(ctx: Ctx, trx: Knex, otherId: string, keptId: string): Promise<void> {
  const now = ctx.clock.now()
  const actors = await trx<ActorRow>('actors').whereIn('id', [otherId, keptId])
  const other = actors.find(({ id }) => id === otherId)!
  const kept = actors.find(({ id }) => id === keptId)!
  for (const [one, twin] of [
    [other, kept],
    [kept, other]
  ] as const) {
    await trx('actors')
      .where({ id: one.id })
      .update({ aliases: trx.raw('array_append(array_remove(aliases, ?), ?)', [twin.iri, twin.iri]) })
  }
  await trx('actors').where({ id: otherId }).update({ moved_to_id: keptId, moved_at: now })
  await publishActorUpdate(ctx, trx, keptId)
  await publishActorUpdate(ctx, trx, otherId)
  await publish(ctx, trx, {
    actor: other,
    type: 'Move',
    object: other.iri,
    to: [other.followers_iri!],
    cc: [],
    visibility: 'followers',
    extra: { target: kept.iri }
  })
  await scheduleChores(trx, [{ kind: 'move-followers', subject: otherId, dueAt: now }])
  afterCommit(trx, () => ctx.queue.wake('chores'))
}

function unknown(): AppError {
  return new AppError('twins.unknown', 404, 'These two cards do not wait for an answer.')
}
