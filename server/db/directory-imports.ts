// Imports of the directory: the records left, and the numbers people watch. Writing one by one, so that a crash loses none and doubles none.
import type { Knex } from 'knex'

export interface ImportRecord {
  line: number
  /** Its id in the source; '' when it has none. */
  key: string
  name: string
  kind: string
  description: string
  /** A CardInput of features/directory. */
  card: Record<string, unknown>
}

export interface ImportFailure {
  line: number
  code: string
  field: string | null
}

export interface ImportRow {
  id: string
  author_id: string
  source: string
  records: ImportRecord[]
  total: number
  done: number
  made: number
  changed: number
  kept: number
  failed: ImportFailure[]
  created_at: Date
  ended_at: Date | null
}

export async function insertImport(
  trx: Knex,
  row: Pick<ImportRow, 'id' | 'author_id' | 'source' | 'records' | 'created_at'>
): Promise<void> {
  await trx('directory_imports').insert({ ...row, records: JSON.stringify(row.records), total: row.records.length })
}

export async function findImport(trx: Knex, id: string): Promise<ImportRow | undefined> {
  return await trx<ImportRow>('directory_imports').where({ id }).first()
}

/** One record is done with: as what, or why not. */
export async function countRecord(trx: Knex, id: string, as: 'made' | 'changed' | 'kept' | ImportFailure): Promise<void> {
  if (typeof as === 'string') {
    await trx('directory_imports')
      .where({ id })
      .update({ done: trx.raw('done + 1'), [as]: trx.raw('?? + 1', [as]) })
    return
  }
  await trx('directory_imports')
    .where({ id })
    .update({ done: trx.raw('done + 1'), failed: trx.raw('failed || ?::jsonb', [JSON.stringify([as])]) })
}

export async function endImport(trx: Knex, id: string, at: Date): Promise<void> {
  await trx('directory_imports').where({ id, ended_at: null }).update({ ended_at: at, records: '[]' })
}

/** The card of this source and key, or with the same number of a register; row id and whether somebody answers for it. */
export async function findImported(
  trx: Knex,
  { source, key, siret, rna, name }: { source: string; key: string; siret: string | null; rna: string | null; name: string }
): Promise<{ actor_id: string; state: string } | undefined> {
  return await trx('directory_cards as c')
    .join('actors as a', 'a.id', 'c.actor_id')
    .whereRaw("a.deleted_at is null and a.type = 'Group'")
    .where((same) => {
      if (key !== '') same.orWhere({ 'c.source': source, 'c.source_key': key })
      if (siret !== null) same.orWhere({ 'c.siret': siret })
      if (rna !== null) same.orWhere({ 'c.rna': rna })
      // One source may hold two of the same name; another source, or a card made here, of that name is the same.
      same.orWhereRaw("c.sort_name = left(f_unaccent(btrim(?)), 200) and (? = '' or c.source is distinct from ?)", [name, key, source])
    })
    // One that was merged into another is left alone, as if somebody answered for it.
    .first('c.actor_id', trx.raw("case when a.moved_to_id is null then c.state else 'claimed' end as state"))
}
