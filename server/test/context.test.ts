import t from 'tap'
import { requireSite } from '../db/site.ts'
import { testContext } from './context.ts'

t.test('a test context has a migrated database of its own', async (t) => {
  const first = await testContext(t)
  const second = await testContext(t, { origin: 'https://other.test' })
  await first.ctx.db('settings').insert({ key: 'only-here', value: '1' })
  t.equal(await first.ctx.db('settings').where({ key: 'only-here' }).first().then(Boolean), true)
  t.equal(await second.ctx.db('settings').where({ key: 'only-here' }).first().then(Boolean), false)
})

t.test('the site is set up unless a test asks for the time before', async (t) => {
  const ready = await testContext(t)
  t.equal(requireSite(ready.ctx).origin, 'https://commune.test')
  const before = await testContext(t, { site: false })
  t.throws(() => requireSite(before.ctx), { code: 'site.not-set-up', status: 503 })
})

t.test('the clock moves only when it is moved', async (t) => {
  const { ctx, clock } = await testContext(t, { site: false })
  const start = ctx.clock.now().getTime()
  clock.advance(5000)
  t.equal(ctx.clock.now().getTime() - start, 5000)
})
