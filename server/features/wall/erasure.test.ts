// Erasure reaches what was sent: the words of a deleted post leave our database too, once nobody is owed them any more.
import t from 'tap'
import { saveFollow } from '../../db/links.ts'
import { prune } from '../../db/prune.ts'
import { localPerson, remotePerson } from '../../test/people.ts'
import { testContext } from '../../test/context.ts'
import { createNote } from './create-note.ts'
import { deleteObject } from './delete-object.ts'

t.test('the words of a deleted post are wiped from what was sent, but not before they could be delivered', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f1', follower: bob, followedId: alice.id, state: 'accepted' })
  const kept = await createNote(ctx, alice, { text: 'Je reste.', visibility: 'public' })
  const secret = await createNote(ctx, alice, { text: 'Oubliez mon secret.', visibility: 'public' })
  // It is on its way while it is deleted: a sender holds it.
  await ctx.db('deliveries').update({ lease_until: new Date(ctx.clock.now().getTime() + 30_000) })
  await deleteObject(ctx, { role: 'member', actorId: alice.id }, secret)
  const words = async () =>
    (await ctx.db('activities').select<{ body: string }[]>('body')).map((row) => row.body).filter((body) => body.includes('mon secret'))
      .length

  await prune(ctx.db, ctx.clock.now())
  t.equal(await words(), 1, 'still owed to a server')
  await ctx.db('deliveries').update({ state: 'done', finished_at: ctx.clock.now() })
  await prune(ctx.db, ctx.clock.now())
  t.equal(await words(), 0, 'gone')
  const [other] = await ctx.db('activities').where({ object_iri: kept.iri, type: 'Create' }).select<{ body: string }[]>('body')
  t.match(other?.body, /Je reste/)
})
