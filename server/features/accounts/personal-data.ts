// Asking for one's archive and bringing lists from elsewhere. The work itself is a chore's (jobs/export.ts, jobs/import.ts).
import { readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { readCsv } from '../../core/csv.ts'
import { newId } from '../../core/ids.ts'
import { namedHost } from '../../core/iri.ts'
import { scheduleChores } from '../../db/chores.ts'
import type { ExportRow, ImportRow } from '../../db/rows.ts'
import { foldTag } from '../../protocol/normalise-parts.ts'
import { parseHandle } from '../../protocol/webfinger.ts'

const DAY_MS = 86_400_000
/** security.md D2: the link expires in a week. */
const KEPT_MS = 7 * DAY_MS
/** Archives are heavy: one a day. */
const PAUSE_MS = DAY_MS
const MAX_HANDLES = 5_000
const SHOWN = 10

/** Where an archive lies. */
export function exportPath(ctx: Ctx, id: string): string {
  return join(ctx.config.dataDir, 'exports', `${id}.tar.gz`)
}

/** Asks for an archive. Throws export.too-soon (429) when there is one of today. */
export async function askExport(ctx: Ctx, accountId: string): Promise<ExportRow> {
  const now = ctx.clock.now()
  return await start(ctx, async (trx) => {
    await trx('accounts').where({ id: accountId }).forUpdate().first('id')
    const recent = await trx('exports')
      .where({ account_id: accountId })
      .whereNot({ state: 'failed' })
      .where('created_at', '>', new Date(now.getTime() - PAUSE_MS))
      .first('id')
    if (recent !== undefined) throw new AppError('export.too-soon', 429, 'There is an archive of today already.')
    const id = newId(now)
    const [row] = await trx<ExportRow>('exports')
      .insert({ id, account_id: accountId, created_at: now, expires_at: new Date(now.getTime() + KEPT_MS) })
      .returning('*')
    await scheduleChores(trx, [{ kind: 'export', subject: id, dueAt: now }])
    return row!
  })
}

/** The person's archives that still exist, newest first. */
export async function listExports(ctx: Ctx, accountId: string): Promise<ExportRow[]> {
  return await ctx
    .db<ExportRow>('exports')
    .where({ account_id: accountId })
    .where('expires_at', '>', ctx.clock.now())
    .orderBy('id', 'desc')
    .limit(SHOWN)
}

/** An archive of this person that can be taken. Throws export.unknown (404), also for everybody else's (V18). */
export async function getExport(ctx: Ctx, accountId: string, id: string): Promise<ExportRow> {
  const row = await ctx
    .db<ExportRow>('exports')
    .where({ id, account_id: accountId, state: 'ready' })
    .where('expires_at', '>', ctx.clock.now())
    .first()
  if (row === undefined) throw new AppError('export.unknown', 404, 'This archive does not exist any more.')
  return row
}

/** Removes archives that are over, file first, and drafts nobody writes any more. How many archives. */
export async function forgetExports(ctx: Ctx): Promise<number> {
  await forgetDrafts(ctx)
  const over = await ctx.db<ExportRow>('exports').where('expires_at', '<=', ctx.clock.now()).limit(100)
  await removeExports(ctx, over)
  return over.length
}

/** What a killed worker left half written. A draft still written to is younger than a day. */
async function forgetDrafts(ctx: Ctx): Promise<void> {
  const folder = dirname(exportPath(ctx, ''))
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.part')) continue
    const path = join(folder, name)
    const written = await stat(path).catch(() => null)
    if (written !== null && ctx.clock.now().getTime() - written.mtimeMs > DAY_MS) await rm(path, { force: true })
  }
}

/** Removes every archive of a person who leaves. */
export async function forgetExportsOf(ctx: Ctx, accountId: string): Promise<void> {
  await removeExports(ctx, await ctx.db<ExportRow>('exports').where({ account_id: accountId }))
}

async function removeExports(ctx: Ctx, rows: ExportRow[]): Promise<void> {
  for (const { id } of rows) {
    await rm(exportPath(ctx, id), { force: true })
    await ctx.db('exports').where({ id }).delete()
  }
}

/** Begins to import a CSV as Mastodon exports it. Throws import.empty, import.too-long (422), import.running (409). */
export async function askImport(ctx: Ctx, accountId: string, kind: ImportRow['kind'], csv: string): Promise<ImportRow> {
  const handles = READERS[kind](csv)
  if (handles.length === 0) throw new AppError('import.empty', 422, 'There is no address in this file.', { details: { field: 'file' } })
  if (handles.length > MAX_HANDLES)
    throw new AppError('import.too-long', 422, 'A file has at most 5000 addresses.', { details: { field: 'file' } })
  const now = ctx.clock.now()
  return await start(ctx, async (trx) => {
    await trx('accounts').where({ id: accountId }).forUpdate().first('id')
    if ((await trx('imports').where({ account_id: accountId }).whereNull('finished_at').first('id')) !== undefined)
      throw new AppError('import.running', 409, 'An import is under way. Wait for its end.')
    const id = newId(now)
    const [row] = await trx<ImportRow>('imports')
      .insert({ id, account_id: accountId, kind, handles, total: handles.length, created_at: now })
      .returning('*')
    await scheduleChores(trx, [{ kind: 'import', subject: id, dueAt: now }])
    return row!
  })
}

/** The person's imports, newest first. */
export async function listImports(ctx: Ctx, accountId: string): Promise<ImportRow[]> {
  return await ctx.db<ImportRow>('imports').where({ account_id: accountId }).orderBy('id', 'desc').limit(SHOWN)
}

/** Addresses in the first column, each once, in the order of the file. */
export function handlesIn(csv: string): string[] {
  const first = csv.split(/\r\n|\r|\n/).map((line) => line.split(',')[0]!.trim().replaceAll('"', '').replace(/^@/, '').toLowerCase())
  return [...new Set(first)].filter((text) => text.length <= 320 && parseHandle(text) !== null)
}

const READERS: Record<ImportRow['kind'], (csv: string) => string[]> = {
  follows: handlesIn,
  blocks: handlesIn,
  mutes: handlesIn,
  domains: (csv) => firstCells(csv).filter((text) => namedHost(text.replace(/^#/, '')) !== null && text.includes('.')),
  bookmarks: (csv) => firstCells(csv).filter((text) => /^https?:\/\//.test(text) && URL.canParse(text)),
  tags: (csv) => firstCells(csv).flatMap((text) => (foldTag(text.replace(/^#/, '')) === null ? [] : [text.replace(/^#/, '')])),
  lists: (csv) => [
    ...new Set(
      readCsv(csv).flatMap(({ cells: [title = '', address = ''] }) => {
        const [handle] = handlesIn(address)
        return handle === undefined || title.trim() === '' ? [] : [`${handle}\t${title.trim().replaceAll('\t', ' ').slice(0, 100)}`]
      })
    )
  ]
}

/** The first column, each value once. A cell that a spreadsheet was kept from reading as a formula is what it was. */
function firstCells(csv: string): string[] {
  return [...new Set(readCsv(csv).map(({ cells }) => cells[0]!.trim().replace(/^'(?=[=+\-@])/, '')))].filter(
    (text) => text !== '' && text.length <= 2048
  )
}

async function start<Row>(ctx: Ctx, work: (trx: Knex) => Promise<Row>): Promise<Row> {
  const row = await ctx.db.transaction(work)
  ctx.queue.wake('chores')
  return row
}
