// Remote actors: fetched, checked and stored. Never writes a local actor.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import type { Budget } from './fetch.ts'

export async function getActorByIri(_ctx: Ctx, _iri: string, _opts: { refresh?: boolean; budget?: Budget } = {}): Promise<ActorRow> {
  throw new Error('soon')
}

export async function findActorByHandle(_ctx: Ctx, _handle: string): Promise<ActorRow | null> {
  throw new Error('soon')
}

export async function upsertRemoteActor(_ctx: Ctx, _trx: Knex, _json: Record<string, unknown>): Promise<ActorRow> {
  throw new Error('soon')
}
