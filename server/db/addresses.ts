// Finds objects by what people paste: ids and page addresses. Says nothing about who may see them.
import type { Knex } from 'knex'
import { hostOf } from '../core/iri.ts'
import { isRowId } from '../core/ids.ts'
import type { ObjectRow } from './rows.ts'

/**
 * The object with this id, or whose page this is; null when unknown or deleted.
 * A page counts only on the object's own host: `url` is its author's claim (security.md O32).
 */
export async function findObjectByAddress(trx: Knex, address: string): Promise<ObjectRow | null> {
  const byIri = await trx<ObjectRow>('objects').where({ iri: address }).first()
  if (byIri !== undefined) return byIri.deleted_at === null ? byIri : null
  const byUrl = await trx<ObjectRow>('objects').where({ url: address }).whereNull('deleted_at').limit(8)
  return byUrl.find((row) => hostOf(row.iri) === hostOf(address)) ?? null
}

/** The local object behind a path of our own pages (`/@handle/{id}`, `/evenements/{id}`), or null. */
export async function findObjectByPath(trx: Knex, path: string): Promise<ObjectRow | null> {
  const id = /^\/(?:@[^/]+|evenements)\/(\d{1,19})\/?$/.exec(path)?.[1]
  if (!isRowId(id)) return null
  return (await trx<ObjectRow>('objects').where({ id }).whereNull('deleted_at').first()) ?? null
}
