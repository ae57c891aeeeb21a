// Why a post stands in a timeline of somebody: by the same rules that put it there (home.ts, timelines.ts). Reading only.
import type { Ctx } from '../context.ts'
import type { ObjectRow } from './rows.ts'

export type Feed = 'home' | 'groups' | 'commune' | 'fediverse'
export type Reason =
  /** The reader wrote it, or it names the reader. */
  | { reason: 'own' | 'named' }
  /** The reader follows who published or shared it, or belongs to the group it is said in. */
  | { reason: 'follows' | 'shared' | 'group'; actorId: string }
  | { reason: 'tag'; tag: string }
  /** It is said on this instance; for its people alone; somebody here follows who says it. */
  | { reason: 'commune' | 'local' }
  | { reason: 'followed'; followers: number }
  /** It is open to all and reached this instance, through an answer or somebody's search. */
  | { reason: 'open' }

interface Facts {
  is_own: boolean
  is_named: boolean
  follows: boolean
  shared_by: string | null
  member_of: string | null
  tag: string | null
  followers: number
}

/** The reasons that hold now, the strongest first; one at least. Plan: a handful of probes by key. */
export async function whySeen(
  ctx: Ctx,
  viewerId: string,
  object: Pick<ObjectRow, 'id' | 'actor_id' | 'reblog_of_id' | 'local' | 'visibility'>,
  feed: Feed
): Promise<Reason[]> {
  const said = object.reblog_of_id ?? object.id
  const { rows } = await ctx.db.raw<{ rows: Facts[] }>(
    `select coalesce(:viewer::bigint in (o.actor_id, o.author_id), false) as is_own,
       exists (select 1 from object_recipients r where r.object_id = o.id and r.actor_id = :viewer::bigint) as is_named,
       exists (select 1 from follows f where f.follower_id = :viewer::bigint and f.followed_id = o.actor_id and f.state = 'accepted') as follows,
       (select b.actor_id from objects b join follows f on f.followed_id = b.actor_id and f.follower_id = :viewer::bigint and f.state = 'accepted'
         where b.id = :shown::bigint and b.reblog_of_id is not null) as shared_by,
       (select m.group_id from memberships m where m.group_id = o.group_id and m.actor_id = :viewer::bigint and m.state = 'active') as member_of,
       (select t.tag from object_tags t join tag_follows tf on tf.tag = t.tag and tf.actor_id = :viewer::bigint where t.object_id = o.id order by t.tag limit 1) as tag,
       (select count(*)::integer from follows f where f.followed_id = o.actor_id and f.follower_local and f.state = 'accepted') as followers
     from objects o where o.id = :said::bigint`,
    { viewer: viewerId, shown: object.id, said }
  )
  const facts = rows[0]
  if (facts === undefined) return [{ reason: 'open' }]
  const personal: Reason[] = [
    ...(facts.is_own ? [{ reason: 'own' } as const] : []),
    ...(facts.follows
      ? [{ reason: 'follows', actorId: object.reblog_of_id === null ? object.actor_id : await authorOf(ctx, said) } as const]
      : []),
    ...(facts.shared_by === null ? [] : [{ reason: 'shared', actorId: facts.shared_by } as const]),
    ...(facts.member_of === null ? [] : [{ reason: 'group', actorId: facts.member_of } as const]),
    ...(facts.is_named ? [{ reason: 'named' } as const] : []),
    ...(facts.tag === null ? [] : [{ reason: 'tag', tag: facts.tag } as const])
  ]
  if (feed === 'groups')
    return personal.filter(({ reason }) => reason === 'group').concat(personal.filter(({ reason }) => reason === 'own'))
  if (feed === 'home' && personal.length > 0) return personal
  if (feed === 'commune' || object.local) return [{ reason: object.visibility === 'local' ? 'local' : 'commune' }, ...personal]
  if (personal.length > 0) return personal
  return facts.followers > 0 ? [{ reason: 'followed', followers: facts.followers }] : [{ reason: 'open' }]
}

async function authorOf(ctx: Ctx, objectId: string): Promise<string> {
  const row = await ctx.db('objects').where({ id: objectId }).first<{ actor_id: string }>('actor_id')
  return row.actor_id
}
