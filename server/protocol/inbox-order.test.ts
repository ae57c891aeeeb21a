// Whatever the order, the repetitions and the batches: the end is the same (P7, federation.md §5.4).
import fc from 'fast-check'
import t from 'tap'
import { insertObject } from '../db/objects.ts'
import type { ObjectRow } from '../db/rows.ts'
import { accept, activity, create, localFollow, note, PUBLIC } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { testInternet } from '../test/internet.ts'
import { localPerson } from '../test/people.ts'
import { getActorByIri } from './actors.ts'
import { processInbox } from './inbox.ts'

t.test('P7: no order of arrival brings back what was deleted or undone, or an older text', { timeout: 120_000 }, async (t) => {
  const { ctx } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const peer = (await testInternet(t, ctx)).host('peer.test')
  const alice = await localPerson(ctx, 'alice')
  const bob = await getActorByIri(ctx, peer.actor('bob').iri)
  await localFollow(ctx, alice, bob)
  let serial = 0

  const check = async (order: number[], workers: number, deleted: boolean): Promise<void> => {
    serial += 1
    const iri = `https://commune.test/ap/objects/${serial}`
    const ours = (await insertObject(ctx, ctx.db, {
      row: { iri, type: 'Note', local: true, actor_id: alice.id, visibility: 'public', published: ctx.clock.now(), doc: {} }
    }))!
    const post = note(bob)
    const edit = (minute: number): Record<string, unknown> => ({
      ...post,
      content: `<p>${minute}</p>`,
      updated: `2026-11-22T10:0${minute}:00Z`
    })
    peer.on(new URL(post.id).pathname, edit(2))
    const like = activity('Like', bob, iri)
    const boost = activity('Announce', bob, iri, { to: [PUBLIC] })
    const all = [
      create(bob, post),
      activity('Update', bob, edit(1)),
      activity('Update', bob, edit(2)),
      like,
      activity('Undo', bob, like),
      boost,
      activity('Undo', bob, boost),
      activity('Delete', bob, post.id)
    ]
    const sent = deleted ? all : all.slice(0, -1)
    for (const at of order) {
      const one = sent[at % sent.length]!
      await accept(ctx, one)
      if (at % 3 === 0) await Promise.all(Array.from({ length: workers }, () => processInbox(ctx, 2)))
    }
    for (const one of sent) await accept(ctx, one)
    while ((await Promise.all(Array.from({ length: workers }, () => processInbox(ctx, 3)))).some((done) => done > 0));
    const row = await ctx.db<ObjectRow>('objects').where({ iri: post.id }).first()
    if (deleted) t.ok(row === undefined || row.deleted_at !== null, `deleted, in order ${order.join()}`)
    else t.equal(row?.content, '<p>2</p>', `newest text, in order ${order.join()}`)
    t.same(await ctx.db('likes').where({ object_id: ours.id }), [], `not liked, in order ${order.join()}`)
    t.same(await ctx.db('objects').where({ reblog_of_id: ours.id }), [], `not boosted, in order ${order.join()}`)
    t.equal(
      (await ctx.db('home_items').join('objects', 'objects.id', 'home_items.object_id').where({ iri: post.id, owner_id: alice.id })).length,
      deleted ? 0 : 1
    )
    t.same(await ctx.db('inbox_log').whereNot({ state: 'done' }).select('type', 'outcome'), [])
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { minLength: 4, maxLength: 16 }), fc.integer({ min: 1, max: 3 }), fc.boolean(), check),
    { numRuns: Number(process.env.COMMUNER_RUNS ?? 25), endOnFailure: true }
  )
})
