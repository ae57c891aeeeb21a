// What stands around objects that arrive: known recipients, parents, groups, tombstones, read once for a whole batch. Reads only.
import type { Knex } from 'knex'
import { hear, type Hearing, type Standing } from '../core/group-policy.ts'
import { sameOrigin } from '../core/iri.ts'
import { mayReply, type ReplyPolicy } from '../core/reply-policy.ts'
import type { NormObject } from './incoming.ts'
import type { ActorRow, ObjectRow, Visibility } from './rows.ts'
import type { RemoteObject } from './remote-objects.ts'
import { standingKey, standingsIn } from './group-standing.ts'

const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public'

export type KnownActor = Pick<ActorRow, 'id' | 'iri' | 'local' | 'type'>
export type KnownParent = Pick<ObjectRow, 'id' | 'iri' | 'root_id' | 'actor_id' | 'local' | 'type' | 'group_id'> & {
  root_local: boolean | null
  root_actor_id: string | null
  /** It, or the first post of its thread, was locked by moderators of its group. */
  locked: boolean
  /** Of the first post of its thread, else its own, when that is ours. What others rule is enforced where they are. */
  reply_policy: ReplyPolicy | null
  author_id: string | null
  /** The process its thread belongs to. */
  process_id: string | null
}

export interface Surroundings {
  /** Actors named in to, cc, audience and mentions, or whose own id an object claims, by IRI. */
  actors: Map<string, KnownActor>
  /** Live objects replied to, by IRI. */
  parents: Map<string, KnownParent>
  /** Ids that must not come back. */
  tombstones: Set<string>
  /** Ids already stored. */
  known: Set<string>
  /** How authors stand towards the local groups they name or answer in (O29): by standingKey(group, author). */
  standings: Map<string, Standing>
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
    `select o.id, o.iri, o.root_id, o.actor_id, o.local, o.type, o.group_id, root.local as root_local,
         root.actor_id as root_actor_id, o.deleted_at is not null as gone,
         exists (select 1 from group_locks l where l.object_id in (o.id, o.root_id)) as locked,
         coalesce(case when root.local then root.reply_policy end, case when o.local then o.reply_policy end) as reply_policy, o.author_id,
         (select i.process_id from process_items i where i.object_id = coalesce(o.root_id, o.id)) as process_id
       from objects o left join objects root on root.id = o.root_id where o.iri = any(cast(:iris as text[]))
     union all select null, iri, null, null, false, 'Tombstone', null, false, null, true, false, null, null, null from tombstones where iri = any(cast(:ids as text[]))`,
    { iris: [...new Set([...ids, ...parentIris])], ids }
  )
  const around: Surroundings = { actors, parents: new Map(), tombstones: new Set(), known: new Set(), standings: new Map() }
  for (const row of found.rows) {
    if (row.type === 'Tombstone' && row.id === null) around.tombstones.add(row.iri)
    else around.known.add(row.iri)
    if (!row.gone && parentIris.has(row.iri)) around.parents.set(row.iri, row)
  }
  await findStandings(trx, objects, around)
  return around
}

/** Every actor an object may name. `/members` of a group stands for the group. */
function namedIn(norm: NormObject): string[] {
  return [...norm.to, ...norm.cc, ...norm.audience, ...norm.mentions]
    .filter((iri) => iri !== PUBLIC)
    .map((iri) => iri.replace(/\/members$/, ''))
}

/** Standings of the authors in every local group named or answered in. */
async function findStandings(trx: Knex, objects: RemoteObject[], around: Surroundings): Promise<void> {
  const named = [...around.actors.values()].filter((actor) => actor.local && actor.type === 'Group').map((actor) => actor.id)
  const answered = [...around.parents.values()].flatMap((parent) => parent.group_id ?? [])
  around.standings = await standingsIn(
    trx,
    [...named, ...answered],
    objects.map(({ author }) => author.id)
  )
}

export interface Place {
  groupId: string
  hearing: Hearing
  isAnswer: boolean
}

/** The local group an object is said to: the group of the thread it answers in, else the first one named. Null: none of ours. */
export function placeIn(norm: NormObject, author: Pick<ActorRow, 'id'>, around: Surroundings): Place | null {
  const parent = norm.inReplyTo === null ? undefined : around.parents.get(norm.inReplyTo)
  const judge = (groupId: string, isAnswer: boolean): Place | null => {
    const standing = around.standings.get(standingKey(groupId, author.id))
    if (standing === undefined) return null
    return { groupId, isAnswer, hearing: hear(standing, { isAnswer, locked: isAnswer && parent?.locked === true }) }
  }
  if (parent !== undefined && parent.group_id !== null) {
    const place = judge(parent.group_id, true)
    // What a group publishes itself may be answered by anyone, as everywhere: its policy is about discussion.
    const isOfficial = (parent.root_actor_id ?? parent.actor_id) === parent.group_id
    if (isOfficial && (place?.hearing === 'held' || place?.hearing === 'unheard')) return null
    if (place !== null) return place
  }
  for (const iri of [...norm.audience, ...namedIn(norm)]) {
    const actor = around.actors.get(iri)
    const place = actor !== undefined && actor.local && actor.type === 'Group' ? judge(actor.id, false) : null
    if (place !== null) return place
  }
  return null
}

/** False when the author of what it answers let nobody, or only others, answer. Without that answer the thread has a hole nobody sees. */
export function mayAnswer(norm: NormObject, author: Pick<ActorRow, 'id' | 'local'>, around: Surroundings): boolean {
  const parent = norm.inReplyTo === null ? undefined : around.parents.get(norm.inReplyTo)
  if (parent === undefined) return true
  const standing = parent.group_id === null ? undefined : around.standings.get(standingKey(parent.group_id, author.id))
  return mayReply(parent.reply_policy, parent.group_id !== null, {
    isAuthor: author.id === (parent.root_actor_id ?? parent.actor_id),
    isLocal: author.local,
    isMember: (standing?.role ?? null) !== null
  })
}

/** Processes in whose threads these answer. */
export function processesIn(around: Surroundings): string[] {
  return [...new Set([...around.parents.values()].flatMap(({ process_id: id }) => id ?? []))]
}

/** True for an answer others may read in the thread of one of these processes. What is said to somebody alone is nobody's business. */
export function answersIn(norm: NormObject, author: ActorRow, around: Surroundings, processIds: Set<string>): boolean {
  const parent = norm.inReplyTo === null ? undefined : around.parents.get(norm.inReplyTo)
  if (parent === undefined || parent.process_id === null || !processIds.has(parent.process_id)) return false
  return visibilityOf(norm, author) !== 'direct'
}

/** The group an object is said in: the publishing group itself; a local group where the author is heard; a remote group named as audience. */
export function groupOf(norm: NormObject, author: ActorRow, around: Surroundings): string | null {
  if (author.type === 'Group') return author.id
  const place = placeIn(norm, author, around)
  if (place?.hearing === 'heard') return place.groupId
  for (const iri of norm.audience) {
    const actor = around.actors.get(iri)
    if (actor !== undefined && actor.type === 'Group' && !actor.local) return actor.id
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
