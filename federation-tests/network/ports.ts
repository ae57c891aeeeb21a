// Finds free loopback ports below 32768, so that they never collide with the kernel's own outgoing ones.
import { createServer } from 'node:net'

let next = 13000 + ((process.pid * 37) % 15000)

/** Returns a port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    next = next >= 31000 ? 13000 : next + 1
    if (await isFree(next)) return next
  }
  throw new Error('no free port between 13000 and 31000')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
