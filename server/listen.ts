// Listens: puts the app on its port, with sentences for what can go wrong there.
import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import type { Ctx } from './context.ts'
import { AppError } from './core/errors.ts'

export interface Web {
  /** Address on this machine, with the real port when PORT is 0. */
  localUrl: string
  /** Stops accepting, waits for requests under way. */
  close(): Promise<void>
}

/** Starts the web role. Throws AppError web.* with a sentence that says what to do. */
export async function startWeb(ctx: Ctx): Promise<Web> {
  const app = await buildApp(ctx)
  const { host, port } = ctx.config
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw explain(error, host, port)
  }
  const address = app.server.address() as AddressInfo
  const name = ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return { localUrl: `http://${name}:${address.port}`, close: () => app.close() }
}

function explain(cause: unknown, host: string, port: number): unknown {
  const code = (cause as { code?: string }).code
  if (code === 'EADDRINUSE')
    return new AppError(
      'web.port-taken',
      500,
      `Port ${port} on ${host} is taken by another program. Stop that program, or choose another port: PORT=${port + 1} npm start`,
      { cause }
    )
  if (code === 'EACCES')
    return new AppError(
      'web.port-forbidden',
      500,
      `This user may not listen on port ${port}. Choose a port above 1023 (PORT=3000) and put a reverse proxy in front.`,
      { cause }
    )
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new AppError(
      'web.host',
      500,
      `HOST=${host} is not an address of this machine. Use 127.0.0.1 behind a reverse proxy, or 0.0.0.0 for every address.`,
      { cause }
    )
  return cause
}
