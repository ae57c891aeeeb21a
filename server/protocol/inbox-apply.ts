// Applies one claimed activity: finds its effect by type and turns every failure into an outcome or another try. Claims nothing itself.
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { isAnyBlocked } from '../db/hosts.ts'
import type { ActorRow, InboxLogRow } from '../db/rows.ts'
import { getActorByIri } from './actors.ts'
import { authorise } from './authorise.ts'
import { applyAnnounce } from './effects/announce.ts'
import { applyAnswer } from './effects/answer.ts'
import { factsOf, type Arrival, type Effect } from './effects/arrival.ts'
import { applyBlock } from './effects/block.ts'
import { applyCreate } from './effects/create.ts'
import { applyDelete } from './effects/delete.ts'
import { applyFeatured } from './effects/featured.ts'
import { applyFlag } from './effects/flag.ts'
import { applyFollow } from './effects/follow.ts'
import { applyLock } from './effects/group-decision.ts'
import { applyJoin } from './effects/join.ts'
import { applyDislike } from './effects/dislike.ts'
import { applyLike } from './effects/like.ts'
import { applyMove } from './effects/move.ts'
import { applyQuoteRequest } from './effects/quote.ts'
import { applyUndo } from './effects/undo.ts'
import { applyUpdate } from './effects/update.ts'
import { newBudget } from './fetch.ts'
import { involvedHosts } from './involved.ts'
import type { Outcome } from './outcomes.ts'

/** Effects that need the actor's row, signed by the actor itself. */
const EFFECTS = new Map<string, Effect>([
  ['Follow', applyFollow],
  ['Accept', applyAnswer],
  ['Reject', applyAnswer],
  ['TentativeAccept', applyAnswer],
  ['Ignore', applyAnswer],
  ['Join', applyJoin],
  ['Leave', applyJoin],
  ['Invite', applyJoin],
  ['Undo', applyUndo],
  ['Like', applyLike],
  ['EmojiReact', applyLike],
  ['Announce', (ctx, arrival) => applyAnnounce(ctx, arrival)],
  ['Block', applyBlock],
  ['Lock', applyLock],
  ['Flag', applyFlag],
  ['Move', applyMove],
  ['Add', applyFeatured],
  ['Remove', applyFeatured],
  ['QuoteRequest', applyQuoteRequest],
  ['Dislike', applyDislike]
])
/** Effects that may also be asked for by somebody else (forwarded), and judge that themselves. */
const FORWARDABLE = new Map<string, (ctx: Ctx, arrival: Arrival) => Promise<Outcome>>([
  ['Create', applyCreate],
  ['Update', applyUpdate],
  ['Delete', applyDelete]
])

/** What became of it. Throws only what is worth another try (temporary failures) and our own mistakes. */
export async function applyArrival(ctx: Ctx, arrival: Arrival): Promise<Outcome> {
  try {
    return await dispatch(ctx, arrival)
  } catch (error) {
    if (!(error instanceof AppError) || isTemporary(error)) throw error
    if (error.code === 'fetch.gone') return 'gone'
    if (error.code.startsWith('document.')) return 'refused-document'
    if (error.status >= 500 && !error.code.startsWith('fetch.')) throw error
    return 'refused-fetch'
  }
}

async function dispatch(ctx: Ctx, arrival: Arrival): Promise<Outcome> {
  const { activity, signerIri } = arrival
  const forwardable = FORWARDABLE.get(activity.type)
  const effect = EFFECTS.get(activity.type)
  if (await isAnyBlocked(ctx, involvedHosts(activity, signerIri))) return 'refused-blocked'
  if (forwardable === undefined && (effect === undefined || signerIri !== activity.actor)) {
    const verdict = authorise(factsOf(ctx, arrival))
    return verdict.decision === 'refuse' ? verdict.outcome : 'ignored-type'
  }
  const actor = arrival.actor ?? (await findSigner(ctx, arrival))
  if (actor?.host_action === 'block') return 'refused-blocked'
  if (actor !== null && (actor.suspended_at !== null || actor.deleted_at !== null)) return 'refused-suspended'
  if (forwardable !== undefined) return forwardable(ctx, { ...arrival, actor })
  return actor === null ? 'unknown-actor' : effect!(ctx, { ...arrival, actor })
}

/** The verifier stores whoever signs; a row that vanished since is fetched again, except to delete it. */
async function findSigner(ctx: Ctx, { activity, signerIri }: Arrival): Promise<ActorRow | null> {
  const stored = await ctx.db<ActorRow>('actors').where({ iri: activity.actor }).first()
  if (stored !== undefined) return stored
  if (signerIri !== activity.actor || activity.type === 'Delete') return null
  return getActorByIri(ctx, activity.actor, { budget: newBudget(3) })
}

/** PostgreSQL's classes of "not now": deadlock and serialisation, shutdown, connection, resources, lock and statement time-outs. */
const TEMPORARY_SQL = /^(40|57P|08|53|55P03|57014)/

/** True for failures that another try may cure. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'fetch.unreachable' || error.status === 503 || error.status === 429
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && (TEMPORARY_SQL.test(code) || /^(ECONN|ETIMEDOUT|EPIPE)/.test(code))
}

/** Waits between tries: a peer that is down for minutes, then for hours. */
const DELAYS_MINUTES = [1, 5, 15, 60, 180, 360, 720]
/** After a day nobody waits for it any more, and peers that matter will have been read by other ways. */
const GIVE_UP_MS = 24 * 60 * 60 * 1000
/** Our own mistakes are tried again a little: they may depend on the moment. */
const MAX_FAILURES = 3

/** When to try again, or the outcome with which it is given up. */
export function afterFailure(
  ctx: Ctx,
  row: Pick<InboxLogRow, 'attempts' | 'received_at'>,
  error: unknown
): { at: Date } | { outcome: Outcome } {
  const now = ctx.clock.now()
  const temporary = isTemporary(error)
  if (!temporary && row.attempts >= MAX_FAILURES) return { outcome: 'dead-failed' }
  const minutes = DELAYS_MINUTES[Math.min(Math.max(row.attempts - 1, 0), DELAYS_MINUTES.length - 1)]!
  const at = new Date(now.getTime() + minutes * 60_000)
  if (now.getTime() - row.received_at.getTime() >= GIVE_UP_MS) return { outcome: temporary ? 'dead-unreachable' : 'dead-failed' }
  return { at }
}
