// Accounts that move, towards us, away from us, and past us.
import t from 'tap'
import { doChores } from '../../jobs/chores.ts'
import { hashPassword } from '../../core/password.ts'
import { addAlias, moveAway, moveState, removeAlias } from '../../features/accounts/move.ts'
import { saveFollow } from '../../db/links.ts'
import { activity, localFollow, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { testInternet, type RemoteActor } from '../../test/internet.ts'
import { citizen, localPerson } from '../../test/people.ts'
import { getActorByIri } from '../actors.ts'

/** The limit on questions is the routes’ (http/lookups.test.ts). */
const mayAsk = async (): Promise<void> => {}

async function scene(t: Parameters<typeof testContext>[0]) {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const internet = await testInternet(t, ctx)
  const [old, fresh] = [internet.host('peer.test'), internet.host('other.test')]
  const bob = old.actor('bob')
  /** An account of other.test that lists these. */
  const at = (name: string, alsoKnownAs: string[], more = {}): RemoteActor => fresh.actor(name, { alsoKnownAs, ...more })
  const alice = await localPerson(ctx, 'alice')
  const stored = await getActorByIri(ctx, bob.iri)
  await localFollow(ctx, alice, stored)
  const follows = async (): Promise<string[]> =>
    ctx
      .db('follows')
      .join('actors', 'actors.id', 'follows.followed_id')
      .where({ follower_id: alice.id })
      .orderBy('actors.iri')
      .pluck('actors.iri')
  const move = (target: string, by: { iri: string } = bob, more = {}) => receive(ctx, activity('Move', by, by.iri, { target, ...more }))
  return { ...context, internet, bob, at, alice, stored, follows, move }
}

t.test('[38] O20: a Move counts only when the old account signs it and the new one, read again, lists the old', async (t) => {
  const { ctx, bob, at, alice, follows, move } = await scene(t)
  const stranger = at('stranger', [])
  const carol = at('carol', ['https://peer.test/users/somebody'])
  t.equal(await move(stranger.iri), 'ignored-move')
  t.equal(await move(carol.iri), 'ignored-move')
  t.equal(await receive(ctx, activity('Move', stranger, bob.iri, { target: stranger.iri })), 'refused-owner', 'signed by another')
  t.equal(await receive(ctx, activity('Move', bob, bob.iri, { target: stranger.iri }), stranger.iri), 'refused-signer')
  await doChores(ctx)
  t.same(await follows(), [bob.iri])
  // Known already without the alias: what is stored is not believed.
  await getActorByIri(ctx, at('bob2', []).iri)
  const fresh = at('bob2', [bob.iri])
  t.equal(await move(fresh.iri), 'moved')
  await doChores(ctx)
  t.same(await follows(), [fresh.iri])
  const sent = await ctx.db('activities').where({ actor_id: alice.id }).orderBy('id').select('type', 'object_iri')
  t.match(sent, [
    { type: 'Follow', object_iri: fresh.iri },
    { type: 'Undo', object_iri: bob.iri }
  ])
})

t.test('O21: one hop, one move in thirty days, no loop, nobody followed against a lock', async (t) => {
  const { ctx, clock, bob, at, alice, follows, move } = await scene(t)
  const onward = at('onward', [bob.iri], { movedTo: 'https://peer.test/users/nowhere' })
  t.equal(await move(onward.iri), 'ignored-move', 'who went on itself')
  t.equal(await move(bob.iri), 'ignored-move', 'to oneself')
  const first = at('first', [bob.iri])
  const second = at('second', [bob.iri, first.iri])
  t.equal(await move(first.iri), 'moved')
  await doChores(ctx)
  clock.advance(29 * 86_400_000)
  t.equal(await move(second.iri), 'ignored-move', 'too soon')
  await ctx.db('actors').where({ iri: first.iri }).update({ aliases: [] })
  t.equal(await move(bob.iri, first), 'ignored-move', 'back to where it came from, which has moved')
  t.same(await follows(), [first.iri])
  clock.advance(2 * 86_400_000)
  const local = await localPerson(ctx, 'bob', { locked: true, aliases: [first.iri] })
  t.equal(await move(local.iri, first), 'moved', 'towards us')
  await doChores(ctx)
  t.match(await ctx.db('follows').where({ follower_id: alice.id }), [{ followed_id: local.id, state: 'pending' }])
})

t.test('O20: a Move to a citizen who does not list the old account moves nobody', async (t) => {
  const { ctx, bob, follows, move } = await scene(t)
  const local = await localPerson(ctx, 'zoe')
  t.equal(await move(local.iri), 'ignored-move')
  await doChores(ctx)
  t.same(await follows(), [bob.iri])
})

t.test('moving away: password, a target that lists us, then Move to the followers; once in thirty days', async (t) => {
  const { ctx, at, stored } = await scene(t)
  const { actor, account } = await citizen(ctx, 'zoe', { password_hash: await hashPassword('correct horse') })
  await ctx
    .db('actors')
    .where({ id: actor.id })
    .update({ followers_iri: `${actor.iri}/followers` })
  await saveFollow(ctx, ctx.db, { iri: 'https://peer.test/f/1', follower: stored, followedId: actor.id, state: 'accepted' })
  const neighbour = await localPerson(ctx, 'nina')
  await localFollow(ctx, neighbour, actor)
  const closed = at('zoe', [])
  const go = (password = 'correct horse') => moveAway(ctx, account, actor.id, { handle: '@zoe@other.test', password, mayAsk })
  await t.rejects(go('wrong'), { code: 'password.wrong' })
  await t.rejects(go(), { code: 'move.no-alias' })
  await t.rejects(moveAway(ctx, account, actor.id, { handle: 'nobody@other.test', password: 'correct horse', mayAsk }), {
    code: 'move.unknown'
  })
  t.same(await ctx.db('activities').where({ actor_id: actor.id }), [])
  at('zoe', [actor.iri])
  await go()
  const moves = (await ctx.db('activities').where({ type: 'Move' }).pluck('body')).map((body: string) => JSON.parse(body) as object)
  t.match(moves, [{ actor: actor.iri, object: actor.iri, target: closed.iri }])
  t.match(await ctx.db('actors').where({ id: actor.id }).first('doc'), { doc: { movedTo: closed.iri } })
  t.ok((await ctx.db('deliveries').pluck('inbox')).includes('https://peer.test/inbox'))
  await doChores(ctx)
  t.match(await ctx.db('follows').where({ follower_id: neighbour.id }), [{ state: 'pending' }], 'neighbours go along')
  await t.rejects(go(), { code: 'move.too-soon' })
  t.match(await moveState(ctx, actor.id), { movedTo: { acct: 'zoe@other.test' }, nextMoveAt: Date })
})

t.test('moving here: an alias is on the wire at once, and off again', async (t) => {
  const { ctx, bob } = await scene(t)
  const { actor } = await citizen(ctx, 'zoe')
  await t.rejects(addAlias(ctx, actor.id, { handle: 'not a handle', mayAsk }), { code: 'move.unknown' })
  await t.rejects(addAlias(ctx, actor.id, { handle: '@zoe@commune.test', mayAsk }), { code: 'move.self' })
  await addAlias(ctx, actor.id, { handle: '@bob@peer.test', mayAsk })
  t.match(await moveState(ctx, actor.id), { aliases: [{ iri: bob.iri, acct: 'bob@peer.test' }] })
  const doc = async (): Promise<Record<string, unknown>> => (await ctx.db('actors').where({ id: actor.id }).first('doc')).doc
  t.same((await doc()).alsoKnownAs, [bob.iri])
  await removeAlias(ctx, actor.id, bob.iri)
  t.equal((await doc()).alsoKnownAs, undefined)
})
