// Which representation a request wants (federation.md §1.7): machines and browsers meet at the same addresses. Pure.
import type { IncomingHttpHeaders } from 'node:http'

/** W21: several peers compare the whole header. */
export const ACTIVITY_TYPE = 'application/activity+json; charset=utf-8'

/** The weight of each media type in an Accept header; a malformed weight counts as 1. */
function weights(accept: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const part of accept.split(',').slice(0, 32)) {
    const [type, ...params] = part.split(';')
    const q = params.map((param) => /^\s*q\s*=\s*([0-9.]+)/i.exec(param)?.[1]).find((value) => value !== undefined)
    const weight = q === undefined || Number.isNaN(Number(q)) ? 1 : Number(q)
    const name = type!.trim().toLowerCase()
    found.set(name, Math.max(found.get(name) ?? 0, weight))
  }
  return found
}

/** True when ActivityStreams is wanted at an address that has an HTML page: asked for by name, and more than HTML. */
export function wantsActivity({ headers }: { headers: IncomingHttpHeaders }): boolean {
  const accept = weights(headers.accept ?? '')
  const activity = Math.max(accept.get('application/activity+json') ?? 0, accept.get('application/ld+json') ?? 0)
  return activity > 0 && activity > (accept.get('text/html') ?? 0)
}

/** True when a machine's address is opened by a browser: HTML asked for by name, and not less than ActivityStreams. */
export function wantsPage({ headers }: { headers: IncomingHttpHeaders }): boolean {
  const accept = weights(headers.accept ?? '')
  const html = accept.get('text/html') ?? 0
  const machine = Math.max(
    accept.get('application/activity+json') ?? 0,
    accept.get('application/ld+json') ?? 0,
    accept.get('application/json') ?? 0
  )
  return html > 0 && html >= machine
}
