import t from 'tap'
import { cancelChore, moveChore, scheduleChores } from '../db/chores.ts'
import { testContext } from '../test/context.ts'
import { doChores, type ChoreWork } from './chores.ts'

const HOUR_MS = 3_600_000

t.test('a chore asked for twice is done once, at the earlier date', async (t) => {
  const { ctx, clock } = await testContext(t)
  const done: string[] = []
  const works: Record<string, ChoreWork> = {
    close: async (_ctx, subject) => {
      done.push(subject)
      return null
    }
  }
  const at = (hours: number) => new Date(ctx.clock.now().getTime() + hours * HOUR_MS)
  await scheduleChores(ctx.db, [{ kind: 'close', subject: '1', dueAt: at(2) }])
  await scheduleChores(ctx.db, [{ kind: 'close', subject: '1', dueAt: at(1) }])
  t.equal(await doChores(ctx, works), 0, 'nothing is due yet')
  clock.advance(HOUR_MS)
  t.equal(await doChores(ctx, works), 1)
  clock.advance(2 * HOUR_MS)
  t.equal(await doChores(ctx, works), 0)
  t.same(done, ['1'])
})

t.test('a chore that failed is tried again later, and an outage only makes it late', async (t) => {
  const { ctx, clock } = await testContext(t)
  let broken = true
  const works: Record<string, ChoreWork> = {
    ask: async () => {
      if (broken) throw new Error('nobody answers')
      return null
    }
  }
  await scheduleChores(ctx.db, [{ kind: 'ask', subject: 'x', dueAt: ctx.clock.now() }])
  await doChores(ctx, works)
  t.match(await ctx.db('chores').first(), { attempts: 1, last_error: 'nobody answers', lease_until: null })
  t.equal(await doChores(ctx, works), 0, 'not at once')
  broken = false
  clock.advance(24 * HOUR_MS)
  t.equal(await doChores(ctx, works), 1)
  t.equal(await ctx.db('chores').first(), undefined)
})

t.test('a chore can come again, be moved, and be cancelled', async (t) => {
  const { ctx, clock } = await testContext(t)
  let times = 0
  const works: Record<string, ChoreWork> = {
    poll: async (ctx) => {
      times += 1
      return new Date(ctx.clock.now().getTime() + HOUR_MS)
    }
  }
  await scheduleChores(ctx.db, [{ kind: 'poll', subject: 'x', dueAt: ctx.clock.now() }])
  await doChores(ctx, works)
  t.equal(await doChores(ctx, works), 0)
  clock.advance(HOUR_MS)
  await doChores(ctx, works)
  t.equal(times, 2)
  await moveChore(ctx.db, { kind: 'poll', subject: 'x', dueAt: ctx.clock.now() })
  t.equal(await doChores(ctx, works), 1)
  await cancelChore(ctx.db, 'poll', 'x')
  clock.advance(HOUR_MS)
  t.equal(await doChores(ctx, works), 0)
})

t.test('two workers never do the same chore side by side, and a chore asked for again while it is done stays', async (t) => {
  const { ctx } = await testContext(t)
  const works: Record<string, ChoreWork> = {
    ask: async (ctx, subject) => {
      t.equal(await doChores(ctx, works), 0, 'the other worker finds nothing')
      await scheduleChores(ctx.db, [{ kind: 'ask', subject, dueAt: new Date(ctx.clock.now().getTime() - 1) }])
      return null
    }
  }
  await scheduleChores(ctx.db, [{ kind: 'ask', subject: 'x', dueAt: ctx.clock.now() }])
  t.equal(await doChores(ctx, works), 1)
  t.match(await ctx.db('chores').first(), { kind: 'ask', lease_until: null })
})
