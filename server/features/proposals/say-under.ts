// An amendment or an argument as an answer in the thread of its proposal: every server shows it, and people elsewhere may like it.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { hear } from '../../core/group-policy.ts'
import { isLocked, standingOf } from '../../db/group-standing.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { findActor } from '../../db/publishers.ts'

export interface Said {
  kind: 'amendment' | 'argument'
  /** HTML of ours. */
  content: string
  source: string
  hashtags: string[]
}

/** The group it is said in; null: none. Throws group.banned, group.thread-locked (403). */
export async function venueUnder(ctx: Ctx, author: ActorRow, row: ObjectRow): Promise<ActorRow | null> {
  const group = row.group_id === null ? null : await findActor(ctx, row.group_id)
  const standing = group?.local === true ? await standingOf(ctx.db, group.id, author.id) : null
  if (group === null || standing === null) return null
  const hearing = hear(standing, { isAnswer: true, locked: await isLocked(ctx.db, row) })
  if (hearing === 'banned') throw new AppError('group.banned', 403, 'The moderators of this group have excluded you from it.')
  if (hearing === 'locked') throw new AppError('group.thread-locked', 403, 'Moderators have closed this discussion.')
  return hearing === 'heard' || row.visibility === 'members' ? group : null
}

/** Writes and publishes it, no further than the proposal itself. */
export async function sayUnder(
  ctx: Ctx,
  trx: Knex,
  { row, publisher, author, group }: { row: ObjectRow; publisher: ActorRow; author: ActorRow; group: ActorRow | null },
  { kind, content, source, hashtags }: Said
): Promise<ObjectRow> {
  return await createLocalObject(ctx, trx, {
    type: 'Note',
    kind,
    publisher: author,
    author,
    visibility: row.visibility,
    parent: { object: row, actor: publisher, group },
    wording: { name: null, summary: null, content, source, language: row.language, sensitive: false, attachments: [] },
    mentions: [],
    hashtags
  })
}
