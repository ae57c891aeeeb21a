// Who moderates a group of another server: its moderators collection (FEP-1b12, `attributedTo` of the Group), read there and stored.
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { sameOrigin } from '../core/iri.ts'
import { moderates, moderatorsReadAt, saveModerators } from '../db/group-moderation.ts'
import type { ActorRow } from '../db/rows.ts'
import { fetchDocument, type Budget } from './fetch.ts'
import { asArray, idOf } from './normalise-values.ts'

const MAX_MODERATORS = 256
/** Somebody who is not on the list may have been added since: asked again at most this often. */
const FRESH_MS = 10 * 60_000

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

/** Reads the collection and stores it. A server that cannot show it leaves what we know. */
async function readModerators(ctx: Ctx, group: ActorRow, budget: Budget): Promise<void> {
  const iri = moderatorsIri(group)
  if (iri === null) return
  try {
    const { json } = await fetchDocument(ctx, iri, { budget })
    const iris = asArray(json['orderedItems'] ?? json['items'], MAX_MODERATORS).flatMap((item) => idOf(item) ?? [])
    await saveModerators(ctx, ctx.db, group.id, [...new Set(iris)])
  } catch (error) {
    if (!isAppError(error, 'fetch.gone')) throw error
  }
}
