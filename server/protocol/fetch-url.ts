// Which URLs may be asked at all, before any name is resolved. Pure.
import { isIP } from 'node:net'
import { AppError } from '../core/errors.ts'
import { parseIri } from '../core/iri.ts'
import { isGlobalUnicast, isLoopback } from './address-guard.ts'

/** 'local' is the mode of an instance that lives on http://localhost: it may also talk to its own machine. */
export type NetworkMode = 'public' | 'local'

/** Ports ≥ 1024 that speak something else than HTTP: the Fetch standard's bad ports and the usual databases (security.md F25). */
const REFUSED_PORTS = new Set([
  1433, 1521, 1719, 1720, 1723, 2049, 2375, 2379, 2380, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5984, 6000, 6379, 6566, 6665, 6666,
  6667, 6668, 6669, 6679, 6697, 8086, 9042, 9200, 9300, 10080, 11211, 27017
])

/** The mode an instance of this origin works in: an http origin on the loopback is a development machine, never a public server. */
export function networkMode(origin: string | null): NetworkMode {
  const url = parseIri(origin)
  return url !== null && url.protocol === 'http:' && isLoopbackName(url.hostname) ? 'local' : 'public'
}

/** The parsed URL when it may be asked. Throws fetch.refused with the reason in details.reason; the sentence is one and the same (security.md F24). */
export function checkUrl(value: string, mode: NetworkMode): URL {
  const url = parseIri(value)
  if (url === null) throw refused('not an http address')
  const loopback = isLoopbackName(url.hostname)
  if (loopback && mode !== 'local') throw refused('loopback')
  if (url.protocol !== 'https:' && !loopback) throw refused('not https')
  if (!isAllowedPort(url.port)) throw refused('port')
  const literal = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  if (isIP(literal) !== 0) {
    if (!isAllowedAddress(literal, mode)) throw refused('address')
  } else if (!loopback && !/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i.test(url.hostname)) throw refused('host name')
  return url
}

/** True when a resolved address may be connected to. */
export function isAllowedAddress(address: string, mode: NetworkMode): boolean {
  return isGlobalUnicast(address) || (mode === 'local' && isLoopback(address))
}

export function refused(reason: string): AppError {
  return new AppError('fetch.refused', 422, 'This address cannot be reached from here.', { details: { reason } })
}

function isLoopbackName(hostname: string): boolean {
  const name = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name)
}

function isAllowedPort(port: string): boolean {
  if (port === '') return true
  const number = Number(port)
  return number === 443 || (number >= 1024 && !REFUSED_PORTS.has(number))
}
