// What stands around objects that arrive: known recipients, parents, groups, tombstones, read once for a whole batch. Reads only.
import type { Knex } from 'knex'
import { sameOrigin } from '../core/iri.ts'
import type { NormObject } from './incoming.ts'
import type { ActorRow, ObjectRow, Visibility } from './rows.ts'
import type { RemoteObject } from './remote-objects.ts'

const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public'

export type KnownActor = Pick<ActorRow, 'id' | 'iri' | 'local' | 'type'>
export type KnownParent = Pick<ObjectRow, 'id' | 'iri' | 'root_id' | 'actor_id' | 'local' | 'type'> & { root_local: boolean | null }

export interface Surroundings {
  /** Actors named in to, cc, audience and mentions, or whose own id an object claims, by IRI. */
  actors: Map<string, KnownActor>
  /** Live objects replied to, by IRI. */
  parents: Map<string, KnownParent>
  /** Ids that must not come back. */
  tombstones: Set<string>
  /** Ids already stored. */
  known: Set<string>
  /** `${group}:${author}` for authors whose word counts as said in a local group (O29). */
  voices: Set<string>
}

/** Reads everything storeRemoteObjects() needs in three or four statements. */
export async function findSurroundings(trx: Knex, objects: RemoteObject[]): Promise<Surroundings> {
  const ids = objects.map(({ norm }) => norm.id)
  const named = new Set<string>(ids)
  const parentIris = new Set<string>()
  for (const { norm, author } of objects) {
    for (const iri of namedIn(norm)) if (iri !== author.followers_iri) named.add(iri)
    if (norm.inReplyTo !== null) parentIris.add(norm.inReplyTo)
  }
  const actors = new Map<string, KnownActor>()
  if (named.size > 0) {
    const rows = await trx<ActorRow>('actors')
      .whereRaw('iri = any(?)', [[...named]])
      .whereNull('deleted_at')
      .select('id', 'iri', 'local', 'type')
    for (const row of rows) actors.set(row.iri, row)
  }
  const found = await trx.raw<{ rows: (KnownParent & { gone: boolean })[] }>(
    `select o.id, o.iri, o.root_id, o.actor_id, o.local, o.type, root.local as root_local, o.deleted_at is not null as gone
       from objects o left join objects root on root.id = o.root_id where o.iri = any(cast(:iris as text[]))
     union all select null, iri, null, null, false, 'Tombstone', false, true from tombstones where iri = any(cast(:ids as text[]))`,
    { iris: [...new Set([...ids, ...parentIris])], ids }
  )
  const around: Surroundings = { actors, parents: new Map(), tombstones: new Set(), known: new Set(), voices: new Set() }
  for (const row of found.rows) {
    if (row.type === 'Tombstone' && row.id === null) around.tombstones.add(row.iri)
    else around.known.add(row.iri)
    if (!row.gone && parentIris.has(row.iri)) around.parents.set(row.iri, row)
  }
  await findVoices(trx, objects, around)
  return around
}

/** Every actor an object may name. `/members` of a group stands for the group. */
function namedIn(norm: NormObject): string[] {
  return [...norm.to, ...norm.cc, ...norm.audience, ...norm.mentions]
    .filter((iri) => iri !== PUBLIC)
    .map((iri) => iri.replace(/\/members$/, ''))
}

async function findVoices(trx: Knex, objects: RemoteObject[], around: Surroundings): Promise<void> {
  const groups = [...around.actors.values()].filter((actor) => actor.local && actor.type === 'Group').map((actor) => actor.id)
  if (groups.length === 0) return
  const authors = [...new Set(objects.map(({ author }) => author.id))]
  const rows = await trx.raw<{ rows: { group_id: string; actor_id: string }[] }>(
    `select group_id, actor_id from memberships where group_id = any(cast(:groups as bigint[])) and actor_id = any(cast(:authors as bigint[])) and state = 'active'
     union select g.actor_id, f.follower_id from groups g join follows f on f.followed_id = g.actor_id and f.state = 'accepted'
       where g.actor_id = any(cast(:groups as bigint[])) and f.follower_id = any(cast(:authors as bigint[])) and g.openness = 'open' and g.posting = 'members'`,
    { groups, authors }
  )
  for (const row of rows.rows) around.voices.add(`${row.group_id}:${row.actor_id}`)
}

/**
 * The group an object is said in: the publishing group itself; a local group that counts the author among its voices (members, and
 * followers of an open group: Mastodon cannot join); a remote group named as audience.
 */
export function groupOf(norm: NormObject, author: ActorRow, around: Surroundings): string | null {
  if (author.type === 'Group') return author.id
  for (const iri of [...norm.audience, ...namedIn(norm)]) {
    const actor = around.actors.get(iri)
    if (actor === undefined || actor.type !== 'Group') continue
    if (actor.local ? around.voices.has(`${actor.id}:${author.id}`) : norm.audience.includes(iri)) return actor.id
  }
  return null
}

/** Visibility as Mastodon reads it (federation.md §3.5); what nobody can be told about is direct. */
export function visibilityOf(norm: Pick<NormObject, 'to' | 'cc'>, author: Pick<ActorRow, 'iri' | 'followers_iri'>): Visibility {
  if (norm.to.includes(PUBLIC)) return 'public'
  if (norm.cc.includes(PUBLIC)) return 'unlisted'
  const everyone = [...norm.to, ...norm.cc]
  const followers = author.followers_iri ?? `${author.iri}/followers`
  if (everyone.includes(followers)) return 'followers'
  return everyone.some((iri) => iri.endsWith('/members') && (sameOrigin(iri, author.iri) || norm.to.includes(iri))) ? 'members' : 'direct'
}
