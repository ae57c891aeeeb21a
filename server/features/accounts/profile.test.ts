// What people change about themselves reaches those who follow them.
import t from 'tap'
import type { ActivityRow, DeliveryRow } from '../../db/rows.ts'
import { testContext } from '../../test/context.ts'
import { citizen } from '../../test/people.ts'
import { remoteActor, remoteFollow } from '../../test/publishers.ts'
import { updateProfile } from './profile.ts'

t.test('[37] an edited profile reaches every follower’s server once, whole and public', async (t) => {
  const { ctx } = await testContext(t)
  const { actor } = await citizen(ctx, 'alice')
  for (const [host, name, shared] of [
    ['big.test', 'bob', true],
    ['big.test', 'eve', true],
    ['small.test', 'zoe', true],
    ['own.test', 'ann', false],
    ['own.test', 'tom', false]
  ] as const)
    await remoteFollow(ctx, await remoteActor(ctx, `https://${host}`, name, shared), actor)
  await remoteActor(ctx, 'https://stranger.test', 'nobody')

  await updateProfile(ctx, actor, {})
  t.same(await ctx.db('deliveries'), [], 'nothing is sent when nothing changed')

  await updateProfile(ctx, actor, { displayName: 'Alice Payet', note: 'Jardinière' })
  const [update, ...others] = await ctx.db<ActivityRow>('activities').where({ type: 'Update' })
  t.equal(others.length, 0)
  const document = JSON.parse(update!.body)
  t.match(document, { type: 'Update', actor: actor.iri, to: ['https://www.w3.org/ns/activitystreams#Public'] })
  t.match(document.object, { id: actor.iri, type: 'Person', name: 'Alice Payet', inbox: actor.inbox, publicKey: { owner: actor.iri } })
  t.match(document.object.summary, /Jardinière/)
  const sent = await ctx.db<DeliveryRow>('deliveries').where({ activity_id: update!.id })
  t.same(
    sent.map(({ inbox }) => inbox).toSorted(),
    ['https://big.test/inbox', 'https://own.test/users/ann/inbox', 'https://own.test/users/tom/inbox', 'https://small.test/inbox'],
    'once per shared inbox, or per follower where there is none'
  )
})
