// The reverse check: does the handle an actor shows really lead back to it? (federation.md §1.2 point 5, security.md O33)
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import type { HandleFact, RemoteActor } from '../db/actors.ts'
import type { Budget } from './fetch.ts'
import { askWebFinger, parseHandle, type Handle } from './webfinger.ts'

/**
 * The handle to show for an actor, verified when WebFinger leads back to its id. An unverified one is `preferredUsername@host(id)`.
 * Null when it cannot be known now (host down): what is stored stays.
 */
export async function checkHandle(ctx: Ctx, actor: RemoteActor, budget?: Budget): Promise<HandleFact | null> {
  const plain: Handle = { username: actor.username, domain: actor.host }
  const claimed = actor.claimedHandle === null ? null : parseHandle(actor.claimedHandle)
  try {
    for (const candidate of claimed === null ? [plain] : [claimed, plain]) {
      const answer = await askWebFinger(ctx, candidate, budget)
      if (answer !== null && answer.actorIri === actor.iri && answer.username.toLowerCase() === actor.username.toLowerCase()) {
        return { username: actor.username, domain: answer.domain, verified: true }
      }
      if (claimed !== null && claimed.username === plain.username && claimed.domain === plain.domain) break
    }
  } catch (error) {
    if (isAppError(error)) return null
    throw error
  }
  return { ...plain, verified: false }
}
