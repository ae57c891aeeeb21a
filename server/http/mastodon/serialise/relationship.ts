// How one stands to an account → Relationship entity. Pure.
import type { RelationshipRow } from '../../../db/relationships.ts'
import type { Relationship } from './entities.ts'

/** Relationship (docs.joinmastodon.org/entities/Relationship). */
export function toRelationship(row: RelationshipRow): Relationship {
  return {
    id: row.id,
    following: row.following,
    showing_reblogs: (row.following || row.requested) && row.reblogs,
    notifying: row.notify,
    languages: row.languages,
    followed_by: row.followed_by,
    blocking: row.blocking,
    blocked_by: row.blocked_by,
    muting: row.muting,
    muting_notifications: row.muting_notifications,
    requested: row.requested,
    requested_by: row.requested_by,
    domain_blocking: row.domain_blocking,
    endorsed: row.endorsed,
    note: row.note
  }
}
