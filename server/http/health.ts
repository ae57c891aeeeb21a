// For supervisors: /livez (the process), /readyz (database, migrations, queue), /metrics (numbers for Prometheus). Nothing personal here.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { readHealthNumbers } from '../db/health.ts'
import { pendingMigrations } from '../db/migrate.ts'

/** A supervisor's own limit is often 5 s: answer before. */
const CHECK_LIMIT_MS = 3_000

const PUBLIC = { config: { public: true } }

/** Fastify plugin with the three routes. */
export async function health(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  app.addHook('onClose', async () => void delay.disable())
  app.get('/livez', PUBLIC, async () => ({ status: 'ok' }))
  app.get('/readyz', PUBLIC, async (_request, reply) => {
    const checks = {
      database: await passes(async () => void (await ctx.db.raw('select 1'))),
      migrations: await passes(async () => {
        if ((await pendingMigrations(ctx.db)).length > 0) throw new Error('migrations are waiting')
      }),
      queue: await passes(async () => {
        const { ready, problem } = await ctx.queue.status()
        if (!ready) throw new Error(problem ?? 'the queue engine does not answer')
      })
    }
    const ready = Object.values(checks).every(Boolean)
    reply.header('cache-control', 'no-store')
    if (!ready) reply.code(503).header('retry-after', '5')
    return { status: ready ? 'ok' : 'unavailable', checks }
  })
  app.get('/metrics', PUBLIC, async (request, reply) => {
    if (!mayRead(request))
      throw new AppError('metrics.forbidden', 403, 'Metrics are for this machine, or for an administrator with a token.')
    reply.type('text/plain; version=0.0.4; charset=utf-8').header('cache-control', 'no-store')
    return metricsText({ ...(await readHealthNumbers(ctx.db)), ...processNumbers(delay) })
  })
}

async function passes(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too slow')), CHECK_LIMIT_MS)
  })
  try {
    await Promise.race([check(), limit])
    return true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

/** Loopback and not through a proxy (whose clients are anybody), or an administrator. */
function mayRead(request: FastifyRequest): boolean {
  const auth = (request as { auth?: { account?: { role?: string } | null } | null }).auth
  if (auth?.account?.role === 'admin') return true
  const proxied = request.headers['x-forwarded-for'] ?? request.headers['forwarded']
  return proxied === undefined && /^(127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? '')
}

function processNumbers(delay: { percentile(p: number): number; reset(): void }): Record<string, number> {
  const lagSeconds = delay.percentile(99) / 1e9
  delay.reset()
  const cpu = process.cpuUsage()
  return {
    communer_process_resident_bytes: process.memoryUsage.rss(),
    communer_process_cpu_seconds: (cpu.user + cpu.system) / 1e6,
    communer_process_uptime_seconds: process.uptime(),
    communer_event_loop_lag_p99_seconds: Number.isFinite(lagSeconds) ? lagSeconds : 0
  }
}

/** Prometheus' text format, one gauge a line. */
function metricsText(numbers: Record<string, number>): string {
  return Object.entries(numbers)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}
