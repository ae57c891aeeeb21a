import t from 'tap'
import { testContext } from '../test/context.ts'
import { findScheme, forgetPolicies, policyOf, saveScheme } from './hosts.ts'

t.test('a policy covers sub-domains, the closest one decides, look-alikes are not covered', async (t) => {
  const { ctx } = await testContext(t)
  t.equal(await policyOf(ctx, 'peer.test'), null)
  await ctx.db('domain_policies').insert([
    { host: 'peer.test', action: 'block' },
    { host: 'good.peer.test', action: 'allow' },
    { host: 'other.test', action: 'limit' }
  ])
  forgetPolicies(ctx)
  const expected: [string, string | null][] = [
    ['peer.test', 'block'],
    ['a.b.peer.test', 'block'],
    ['peer.test:8443', 'block'],
    ['good.peer.test', 'allow'],
    ['x.good.peer.test', 'allow'],
    ['other.test', 'limit'],
    ['xpeer.test', null],
    ['peer.test.evil.test', null],
    ['test', null]
  ]
  for (const [host, action] of expected) t.equal(await policyOf(ctx, host), action, host)
})

t.test('the signature scheme of a host is kept', async (t) => {
  const { ctx, clock } = await testContext(t)
  t.equal(await findScheme(ctx, 'peer.test'), null)
  await saveScheme(ctx, 'peer.test', 'rfc9421')
  t.same(await findScheme(ctx, 'peer.test'), { scheme: 'rfc9421', at: clock.now() })
  await saveScheme(ctx, 'peer.test', 'cavage')
  t.match(await findScheme(ctx, 'peer.test'), { scheme: 'cavage' })
})
