// The only way out (choke point 5): every outgoing socket is opened here. Never trusts an address, a length, a type or an id.
import type { Config } from '../config.ts'
import type { Ctx } from '../context.ts'

export interface Sockets {
  close(): Promise<void>
}

export interface Budget {
  left: number
}

export interface FetchedDocument {
  json: Record<string, unknown>
  iri: string
}

export function createSockets(_config: Config): Sockets {
  return { close: async () => {} }
}

export async function closeSockets(sockets: Sockets): Promise<void> {
  await sockets.close()
}

export function newBudget(maxFetches = 8): Budget {
  return { left: maxFetches }
}

export async function fetchDocument(_ctx: Ctx, _iri: string, _opts: { unsigned?: boolean; budget?: Budget; allowCrossOriginId?: boolean } = {}): Promise<FetchedDocument> {
  throw new Error('soon')
}

export async function fetchJson(_ctx: Ctx, _url: string, _opts: { accept: string; maxBytes: number }): Promise<unknown> {
  throw new Error('soon')
}

export async function fetchMedia(_ctx: Ctx, _url: string, _opts: { maxBytes: number }): Promise<{ body: Buffer; mediaType: string }> {
  throw new Error('soon')
}

export async function postActivity(_ctx: Ctx, _post: { inbox: string; body: Buffer; headers: Record<string, string> }): Promise<{ status: number; retryAfterSeconds: number | null; text: string }> {
  throw new Error('soon')
}
