// Connections to other servers: one bounded set of keep-alive pools, and the guard that judges every address at connect time.
// Only the fetch files use it; nobody else may open a socket outward.
import dns, { type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { buildConnector, Pool } from 'undici'
import type { Config } from '../config.ts'
import { createLru, type Lru } from '../core/lru.ts'
import { isAllowedAddress, refused, type NetworkMode } from './fetch-url.ts'

/** A peer that does not accept a connection within this is down for us. */
const CONNECT_TIMEOUT_MS = 5_000
/** Sockets to one origin: deliveries to a big server share four, as browsers do six. */
const CONNECTIONS_PER_ORIGIN = 4
/** Origins with a pool at the same time. An idle pool holds no socket after the keep-alive time. */
const MAX_POOLS = 512
const KEEP_ALIVE_MS = 15_000
const HEADERS_TIMEOUT_MS = 10_000
const BODY_TIMEOUT_MS = 30_000
/** Remembered failures, whoever caused them. */
const MAX_NEGATIVE = 5_000
const MAX_HOST_MEMORY = 2_000

/** Replaces the network in tests; the judging of addresses stays. */
export interface NetworkHooks {
  /** Answers instead of the system's resolver. */
  lookup?: (hostname: string) => Promise<LookupAddress[]>
  /** Where a judged address really goes. */
  connectTo?: (hostname: string, port: number) => { address: string; port: number }
  /** PEM of the authority that signed the certificates of the test's servers. */
  ca?: string
}

export interface Sockets {
  pool(origin: string, mode: NetworkMode): Pool
  /** Failures of documents by URL: until when (ms) and the code to answer meanwhile. */
  negative: Lru<string, { untilMs: number; code: 'fetch.unreachable' | 'fetch.gone'; status: number }>
  /** Fetches under way and waiting, by host. */
  slots: Map<string, { active: number; waiting: (() => void)[] }>
  /** Signature scheme that worked, by host. */
  schemes: Lru<string, { scheme: 'cavage' | 'rfc9421'; untilMs: number }>
  close(): Promise<void>
}

/** The holder of every outgoing connection of a process. Close it before the process ends. */
export function createSockets(_config: Config, hooks: NetworkHooks = {}): Sockets {
  const connectors = { public: guardedConnector('public', hooks), local: guardedConnector('local', hooks) }
  const open = new Set<Pool>()
  const pools = createLru<string, Pool>(MAX_POOLS, (pool) => {
    void pool.close().then(() => open.delete(pool))
  })
  return {
    pool(origin, mode) {
      const key = `${mode} ${origin}`
      const known = pools.get(key)
      if (known !== undefined) return known
      const pool = new Pool(origin, {
        connect: connectors[mode],
        connections: CONNECTIONS_PER_ORIGIN,
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        headersTimeout: HEADERS_TIMEOUT_MS,
        bodyTimeout: BODY_TIMEOUT_MS
      })
      open.add(pool)
      pools.set(key, pool)
      return pool
    },
    negative: createLru(MAX_NEGATIVE),
    slots: new Map(),
    schemes: createLru(MAX_HOST_MEMORY),
    async close() {
      await Promise.all([...open].map((pool) => pool.destroy()))
    }
  }
}

/** undici's connector with a lookup that refuses a name as soon as one of its addresses is not public, and connects to what was judged. */
function guardedConnector(mode: NetworkMode, hooks: NetworkHooks): buildConnector.connector {
  const options = { timeout: CONNECT_TIMEOUT_MS, ...(hooks.ca === undefined ? {} : { ca: hooks.ca }) }
  const judge = callbackify((hostname: string) => judgedAddresses(hostname, mode, hooks))
  const lookup: LookupFunction = (hostname, wanted, callback) => {
    judge(hostname, (error, judged) => {
      if (error !== null) return callback(error, '')
      if (wanted.all) return callback(null, judged)
      callback(null, judged[0]!.address, judged[0]!.family)
    })
  }
  const connect = buildConnector({ ...options, lookup })
  if (hooks.connectTo === undefined) return connect
  const redirect = hooks.connectTo
  return (target, callback) => connect({ ...target, port: String(redirect(target.hostname, Number(target.port || 443)).port) }, callback)
}

/** Every address of a name, all of them allowed. The list is what is connected to: no second question, no rebinding (security.md F05). */
async function judgedAddresses(hostname: string, mode: NetworkMode, hooks: NetworkHooks): Promise<LookupAddress[]> {
  const found = await (hooks.lookup ?? systemLookup)(hostname)
  if (found.length === 0) throw Object.assign(new Error(`No address for ${hostname}`), { code: 'ENOTFOUND' })
  if (!found.every((one) => isAllowedAddress(one.address, mode))) throw refused('address')
  return hooks.connectTo === undefined ? found : [{ address: hooks.connectTo(hostname, 443).address, family: 4 }]
}

/** Through the property, at call time, and every address: so that the resolver's whole answer is judged. */
function systemLookup(hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(hostname, { all: true, verbatim: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
  })
}
