// Does what a list somebody brought along says: follows, blocks, keeps. Some lines at a time, so that other work goes on.
import type { Ctx } from '../context.ts'
import type { ActorRow, ImportRow } from '../db/rows.ts'
import { findVisibleObject } from '../db/timelines.ts'
import { blockActor, muteActor } from '../features/follows/block.ts'
import { blockHost } from '../features/follows/domain-blocks.ts'
import { followActor } from '../features/follows/follow.ts'
import { addToList, createList, listsOf } from '../features/lists/lists.ts'
import { followTag } from '../features/tags/tags.ts'
import { bookmarkObject } from '../features/wall/keep.ts'
import { findActorByHandle } from '../protocol/actors.ts'
import { resolveUri } from '../protocol/resolve.ts'

const AT_ONCE = 10
/** Ten look-ups a minute, as everybody has by hand (F24). */
const PAUSE_MS = 60_000

/** Failures that the report names. */
const MAX_NAMED = 100

type MayAsk = () => Promise<void>
type Action = (ctx: Ctx, actor: ActorRow, entry: string, mayAsk: MayAsk) => Promise<void>

const ACTIONS: Record<ImportRow['kind'], Action> = {
  follows: async (ctx, actor, handle, mayAsk) => followActor(ctx, actor, await found(ctx, handle, mayAsk)),
  blocks: async (ctx, actor, handle, mayAsk) => blockActor(ctx, actor, await found(ctx, handle, mayAsk)),
  mutes: async (ctx, actor, handle, mayAsk) => muteActor(ctx, actor, await found(ctx, handle, mayAsk)),
  domains: (ctx, actor, host) => blockHost(ctx, actor, host),
  tags: (ctx, actor, name) => followTag(ctx, actor.id, name),
  bookmarks: async (ctx, actor, iri, mayAsk) => {
    const resolved = await resolveUri(ctx, iri, mayAsk)
    const object =
      resolved !== null && 'object' in resolved ? await findVisibleObject(ctx, resolved.object.id, { actorId: actor.id }) : null
    if (object === null) throw new Error('nothing there')
    await bookmarkObject(ctx, actor, object)
  },
  lists: async (ctx, actor, entry, mayAsk) => {
    const [handle, title] = entry.split('\t') as [string, string]
    const target = await found(ctx, handle, mayAsk)
    if (target.id !== actor.id) await followActor(ctx, actor, target)
    const list = (await listsOf(ctx, actor.id)).find((one) => one.title === title) ?? (await createList(ctx, actor.id, { title }))
    await addToList(ctx, actor.id, list.id, [target.id])
  }
}

/** Does the next few of an import; gives the time of the next while some are left: a minute later when other servers were asked. One that cannot be found or done is counted, not tried again. */
export async function runImport(ctx: Ctx, id: string): Promise<Date | null> {
  const row = await ctx.db<ImportRow>('imports').where({ id }).whereNull('finished_at').first()
  if (row === undefined) return null
  const actor = await ctx
    .db<ActorRow>('actors')
    .whereIn('id', ctx.db('accounts').where({ id: row.account_id, status: 'active' }).select('actor_id'))
    .whereNull('suspended_at')
    .first()
  const batch = actor === undefined ? [] : row.handles.slice(row.done, row.done + AT_ONCE)
  let hasAsked = false
  const mayAsk = async (): Promise<void> => void (hasAsked = true)
  // One after the other where lines build on each other: a list is made by its first line.
  const failures: string[] = []
  const act = (entry: string): Promise<void> =>
    ACTIONS[row.kind](ctx, actor!, entry, mayAsk).catch(() => void failures.push(entry.split('\t').toReversed().join(', ')))
  if (row.kind === 'lists') for (const entry of batch) await act(entry)
  else await Promise.all(batch.map(act))
  const done = row.done + batch.length
  const isEnd = batch.length === 0 || done >= row.total
  await ctx
    .db('imports')
    .where({ id })
    .update({
      done,
      failed: row.failed + failures.length,
      failures: [...row.failures, ...failures].slice(0, MAX_NAMED),
      ...(isEnd ? { finished_at: ctx.clock.now(), handles: [] } : {})
    })
  return isEnd ? null : new Date(ctx.clock.now().getTime() + (hasAsked ? PAUSE_MS : 0))
}

async function found(ctx: Ctx, handle: string, mayAsk: MayAsk): Promise<ActorRow> {
  const target = await findActorByHandle(ctx, handle, { mayAsk })
  if (target === null || target.deleted_at !== null) throw new Error('nobody there')
  return target
}
