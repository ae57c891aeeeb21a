import t from 'tap'
import type { DeliveryRow } from '../db/rows.ts'
import { publish } from '../protocol/outbox.ts'
import { testContext } from '../test/context.ts'
import { localActor, remoteActor } from '../test/publishers.ts'
import { startSink } from '../test/sink.ts'
import { waitUntil } from '../test/wait.ts'
import { createLoop } from './loop.ts'
import { createQueue } from './queue.ts'
import { startWorker } from './worker.ts'

type Teardown = Parameters<typeof testContext>[0]

async function instance(t: Teardown, redisUrl: string | null) {
  const { ctx } = await testContext(t, { origin: 'http://localhost:29998', config: { redisUrl } })
  const queue = await createQueue(ctx)
  ctx.queue = queue
  const sink = await startSink(t)
  const alice = await localActor(ctx, 'alice')
  const bob = await remoteActor(ctx, sink.origin, 'bob')
  const follow = () => publish(ctx, ctx.db, { actor: alice, type: 'Follow', object: bob.iri, to: [bob.iri], cc: [], visibility: 'direct' })
  return { ctx, sink, follow, queue }
}

t.test('what is published while a worker runs leaves at once', async (t) => {
  const { ctx, sink, follow, queue } = await instance(t, null)
  const worker = await startWorker(ctx, { sweepEveryMs: 3_600_000 })
  t.teardown(async () => {
    await worker.stop()
    await queue.close()
  })
  await follow()
  await waitUntil('it is there', () => sink.letters.length === 1)
  await follow()
  await waitUntil('the second too', () => sink.letters.length === 2)
  await waitUntil('both are done', async () => (await ctx.db<DeliveryRow>('deliveries').where({ state: 'done' })).length === 2)
})

t.test('another process publishes: the wake-up reaches the worker through the engine', async (t) => {
  const { ctx, sink, follow, queue } = await instance(t, null)
  const workerQueue = await createQueue(ctx)
  const worker = await startWorker({ ...ctx, queue: workerQueue }, { sweepEveryMs: 3_600_000 })
  t.teardown(async () => {
    await worker.stop()
    await workerQueue.close()
    await queue.close()
  })
  await follow()
  await waitUntil('it is there', () => sink.letters.length === 1)
})

t.test('with the queue engine dead or emptied, the sweeper still finds the work', async (t) => {
  const { ctx, sink, follow, queue } = await instance(t, 'redis://127.0.0.1:1')
  // Published by a process whose wake-up goes nowhere.
  await follow()
  const workerQueue = await createQueue(ctx)
  const worker = await startWorker({ ...ctx, queue: workerQueue }, { sweepEveryMs: 50 })
  t.teardown(async () => {
    await worker.stop()
    await workerQueue.close()
    await queue.close()
  })
  await waitUntil('it is there', () => sink.letters.length === 1)
  await follow()
  await waitUntil('the next one too', () => sink.letters.length === 2)
})

t.test('a loop survives an error, tries again by itself, and looks again when poked while it runs', async (t) => {
  const { ctx } = await testContext(t, { site: false })
  let runs = 0
  let release: () => void = () => {}
  const loop = createLoop({
    name: 'test',
    log: ctx.log,
    async run() {
      runs += 1
      if (runs === 1) throw new Error('the database restarts')
      if (runs === 2) await new Promise<void>((resolve) => (release = resolve))
      return 0
    }
  })
  loop.poke()
  await waitUntil('it tries again', () => runs === 2)
  loop.poke()
  release()
  await waitUntil('it looks again', () => runs === 3)
  await loop.stop()
  loop.poke()
  t.equal(runs, 3, 'not after a stop')
})
