// Decides whether what arrives concerns anybody here (O40): without this, any server could fill our public timeline. Reads only.
import type { Knex } from 'knex'
import type { NormObject } from './normalise.ts'
import { placeIn, type Surroundings } from '../db/remote-surroundings.ts'

export interface Candidate {
  norm: NormObject
  /** Null when the author is not stored: then nobody here follows them. */
  authorId: string | null
}

/**
 * For each candidate, whether it is related to this server: it names a local actor, answers something local or of someone followed from
 * here, or its author is followed from here (Mastodon's related_to_local_activity?).
 */
export async function relatedToUs(trx: Knex, candidates: Candidate[], around: Surroundings): Promise<boolean[]> {
  const open = candidates.map((candidate) => !concernsLocal(candidate, around))
  const asked = new Set<string>()
  candidates.forEach(({ norm, authorId }, index) => {
    if (!open[index]) return
    if (authorId !== null) asked.add(authorId)
    const parent = norm.inReplyTo === null ? undefined : around.parents.get(norm.inReplyTo)
    if (parent !== undefined) asked.add(parent.actor_id)
  })
  const followed = await followedFromHere(trx, [...asked])
  return candidates.map(({ norm, authorId }, index) => {
    const parent = norm.inReplyTo === null ? undefined : around.parents.get(norm.inReplyTo)
    return !open[index] || (authorId !== null && followed.has(authorId)) || (parent !== undefined && followed.has(parent.actor_id))
  })
}

// A group of ours that is named counts only where the author is heard: else anybody could fill our public timeline by naming one (O29).
function concernsLocal({ norm, authorId }: Candidate, around: Surroundings): boolean {
  const parent = norm.inReplyTo === null ? undefined : around.parents.get(norm.inReplyTo)
  if (parent !== undefined && (parent.local || parent.root_local === true)) return true
  if (authorId !== null && placeIn(norm, { id: authorId }, around)?.hearing === 'heard') return true
  const named = (iri: string): boolean => {
    const actor = around.actors.get(iri)
    return actor !== undefined && actor.local && (actor.type !== 'Group' || !isJudged(around, actor.id))
  }
  return norm.to.some(named) || norm.cc.some(named) || norm.mentions.some(named) || norm.audience.some(named)
}

/** True for groups with a row of their own; only they have a policy. */
function isJudged(around: Surroundings, groupId: string): boolean {
  return [...around.standings.keys()].some((key) => key.startsWith(`${groupId}:`))
}

/** Which of these actors have at least one accepted local follower. */
export async function followedFromHere(trx: Knex, actorIds: string[]): Promise<Set<string>> {
  if (actorIds.length === 0) return new Set()
  const rows = await trx.raw<{ rows: { id: string }[] }>(
    `select a.id from unnest(?::bigint[]) a (id) where exists (select 1 from follows f where f.followed_id = a.id and f.follower_local and f.state = 'accepted')`,
    [actorIds]
  )
  return new Set(rows.rows.map((row) => row.id))
}
