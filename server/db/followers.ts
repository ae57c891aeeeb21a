// Who follows an actor, seen from another host or from ours: what two servers compare to find out that they disagree (FEP-8fcf).
import type { Knex } from 'knex'

export interface FollowerOf {
  iri: string
  host: string
}

/** Accepted followers elsewhere, with their hosts. */
export async function remoteFollowers(db: Knex, actorId: string): Promise<FollowerOf[]> {
  return db('follows as f')
    .join('actors as a', 'a.id', 'f.follower_id')
    .where({ 'f.followed_id': actorId, 'f.state': 'accepted', 'f.follower_local': false })
    .select('a.iri', 'a.host')
}

/** The same of one host, in a steady order. */
export async function followersAt(db: Knex, actorId: string, host: string): Promise<string[]> {
  return db('follows as f')
    .join('actors as a', 'a.id', 'f.follower_id')
    .where({ 'f.followed_id': actorId, 'f.state': 'accepted', 'f.follower_local': false, 'a.host': host })
    .orderBy('f.id')
    .pluck('a.iri')
}

export interface FollowerHere {
  follow_id: string
  follower_id: string
  iri: string
  state: 'pending' | 'accepted'
}

/** Followers of ours, those who still wait for an answer too. */
export async function followersHere(db: Knex, actorId: string): Promise<FollowerHere[]> {
  return db('follows as f')
    .join('actors as a', 'a.id', 'f.follower_id')
    .where({ 'f.followed_id': actorId, 'f.follower_local': true })
    .select('f.id as follow_id', 'f.follower_id', 'a.iri', 'f.state')
}
