// Which signature scheme a host understands: draft-cavage unless it once refused it and took RFC 9421 (federation.md §2.1).
import type { Ctx } from '../context.ts'
import { findScheme, saveScheme } from '../db/hosts.ts'
import type { SignatureScheme } from './sign.ts'

/** Servers change: what was learned is tried for this long, then cavage first again. */
const MEMORY_MS = 7 * 86_400_000

/** The scheme to try first. */
export async function signatureScheme(ctx: Ctx, host: string): Promise<SignatureScheme> {
  const nowMs = ctx.clock.now().getTime()
  const known = ctx.sockets.schemes.get(host)
  if (known !== undefined && known.untilMs > nowMs) return known.scheme
  const stored = await findScheme(ctx, host)
  const untilMs = stored === null ? 0 : stored.at.getTime() + MEMORY_MS
  const fresh = stored !== null && untilMs > nowMs
  const scheme = fresh ? stored.scheme : 'cavage'
  // Another process may learn better: an answer that is only our default is kept for a minute.
  ctx.sockets.schemes.set(host, { scheme, untilMs: fresh ? untilMs : nowMs + 60_000 })
  return scheme
}

/** Remembers the scheme a host accepted after refusing the other one. */
export async function rememberScheme(ctx: Ctx, host: string, scheme: SignatureScheme): Promise<void> {
  ctx.sockets.schemes.set(host, { scheme, untilMs: ctx.clock.now().getTime() + MEMORY_MS })
  await saveScheme(ctx, host, scheme)
}

/** Takes what a query already brought along, so that a batch of deliveries does not ask host by host. Known hosts keep what they have. */
export function primeScheme(ctx: Ctx, host: string, scheme: SignatureScheme | null, at: Date | null): void {
  const nowMs = ctx.clock.now().getTime()
  const known = ctx.sockets.schemes.get(host)
  if (known !== undefined && known.untilMs > nowMs) return
  const untilMs = at === null ? 0 : at.getTime() + MEMORY_MS
  const fresh = scheme !== null && untilMs > nowMs
  ctx.sockets.schemes.set(host, { scheme: fresh ? scheme : 'cavage', untilMs: fresh ? untilMs : nowMs + 60_000 })
}
