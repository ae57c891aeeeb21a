// What we asked other servers for, and when: keeps us from asking too often. One row per kind and subject.
import type { Knex } from 'knex'
import { jsonForPostgres } from './json.ts'
import type { VisitRow } from './rows.ts'

export type VisitKind = 'replies' | 'followers-sync' | 'outbox' | 'featured' | 'host' | 'moderators'

export async function findVisit(db: Knex, kind: VisitKind, subject: string): Promise<VisitRow | undefined> {
  return db<VisitRow>('visits').where({ kind, subject }).first()
}

/** Writes down a visit; what is left out is forgotten. */
export async function noteVisit(
  db: Knex,
  visit: { kind: VisitKind; subject: string; at: Date; etag?: string | null; modified?: string | null; detail?: Record<string, unknown> }
): Promise<void> {
  const { kind, subject, at, etag = null, modified = null, detail = {} } = visit
  const row = { kind, subject, at, etag, modified, detail: jsonForPostgres(detail) }
  await db('visits').insert(row).onConflict(['kind', 'subject']).merge()
}

/** Takes the right to visit: true for one caller when the last visit is older than `before`, and notes the new one. */
export async function claimVisit(
  db: Knex,
  visit: { kind: VisitKind; subject: string; at: Date; detail?: Record<string, unknown> },
  before: Date
): Promise<boolean> {
  const { kind, subject, at, detail = {} } = visit
  const result = await db.raw<{ rowCount: number }>(
    `insert into visits (kind, subject, at, detail) values (:kind, :subject, :at, :detail)
     on conflict (kind, subject) do update set at = excluded.at, detail = excluded.detail where visits.at <= :before`,
    { kind, subject, at, before, detail: jsonForPostgres(detail) }
  )
  return result.rowCount > 0
}
