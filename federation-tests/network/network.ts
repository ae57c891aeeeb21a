// One private internet for one test file: authority, front, and the environment that puts a child process on it.
// Tests reach hosts with `network.fetch('https://alpha.test/…')`; child processes with `network.env()`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Agent, buildConnector, fetch as undiciFetch, type RequestInit, type Response } from 'undici'
import { createAuthority, hasOpenssl } from './certificates.ts'
import { startFront, type Front } from './front.ts'
import { freePort } from './ports.ts'

export interface Connection {
  event: 'connect' | 'lookup-refused'
  host: string
  address: string
  port: number
  at: number
}

export interface Network {
  front: Front
  directory: string
  caFile: string
  env(): Record<string, string>
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** Every connection that the children opened or tried to open (Unix sockets apart). */
  connections(): Connection[]
  close(): Promise<void>
}

export const NETWORK_MISSING = hasOpenssl() ? false : 'openssl 3 is not installed: no certificates for the test network'
const PRELOAD = fileURLToPath(new URL('./testnet.cjs', import.meta.url))

export interface NetworkOptions {
  /** Real addresses and port 443, in a namespace of this process's own (peers/snac). */
  inNamespace?: boolean
  /** Furnishes the namespace before anything listens. */
  prepare?: (directory: string, caFile: string) => void
}

/** Starts a network; the caller closes it. */
export async function startNetwork(options: NetworkOptions = {}): Promise<Network> {
  const directory = mkdtempSync(join(tmpdir(), 'communer-net-'))
  const authority = createAuthority(directory)
  const inNamespace = options.inNamespace ?? false
  options.prepare?.(directory, authority.caFile)
  const front = await startFront(authority, inNamespace ? 443 : await freePort(), inNamespace)
  const logFile = join(directory, 'connections.jsonl')
  // The front speaks TLS in the test's own process: while that is busy, a handshake may take its time.
  const connect = buildConnector({ ca: authority.caPem, timeout: 60_000 })
  const agent = new Agent({
    connect: (target, done) =>
      connect({ ...target, hostname: '127.0.0.1', host: '127.0.0.1', port: String(front.port), servername: target.hostname }, done)
  })
  return {
    front,
    directory,
    caFile: authority.caFile,
    env: (): Record<string, string> =>
      inNamespace
        ? { NODE_EXTRA_CA_CERTS: authority.caFile }
        : {
            NODE_EXTRA_CA_CERTS: authority.caFile,
            NODE_OPTIONS: `--require=${PRELOAD}`,
            TESTNET_FRONT_PORT: String(front.port),
            TESTNET_LOG: logFile
          },
    fetch: (url, init) => undiciFetch(url, url.startsWith('http:') ? init : { ...init, dispatcher: agent }),
    connections: () => readLog(logFile),
    async close() {
      await agent.destroy()
      await front.close()
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

function readLog(file: string): Connection[] {
  try {
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Connection)
  } catch {
    return [] // nobody connected yet
  }
}
