// Says who signed a request (choke point 2). Reads no payload beyond its digest.
import type { IncomingHttpHeaders } from 'node:http'
import type { Ctx } from '../context.ts'

export interface SignedRequest {
  method: string
  /** Path and query exactly as received. */
  target: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  body: Buffer | null
}

export interface Verified {
  keyIri: string
  actorId: string
  actorIri: string
  host: string
}

export async function verifyRequest(_ctx: Ctx, _request: SignedRequest): Promise<Verified> {
  throw new Error('soon')
}
