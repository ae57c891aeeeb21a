// Connections one address may hold open: a school behind one address has a few hundred browsers, more is somebody who hoards (Q01).
import type { Server, Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'

const MAX_PER_ADDRESS = 400

/** Closes what an address opens beyond its share. Addresses of reverse proxies speak for everybody and are not counted. */
export function limitConnections(server: Pick<Server, 'on'>, config: Pick<Config, 'trustProxy'>, max: number = MAX_PER_ADDRESS): void {
  // Who trusts every address, a number of hops or a network has a proxy in front, which limits better than we can.
  if (config.trustProxy !== 'false' && config.trustProxy !== 'loopback') return
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    if (config.trustProxy === 'loopback' && /^(::ffff:)?127\.|^::1$/.test(address)) return
    const count = (open.get(address) ?? 0) + 1
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left <= 0) open.delete(address)
      else open.set(address, left)
    })
    if (count > max) socket.destroy()
  })
}

/** An onResponse hook: who asked for another protocol and got an answer instead has left the server's time limits; nothing would ever close it. */
export async function endRefusedUpgrade(request: FastifyRequest): Promise<void> {
  if (request.raw.headers.upgrade !== undefined) request.raw.socket.destroySoon()
}
