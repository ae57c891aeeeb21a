import t from 'tap'
import { testContext } from '../test/context.ts'
import { waitUntil } from '../test/wait.ts'
import { createQueue } from './queue.ts'

const ENGINES = process.env['TEST_REDIS_URL'] ? ['postgresql', 'redis'] : ['postgresql']

for (const engine of ENGINES) {
  const config = engine === 'redis' ? { redisUrl: process.env['TEST_REDIS_URL']! } : {}

  t.test(`${engine}: a wake-up of one process reaches the worker of another`, async (t) => {
    const { ctx } = await testContext(t, { config })
    const web = await createQueue(ctx)
    const worker = await createQueue(ctx)
    t.teardown(() => Promise.all([web.close(), worker.close()]))
    let woken = 0
    await worker.start({ deliver: () => void (woken += 1) })
    web.wake('deliver')
    await waitUntil('the worker is woken', () => woken > 0)
    t.equal((await web.status()).engine, engine)
    t.same((await web.status()).ready, true)
  })

  t.test(`${engine}: a burst is few jobs, and nothing is kept`, async (t) => {
    const { ctx } = await testContext(t, { config })
    const web = await createQueue(ctx)
    const worker = await createQueue(ctx)
    t.teardown(() => Promise.all([web.close(), worker.close()]))
    for (let index = 0; index < 500; index += 1) web.wake('inbox')
    let woken = 0
    await waitUntil('one job waits', async () => (await web.status()).waiting === 1)
    for (let index = 0; index < 500; index += 1) web.wake('inbox')
    await worker.start({ inbox: () => void (woken += 1) })
    await waitUntil('the worker is woken', () => woken > 0)
    await waitUntil('nothing waits', async () => (await web.status()).waiting === 0)
    t.ok(woken <= 4, `${woken} wake-ups for 1,000`)
  })

  t.test(`${engine}: a wake-up given just before the process ends still leaves`, async (t) => {
    const { ctx } = await testContext(t, { config })
    const command = await createQueue(ctx)
    command.wake('deliver')
    await command.close()
    const other = await createQueue(ctx)
    t.teardown(() => other.close())
    t.equal((await other.status()).waiting, 1)
  })
}

t.test('the process itself is woken at once, whatever the engine does', async (t) => {
  const { ctx } = await testContext(t, { config: { redisUrl: 'redis://127.0.0.1:1' } })
  const queue = await createQueue(ctx)
  t.teardown(() => queue.close())
  let woken = 0
  await queue.start({ deliver: () => void (woken += 1) })
  queue.wake('deliver')
  t.equal(woken, 1)
  t.equal((await queue.status()).ready, false)
})
