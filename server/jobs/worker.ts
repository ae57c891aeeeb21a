// The worker: loops that empty the inbox and send deliveries when woken, and a sweeper that wakes them when nobody did.
import type { Ctx } from '../context.ts'
import { releaseAllLeases } from '../db/delivery-queue.ts'
import { sendReminders } from '../db/event-reminders.ts'
import { releaseReceived } from '../db/inbox-log.ts'
import { prune } from '../db/prune.ts'
import { forgetUnconfirmed } from '../features/accounts/confirm.ts'
import { forgetExports } from '../features/accounts/personal-data.ts'
import { pruneOrphanMedia } from '../features/media/media.ts'
import { pruneProxyCache } from '../features/media/proxy.ts'
import { removeLooseFiles } from '../features/media/sweep.ts'
import { deliverDue, stopDelivering } from '../protocol/deliver.ts'
import { CLAIM, isFlooded, processInbox } from '../protocol/inbox.ts'
import { ARCHIVES, CARDS, doChores, PUSHES, QUICK } from './chores.ts'
import { giveWay } from './give-way.ts'
import { createLoop, type Loop } from './loop.ts'
import { planWeekly } from './weekly-mail.ts'

export interface Worker {
  /** Stops claiming, finishes what is under way (at most 25 s), gives back the rest. */
  stop(): Promise<void>
}

export interface WorkerOptions {
  sweepEveryMs?: number
}

/** What a lost wake-up may cost, and how late a retry may be. */
const SWEEP_EVERY_MS = 30_000
const PRUNE_EVERY_MS = 3_600_000
/** In a flow of activities, effects wait this long for company: accepting has the processor meanwhile, and statements are shared by more. */
const GATHER_MS = 100
/** In a flood, effects are applied this much later at most. */
const GIVE_WAY_MS = 2_000
const LOOK_EVERY_MS = 20
/** Supervisors kill after 30 s or more; requests under way may take that long, ours are given back after this. */
const STOP_SENDING_MS = 20_000

/** Starts working. The queue's own failure to start is no failure: the sweeper needs only the database. */
export async function startWorker(ctx: Ctx, options: WorkerOptions = {}): Promise<Worker> {
  const peersFirst = giveWay({ busy: () => isFlooded(ctx), turnMs: GIVE_WAY_MS, lookEveryMs: LOOK_EVERY_MS })
  const loops = {
    inbox: createLoop({
      name: 'inbox',
      log: ctx.log,
      run: () => peersFirst().then(() => processInbox(ctx)),
      gather: { full: CLAIM, restMs: GATHER_MS }
    }),
    deliver: createLoop({ name: 'deliver', log: ctx.log, run: () => deliverDue(ctx), nudge: () => void deliverDue(ctx).catch(() => 0) }),
    chores: createLoop({ name: 'chores', log: ctx.log, run: () => doChores(ctx, QUICK) }),
    archives: createLoop({ name: 'archives', log: ctx.log, run: () => doChores(ctx, ARCHIVES) }),
    pushes: createLoop({ name: 'pushes', log: ctx.log, run: () => doChores(ctx, PUSHES) }),
    cards: createLoop({ name: 'cards', log: ctx.log, run: () => doChores(ctx, CARDS) }),
    reminders: createLoop({ name: 'reminders', log: ctx.log, run: () => sendReminders(ctx) }),
    prune: createLoop({
      name: 'prune',
      log: ctx.log,
      run: () => pruneAll(ctx)
    })
  } satisfies Record<string, Loop>
  const chores = (): void => {
    for (const lane of [loops.chores, loops.archives, loops.pushes, loops.cards]) lane.poke()
  }
  const sweep = (): void => {
    loops.inbox.poke()
    loops.deliver.poke()
    loops.reminders.poke()
    chores()
  }
  await takeOver(ctx)
  await ctx.queue.start({ inbox: loops.inbox.poke, deliver: loops.deliver.poke, chores, prune: loops.prune.poke })
  const sweeper = setInterval(sweep, options.sweepEveryMs ?? SWEEP_EVERY_MS)
  const pruner = setInterval(loops.prune.poke, PRUNE_EVERY_MS)
  sweep()
  loops.prune.poke()
  return {
    async stop() {
      clearInterval(sweeper)
      clearInterval(pruner)
      await Promise.all([
        loops.inbox.stop(),
        loops.chores.stop(),
        loops.archives.stop(),
        loops.pushes.stop(),
        loops.cards.stop(),
        loops.reminders.stop(),
        loops.prune.stop(),
        stopDelivering(ctx, STOP_SENDING_MS).then(() => loops.deliver.stop())
      ])
    }
  }
}

/** The one server of an embedded cluster (main.ts asks for it exclusively) knows that whoever held a lease is dead: it goes on at once. */
async function takeOver(ctx: Ctx): Promise<void> {
  if (ctx.config.role !== 'all' || ctx.config.databaseUrl !== null) return
  await releaseReceived(ctx.db, null)
  await releaseAllLeases(ctx.db)
}

/** Every hour: the week's mail is planned when its time has come; what has served goes: rows, files nobody attached to a post within a day, files without a row, and what the picture cache holds too much. */
async function pruneAll(ctx: Ctx): Promise<number> {
  await planWeekly(ctx)
  const rows = (await prune(ctx.db, ctx.clock.now())) + (await pruneOrphanMedia(ctx))
  return rows + (await forgetUnconfirmed(ctx)) + (await forgetExports(ctx)) + (await removeLooseFiles(ctx)) + (await pruneProxyCache(ctx))
}
