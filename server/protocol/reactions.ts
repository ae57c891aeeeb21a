// What other parts do after something was committed: in this process, through handlers. Never inside the transaction. Other processes hear what matters to them from db/live.ts.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { afterCommit } from './outbox.ts'

export type ReactionKind =
  | 'object-created'
  | 'object-updated'
  | 'object-deleted'
  | 'boosted'
  | 'liked'
  | 'followed'
  | 'follow-accepted'
  | 'follow-ended'
  | 'notified'
  | 'reported'

export interface Reaction {
  kind: ReactionKind
  /** Row ids: of objects, follows, notifications or reports, by kind. */
  ids: string[]
}

type Handler = (ctx: Ctx, ids: string[]) => void | Promise<void>

const handlers = new Map<ReactionKind, Handler[]>()

/** Registers what to do after things of this kind were committed. A handler that fails is logged and harms nobody. Gives the way to unregister. */
export function onReaction(kind: ReactionKind, handler: Handler): () => void {
  const list = handlers.get(kind) ?? []
  handlers.set(kind, [...list, handler])
  return () =>
    void handlers.set(
      kind,
      (handlers.get(kind) ?? []).filter((other) => other !== handler)
    )
}

/** Tells the handlers once `trx` is committed. */
export async function emit(ctx: Ctx, trx: Knex, reactions: Reaction[]): Promise<void> {
  const real = reactions.filter((reaction) => reaction.ids.length > 0)
  if (real.length === 0) return
  afterCommit(trx, () => {
    for (const { kind, ids } of real) for (const handler of handlers.get(kind) ?? []) void run(ctx, handler, kind, ids)
  })
}

/** The same for notifications alone. */
export async function tellNotified(ctx: Ctx, trx: Knex, told: { id: string }[]): Promise<void> {
  await emit(ctx, trx, [{ kind: 'notified', ids: told.map(({ id }) => id) }])
}

async function run(ctx: Ctx, handler: Handler, kind: ReactionKind, ids: string[]): Promise<void> {
  try {
    await handler(ctx, ids)
  } catch (error) {
    ctx.log.error({ err: error, kind }, 'a reaction failed')
  }
}
