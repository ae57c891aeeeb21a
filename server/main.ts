// The process: reads the settings, starts the roles, says where it stands in sentences, stops gracefully. Only this file listens.
import { readConfig, type Config } from './config.ts'
import type { Ctx } from './context.ts'
import { isAppError } from './core/errors.ts'
import { createContext, type Instance } from './create-context.ts'
import { loadSite } from './db/site.ts'
import { startWorker } from './jobs/worker.ts'
import { readSetupCode, removeSetupCode } from './features/setup/setup-code.ts'
import { startWeb, type Web } from './listen.ts'

/** Workers may take 25 s to finish what is in flight; a little more for the rest. */
const STOP_DEADLINE_MS = 30_000
/** How soon another process' set-up or change of settings is seen here. */
const SITE_REFRESH_MS = 10_000

interface Running {
  stop(): Promise<void>
}

async function start(config: Config): Promise<Running> {
  const instance: Instance = await createContext(config, { exclusive: config.role === 'all' })
  const { ctx } = instance
  // A promise nobody waited for must not take the commune down; it is an error of ours to be seen and mended.
  process.on('unhandledRejection', (error) => {
    ctx.count('process.unhandled-rejection')
    ctx.log.error({ err: error }, 'a failure was not handled')
  })
  const stops: (() => Promise<void>)[] = [() => instance.close()]
  const stop = async (): Promise<void> => {
    for (const step of stops.splice(0).toReversed()) await step()
  }
  try {
    if (config.role !== 'web') {
      const worker = await startWorker(ctx)
      stops.push(() => worker.stop())
    }
    const web = config.role === 'worker' ? null : await startWeb(ctx)
    if (web !== null) stops.push(() => web.close())
    const refresh = setInterval(
      () => void loadSite(ctx).catch((error: unknown) => ctx.log.warn({ err: error }, 'the site settings could not be read')),
      SITE_REFRESH_MS
    )
    stops.push(async () => clearInterval(refresh))
    announce(ctx, web)
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

function announce(ctx: Ctx, web: Web | null): void {
  if (ctx.site !== null) removeSetupCode(ctx.config.dataDir)
  if (web === null) return void console.log('Communer worker is ready')
  const url = ctx.site?.origin ?? ctx.config.publicUrl ?? web.localUrl
  const lines = [`Communer is ready at ${url}`]
  if (url !== web.localUrl) lines.push(`Listening on ${web.localUrl}`)
  if (ctx.site === null) lines.push(`Open ${url}/installation?code=${readSetupCode(ctx.config.dataDir)} to set up your commune`)
  // In one piece, for programs that wait for it.
  console.log(lines.join('\n'))
}

/** First signal: a graceful stop. Second one: at once; what was acknowledged is in the database. */
function stopOnSignals(running: Promise<Running>): void {
  let stopping = false
  const onSignal = (): void => {
    if (stopping) process.exit(1)
    stopping = true
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref()
    running
      .then((process_) => process_.stop())
      .then(
        () => process.exit(0),
        () => process.exit(1)
      )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

function fail(error: unknown): never {
  if (isAppError(error)) console.error(error.message)
  else console.error(error)
  process.exit(1)
}

try {
  const running = start(readConfig())
  stopOnSignals(running)
  await running
} catch (error) {
  fail(error)
}
