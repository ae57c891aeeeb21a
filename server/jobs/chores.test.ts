import t from 'tap'
import { cancelChore, claimChores, finishChore, moveChore, scheduleChores } from '../db/chores.ts'
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

t.test('what is scheduled while it is being done is done once more, at whatever date', async (t) => {
  const { ctx, clock } = await testContext(t)
  const due = clock.now()
  for (const again of [due, new Date(due.getTime() + 60_000), new Date(due.getTime() - 60_000)]) {
    await scheduleChores(ctx.db, [{ kind: 'mail', subject: '1', dueAt: due }])
    const [claimed] = await claimChores(ctx.db, ['mail'], due, new Date(due.getTime() + 300_000), 1)
    await scheduleChores(ctx.db, [{ kind: 'mail', subject: '1', dueAt: again }])
    await finishChore(ctx.db, claimed!, null)
    t.match(await ctx.db('chores').select('subject', 'lease_until'), [{ subject: '1', lease_until: null }])
    await ctx.db('chores').delete()
  }
  await ctx.db.raw("select wake_chore('idea-threshold', '7')")
  const [woken] = await claimChores(ctx.db, ['idea-threshold'], due, new Date(due.getTime() + 300_000), 1)
  await ctx.db.raw("select wake_chore('idea-threshold', '7')")
  await finishChore(ctx.db, woken!, null)
  t.equal((await ctx.db('chores')).length, 1)
  const [once] = await claimChores(ctx.db, ['idea-threshold'], due, new Date(due.getTime() + 300_000), 1)
  await finishChore(ctx.db, once!, null)
  t.equal((await ctx.db('chores')).length, 0)
})
