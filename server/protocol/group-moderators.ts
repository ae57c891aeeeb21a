// Who moderates a group of another server: its moderators collection (FEP-1b12, `attributedTo` of the Group), read there and stored.
import type { Ctx } from '../context.ts'
import { AppError, isAppError } from '../core/errors.ts'
import { sameOrigin } from '../core/iri.ts'
import { keepModerators, moderates, moderatorsReadAt, saveModerators } from '../db/group-moderation.ts'
import type { ActorRow } from '../db/rows.ts'
import { claimVisit } from '../db/visits.ts'
import { fetchDocument, type Budget } from './fetch.ts'
import { asArray, idOf } from './normalise-values.ts'

const MAX_MODERATORS = 256
/** Somebody who is not on the list may have been added since: asked again at most this often. */
const FRESH_MS = 10 * 60_000
/** A server that did not answer is asked again at most this often, whoever says they moderate there. */
const ASKED_AGAIN_MS = 5 * 60_000

/** The address of a group's moderators collection, on the group's own server; null when it names none. */
export function moderatorsIri(group: Pick<ActorRow, 'iri' | 'doc' | 'local'>): string | null {
  if (group.local) return `${group.iri}/moderators`
  for (const value of [group.doc['attributedTo'], group.doc['moderators']]) {
    const iri = idOf(value)
    if (iri !== null && iri !== group.iri && sameOrigin(iri, group.iri)) return iri
  }
  return null
}

/**
 * True when this actor decides in the group: the group itself, a stored moderator, or somebody of a foreign group's own server, which
 * could as well sign as the group (Lemmy's administrators). The stored list of a foreign group is read again when it may be old.
 * Throws fetch.unreachable while its server cannot say, without asking when it was asked a moment ago.
 */
export async function decidesIn(ctx: Ctx, group: ActorRow, actorIri: string, budget: Budget): Promise<boolean> {
  if (actorIri === group.iri || (await moderates(ctx.db, group.id, actorIri))) return true
  if (group.local) return false
  if (sameOrigin(actorIri, group.iri)) return true
  const readAt = await moderatorsReadAt(ctx.db, group.id)
  if (readAt !== null && ctx.clock.now().getTime() - readAt.getTime() < FRESH_MS) return false
  await readModerators(ctx, group, budget)
  return moderates(ctx.db, group.id, actorIri)
}

/** Reads the collection and stores it. A server that does not show it leaves what we know, which stands as long as what was read. */
async function readModerators(ctx: Ctx, group: ActorRow, budget: Budget): Promise<void> {
  const iri = moderatorsIri(group)
  if (iri === null) return
  const now = ctx.clock.now()
  const visit = { kind: 'moderators' as const, subject: group.id, at: now }
  if (!(await claimVisit(ctx.db, visit, new Date(now.getTime() - ASKED_AGAIN_MS))))
    throw new AppError('fetch.unreachable', 503, 'The other server does not answer.', { retryAfterSeconds: ASKED_AGAIN_MS / 1000 })
  try {
    const { json } = await fetchDocument(ctx, iri, { budget })
    const iris = asArray(json['orderedItems'] ?? json['items'], MAX_MODERATORS).flatMap((item) => idOf(item) ?? [])
    await saveModerators(ctx, ctx.db, group.id, [...new Set(iris)])
  } catch (error) {
    if (!isAnswer(error)) throw error
    await keepModerators(ctx, ctx.db, group.id)
  }
}

/** A refusal or something unreadable is an answer; silence, or a question that was not asked for want of budget, is none. */
function isAnswer(error: unknown): boolean {
  return isAppError(error) && error.code !== 'fetch.unreachable' && error.details['reason'] !== 'budget'
}
