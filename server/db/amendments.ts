// Amendments and arguments of proposals as rows. Both are objects too, so lists go through visibleTo() and support is their likes.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { AmendmentKind } from '../core/paragraphs.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

export const AMENDMENT_KINDS = ['replace', 'insert', 'delete'] as const
export const AMENDMENT_STATES = ['proposed', 'accepted', 'refused', 'withdrawn', 'outdated'] as const
export type AmendmentState = (typeof AMENDMENT_STATES)[number]
export const ARGUMENT_KINDS = ['for', 'against', 'question', 'source'] as const
export type ArgumentKind = (typeof ARGUMENT_KINDS)[number]

export interface AmendmentRow {
  object_id: string
  proposal_id: string
  version: number
  paragraph: number
  kind: AmendmentKind
  former: string
  text: string
  reason: string
  state: AmendmentState
  decided_by: string | null
  decided_at: Date | null
  decision: string
  promoted_id: string | null
  created_at: Date
}

export interface ArgumentRow {
  object_id: string
  proposal_id: string
  kind: ArgumentKind
  text: string
  link: string | null
  created_at: Date
}

export async function insertAmendment(
  trx: Knex,
  row: Omit<AmendmentRow, 'state' | 'decided_by' | 'decided_at' | 'decision' | 'promoted_id'>
): Promise<void> {
  await trx('amendments').insert(row)
}

export async function insertArgument(trx: Knex, row: ArgumentRow): Promise<void> {
  await trx('proposal_arguments').insert(row)
}

/** With its author's row id. */
export async function findAmendment(trx: Knex, proposalId: string, id: string): Promise<(AmendmentRow & { actor_id: string }) | null> {
  const row = await trx('amendments as m')
    .join('objects as o', 'o.id', 'm.object_id')
    .where({ 'm.object_id': id, 'm.proposal_id': proposalId })
    .whereNull('o.deleted_at')
    .first<(AmendmentRow & { actor_id: string }) | undefined>('m.*', 'o.actor_id')
  return row ?? null
}

export async function decideAmendment(
  trx: Knex,
  id: string,
  decided: { state: Exclude<AmendmentState, 'proposed'>; by: string | null; at: Date; why: string }
): Promise<void> {
  await trx('amendments')
    .where({ object_id: id })
    .update({ state: decided.state, decided_by: decided.by, decided_at: decided.at, decision: decided.why })
}

export async function markPromoted(trx: Knex, id: string, proposalId: string): Promise<void> {
  await trx('amendments').where({ object_id: id }).update({ promoted_id: proposalId })
}

/** Those that wait for an answer, with their authors. Plan: amendments_proposal. */
export async function openAmendments(trx: Knex, proposalId: string): Promise<(AmendmentRow & { actor_id: string })[]> {
  return await trx('amendments as m')
    .join('objects as o', 'o.id', 'm.object_id')
    .where({ 'm.proposal_id': proposalId, 'm.state': 'proposed' })
    .orderBy('m.object_id')
    .select('m.*', 'o.actor_id')
}

/** How many of somebody wait for an answer. */
export async function countOpenOf(trx: Knex, proposalId: string, actorId: string): Promise<number> {
  const row = await trx('amendments as m')
    .join('objects as o', 'o.id', 'm.object_id')
    .where({ 'm.proposal_id': proposalId, 'm.state': 'proposed', 'o.actor_id': actorId })
    .count<{ count: string }[]>('*')
  return Number(row[0]?.count ?? 0)
}

/** What both have beside their own columns. */
export interface Supported {
  iri: string
  url: string | null
  actor_id: string
  likes: number
  replies: number
  liked: boolean
}

const MOST = 300

/** Waiting ones first, then as they came. Plan: amendments_proposal, objects by primary key. */
export async function listAmendments(ctx: Ctx, viewer: Viewer, proposalId: string, id?: string): Promise<(AmendmentRow & Supported)[]> {
  const query = ctx.db('amendments as t').orderByRaw("t.state <> 'proposed', t.object_id")
  return (await hanging(ctx, query, viewer, proposalId, id)) as (AmendmentRow & Supported)[]
}

/** Most supported first. Plan: proposal_arguments_proposal, objects by primary key. */
export async function listArguments(ctx: Ctx, viewer: Viewer, proposalId: string, id?: string): Promise<(ArgumentRow & Supported)[]> {
  const query = ctx.db('proposal_arguments as t').orderByRaw('coalesce(s.likes, 0) desc, t.object_id')
  return (await hanging(ctx, query, viewer, proposalId, id)) as (ArgumentRow & Supported)[]
}

function hanging(ctx: Ctx, query: Knex.QueryBuilder, viewer: Viewer, proposalId: string, id: string | undefined): Knex.QueryBuilder {
  query
    .join('objects as o', 'o.id', 't.object_id')
    .leftJoin('object_stats as s', 's.object_id', 't.object_id')
    .where('t.proposal_id', proposalId)
    .limit(MOST)
    .select(
      't.*',
      'o.iri',
      'o.url',
      'o.actor_id',
      ctx.db.raw('coalesce(s.likes, 0) as likes'),
      ctx.db.raw('coalesce(s.replies, 0) as replies'),
      ctx.db.raw('exists (select from likes l where l.object_id = t.object_id and l.actor_id = ?) as liked', [viewer.actorId])
    )
  if (id !== undefined) query.where('t.object_id', id)
  return listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')
}
