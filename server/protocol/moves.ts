// What both directions of a move go by: who lists whom, and how often one may move. Pure.
import type { ActorRow } from '../db/rows.ts'

/** Mastodon's own pause between two moves of an account. */
export const MOVE_PAUSE_MS = 30 * 86_400_000

/** The accounts an actor says are its own too (alsoKnownAs). */
export function aliasesOf(actor: Pick<ActorRow, 'local' | 'aliases' | 'doc'>): string[] {
  if (actor.local) return actor.aliases
  const listed: unknown = actor.doc['alsoKnownAs']
  return Array.isArray(listed) ? listed.filter((iri): iri is string => typeof iri === 'string') : []
}

/** The actor has gone on itself: nobody is sent after it (one hop). */
export function hasMoved(actor: Pick<ActorRow, 'local' | 'moved_to_id' | 'doc'>): boolean {
  return actor.moved_to_id !== null || (!actor.local && typeof actor.doc['movedTo'] === 'string')
}
