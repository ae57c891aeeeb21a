// Helping an idea, and objecting to it with a reason. Backing is liking (features/wall/like.ts): from here and from everywhere.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { findIdea, HELP_KINDS, type HelpKind } from '../../db/ideas.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { closed } from './propose.ts'

const MAX_WORDS = 500

/** "I bring my drill and Saturday mornings": once a person, the last word counts. Throws idea.closed (409), idea.help (422). */
export async function offerHelp(ctx: Ctx, actor: ActorRow, row: ObjectRow, help: { kinds: string[]; words: string }): Promise<void> {
  await assertOpen(ctx, row)
  const kinds = HELP_KINDS.filter((kind) => help.kinds.includes(kind)) as HelpKind[]
  if (kinds.length === 0) throw new AppError('idea.help', 422, 'Please say with what you help.', { details: { field: 'kinds' } })
  const said = { kinds, words: tidy(help.words), created_at: ctx.clock.now() }
  await ctx
    .db('idea_helps')
    .insert({ object_id: row.id, actor_id: actor.id, ...said })
    .onConflict(['object_id', 'actor_id'])
    .merge(said)
}

export async function takeHelpBack(ctx: Ctx, actor: ActorRow, row: ObjectRow): Promise<void> {
  await ctx.db('idea_helps').where({ object_id: row.id, actor_id: actor.id }).delete()
}

/** An objection has a reason, or it is none. Throws idea.closed (409), idea.reason (422). */
export async function objectTo(ctx: Ctx, actor: ActorRow, row: ObjectRow, reason: string): Promise<void> {
  await assertOpen(ctx, row)
  const words = tidy(reason)
  if ([...words].length < 5)
    throw new AppError('idea.reason', 422, 'Please say why: an objection helps when it has a reason.', { details: { field: 'reason' } })
  const said = { reason: words, created_at: ctx.clock.now() }
  await ctx
    .db('idea_objections')
    .insert({ object_id: row.id, actor_id: actor.id, ...said })
    .onConflict(['object_id', 'actor_id'])
    .merge(said)
}

export async function takeObjectionBack(ctx: Ctx, actor: ActorRow, row: ObjectRow): Promise<void> {
  await ctx.db('idea_objections').where({ object_id: row.id, actor_id: actor.id }).delete()
}

/** Throws idea.closed (409). */
export async function assertOpen(ctx: Ctx, row: ObjectRow): Promise<void> {
  const idea = await findIdea(ctx.db, row.id)
  if (idea === null || idea.state !== 'open') throw closed()
}

function tidy(text: string): string {
  return [...text.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()].slice(0, MAX_WORDS).join('')
}
