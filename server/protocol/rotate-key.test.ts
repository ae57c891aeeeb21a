// A new key of our own: announced, used at once, and the old one is worth nothing any more.
import t from 'tap'
import { saveFollow } from '../db/links.ts'
import { signingKey } from '../db/keys.ts'
import { testContext } from '../test/context.ts'
import { localPerson, remotePerson } from '../test/people.ts'
import { actorBytes } from './documents.ts'
import { rotateKey } from './local-actors.ts'

t.test('a rotated key has a new id, stands alone in the document, signs what leaves, and is announced to followers', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  await ctx
    .db('actors')
    .where({ id: alice.id })
    .update({ followers_iri: `${alice.iri}/followers` })
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f/1', follower: bob, followedId: alice.id, state: 'accepted' })
  const ids: string[] = []
  for (const _ of [1, 2]) ids.push(await rotateKey(ctx, alice.id))
  t.equal(new Set(ids).size, 2)
  const served = JSON.parse((await actorBytes(ctx, alice.iri))!.body.toString()) as { publicKey: { id: string; publicKeyPem: string } }
  t.equal(served.publicKey.id, ids[1])
  t.equal((await signingKey(ctx, alice.id)).keyIri, ids[1])
  t.same(await ctx.db('actor_keys').where({ actor_id: alice.id, retired_at: null }).pluck('key_iri'), [ids[1]])
  t.same(
    await ctx.db('actor_keys').where({ actor_id: alice.id }).whereNotNull('retired_at').whereNotNull('private_sealed'),
    [],
    'old private keys are gone'
  )
  const updates = (await ctx.db('activities').where({ type: 'Update' }).orderBy('id').pluck('body')).map(
    (body: string) => JSON.parse(body) as { object: { publicKey: object } }
  )
  t.match(updates.at(-1)!.object.publicKey, served.publicKey)
  t.equal((await ctx.db('deliveries')).length, 2)
  await t.rejects(rotateKey(ctx, bob.id), { code: 'actor.unknown' })
})
