// Preload (`node --require testnet.cjs`) that gives a process a private internet: *.test and *.example resolve to public-looking
// addresses (11.22.x.y) whose port 443 is a TLS front on loopback; nothing else outside loopback can be reached. The program's own
// address guards stay on and judge those addresses. It must never let a packet out, nor soften a guard.
'use strict'
const dns = require('node:dns')
const net = require('node:net')
const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')

const frontPort = Number(process.env.TESTNET_FRONT_PORT)
const logFile = process.env.TESTNET_LOG
const isTestName = (name) => /\.(test|example)\.?$/i.test(name)

/** `ip-10-0-0-1.x.test` answers that address, `flip-….test` a public one first and that one afterwards; every other name a public one. */
const lookups = new Map()
function addressesOf(rawName) {
  const name = rawName.toLowerCase().replace(/\.$/, '')
  const spelled = /^(ip|flip|both)-([0-9a-f-]+)\./.exec(name)
  const seen = lookups.get(name) ?? 0
  lookups.set(name, seen + 1)
  if (spelled === null) return [publicAddress(name)]
  const parts = spelled[2].split('-')
  const address = parts.length === 4 && !spelled[2].includes('--') ? parts.join('.') : spelled[2].replaceAll('-', ':')
  if (spelled[1] === 'both') return [publicAddress(name), address]
  return [spelled[1] === 'flip' && seen === 0 ? publicAddress(name) : address]
}

function publicAddress(name) {
  let hash = 0
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) >>> 0
  return `11.22.${hash % 250}.${1 + ((hash >>> 8) % 250)}`
}

const note = (entry) => {
  if (logFile) fs.appendFileSync(logFile, JSON.stringify({ pid: process.pid, at: Date.now(), ...entry }) + '\n')
}
const refuse = (code, host) => Object.assign(new Error(`${code} ${host} (test network)`), { code, hostname: host })
const record = (address) => ({ address, family: net.isIP(address) })

const realLookup = dns.lookup
function answer(name, options, callback) {
  if (!isTestName(name)) {
    if (net.isIP(name) || name === 'localhost') return realLookup(name, options, callback)
    note({ event: 'lookup-refused', host: name })
    return process.nextTick(callback, refuse('ENOTFOUND', name))
  }
  const found = addressesOf(name).map(record)
  const wanted = found.filter((one) => !options.family || one.family === Number(String(options.family).slice(-1)))
  if (wanted.length === 0) return process.nextTick(callback, refuse('ENOTFOUND', name))
  if (options.all) return process.nextTick(callback, null, wanted)
  return process.nextTick(callback, null, wanted[0].address, wanted[0].family)
}
dns.lookup = function lookup(name, options, callback) {
  if (typeof options === 'function') return answer(name, {}, options)
  return answer(name, typeof options === 'number' ? { family: options } : (options ?? {}), callback)
}
dns.promises.lookup = (name, options) =>
  new Promise((resolve, reject) => {
    dns.lookup(name, options ?? {}, (error, address, family) => {
      if (error) reject(error)
      else resolve(Array.isArray(address) ? address : { address, family })
    })
  })
for (const kind of ['resolve', 'resolve4', 'resolve6']) {
  const addresses = async (name) => {
    const family = kind === 'resolve6' ? 6 : 4
    const found = isTestName(name) ? addressesOf(name).filter((one) => net.isIP(one) === family) : []
    if (found.length === 0) throw refuse('ENODATA', name)
    return found
  }
  dns.promises[kind] = addresses
  dns[kind] = (name, ...rest) => addresses(name).then((found) => rest.at(-1)(null, found), rest.at(-1))
}

const isLoopback = (host) => host === 'localhost' || host === '::1' || host.startsWith('127.')
const isPublic = (address) => address.startsWith('11.22.')

/** Keeps the caller's own lookup (its guard) and afterwards turns the judged address into the front's. */
function guarded(lookup, host, port) {
  return (name, options, callback) => {
    lookup(name, options, (error, address) => {
      if (error) return callback(error)
      const judged = Array.isArray(address) ? address.map((one) => one.address) : [address]
      for (const one of judged) note({ event: 'connect', host, address: one, port })
      if (!judged.every(isPublic) || port !== 443) return callback(refuse('ENETUNREACH', host))
      if (Array.isArray(address)) return callback(null, [{ address: '127.0.0.1', family: 4 }])
      return callback(null, '127.0.0.1', 4)
    })
  }
}

const realConnect = net.Socket.prototype.connect
net.Socket.prototype.connect = function connect(...args) {
  const normal = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args)
  const [options, callback] = normal
  if (options.path) return realConnect.apply(this, args)
  const host = options.host || 'localhost'
  const port = Number(options.port)
  if (isLoopback(host)) {
    note({ event: 'connect', host, address: host, port })
    return realConnect.apply(this, args)
  }
  if (net.isIP(host) === 0) {
    const through = { ...options, port: frontPort, lookup: guarded(options.lookup ?? dns.lookup, host, port) }
    return callback ? realConnect.call(this, through, callback) : realConnect.call(this, through)
  }
  note({ event: 'connect', host, address: host, port })
  if (isPublic(host) && port === 443) {
    const through = { ...options, host: '127.0.0.1', port: frontPort }
    return callback ? realConnect.call(this, through, callback) : realConnect.call(this, through)
  }
  process.nextTick(() => this.destroy(refuse('ENETUNREACH', host)))
  return this
}
syncBuiltinESMExports()
