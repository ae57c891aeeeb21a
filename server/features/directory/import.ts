// Cards from a file: looked at first, with what is not understood named line by line; then made one by one in the background. Cards nobody
// answers for are updated by a later file of the same source; those somebody answers for are left alone.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { newId } from '../../core/ids.ts'
import { FILE_FIELDS, guessFields, readDirectoryFile, type FileField } from '../../core/directory-file.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { paragraphs } from '../../core/plain-text.ts'
import { normaliseUsername } from '../../core/username.ts'
import { scheduleChores } from '../../db/chores.ts'
import {
  countRecord,
  endImport,
  findImport,
  findImported,
  insertImport,
  type ImportFailure,
  type ImportRecord
} from '../../db/directory-imports.ts'
import { saveCard } from '../../db/directory.ts'
import { isUsernameTaken } from '../../db/usernames.ts'
import { createLocalActor, prepareKeys, publishActorUpdate } from '../../protocol/local-actors.ts'
import { readCard, type CardInput } from './card-input.ts'

export const IMPORT_CHORE = 'directory-import'

const MAX_RECORDS = 5000
const MAX_ERRORS = 50
const EXAMPLES = 5
/** A lease lasts five minutes: the rest is another turn. */
const TURN_MS = 120_000
const KINDS = ['organization', 'group', 'project', 'place', 'service'] as const

export interface ImportPreview {
  columns: { name: string; field: FileField | null; examples: string[] }[]
  total: number
  ready: number
  /** The first of them. */
  errors: ImportFailure[]
}

/** What would come of the file. Throws permission.denied (403), import.empty, import.too-many (422). */
export function previewImport(who: Who, text: string, mapping?: (string | null)[]): ImportPreview {
  assertCan(who, 'directory.edit')
  const table = readDirectoryFile(text)
  if (table.records.length === 0) throw wrong('import.empty', 'No line of this file can be read.')
  if (table.records.length > MAX_RECORDS) throw wrong('import.too-many', `At most ${MAX_RECORDS} lines at once.`)
  const fields = fieldsOf(table.columns, mapping)
  const errors = table.records.flatMap((record) => failureOf(recordOf(fields, record)) ?? [])
  return {
    columns: table.columns.map((name, index) => ({
      name,
      field: fields[index] ?? null,
      examples: table.records.slice(0, EXAMPLES).map(({ cells }) => (cells[index] ?? '').slice(0, 80))
    })),
    total: table.records.length,
    ready: table.records.length - errors.length,
    errors: errors.slice(0, MAX_ERRORS)
  }
}

/** Begins it; gives its id. Throws as previewImport does, and import.source (422). */
export async function startImport(
  ctx: Ctx,
  who: Who,
  input: { text: string; mapping?: (string | null)[]; source: string }
): Promise<string> {
  previewImport(who, input.text, input.mapping)
  const source = input.source.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  if (source === '') throw new AppError('import.source', 422, 'Please say where these cards come from.', { details: { field: 'source' } })
  const table = readDirectoryFile(input.text)
  const fields = fieldsOf(table.columns, input.mapping)
  const id = newId(ctx.clock.now())
  await ctx.db.transaction(async (trx) => {
    const records = table.records.map((record) => recordOf(fields, record))
    await insertImport(trx, { id, author_id: who.actorId, source, records, created_at: ctx.clock.now() })
    await scheduleChores(trx, [{ kind: IMPORT_CHORE, subject: id, dueAt: ctx.clock.now() }])
  })
  ctx.queue.wake('chores')
  return id
}

/** Chore: goes on where it stopped. */
export async function runImport(ctx: Ctx, id: string): Promise<Date | null> {
  const until = ctx.clock.now().getTime() + TURN_MS
  const row = await findImport(ctx.db, id)
  if (row === undefined || row.ended_at !== null) return null
  for (const record of row.records.slice(row.done)) {
    if (ctx.clock.now().getTime() > until) return ctx.clock.now()
    await importOne(ctx, { id, source: row.source, authorId: row.author_id }, record)
  }
  await endImport(ctx.db, id, ctx.clock.now())
  return null
}

async function importOne(ctx: Ctx, job: { id: string; source: string; authorId: string }, record: ImportRecord): Promise<void> {
  const failure = failureOf(record)
  if (failure !== null) return countRecord(ctx.db, job.id, failure)
  const columns = readCard(record.card as CardInput)
  const keys = await prepareKeys()
  await ctx.db.transaction(async (trx) => {
    const { siret = null, rna = null } = columns
    const known = await findImported(trx, { source: job.source, key: record.key, siret, rna, name: record.name })
    if (known !== undefined && known.state !== 'unclaimed') return countRecord(trx, job.id, 'kept')
    const origin = { state: 'unclaimed' as const, source: job.source, ...(record.key === '' ? {} : { source_key: record.key }) }
    if (known !== undefined) {
      await saveCard(trx, known.actor_id, { ...columns, ...origin }, ctx.clock.now())
      await publishActorUpdate(ctx, trx, known.actor_id)
      return countRecord(trx, job.id, 'changed')
    }
    const group = await createLocalActor(ctx, trx, {
      type: 'Group',
      kind: KINDS.find((kind) => kind === record.kind) ?? 'organization',
      username: await freeUsername(trx, record.name),
      name: record.name,
      summary: paragraphs(record.description.slice(0, 3000)),
      group: { openness: 'invite_only', posting: 'moderators' },
      keys
    })
    // Nobody is a member: whoever claims the card becomes its owner.
    await trx('groups').insert({
      actor_id: group.id,
      openness: 'invite_only',
      posting: 'moderators',
      created_by: job.authorId,
      created_at: ctx.clock.now()
    })
    await saveCard(trx, group.id, { ...columns, ...origin }, ctx.clock.now())
    return countRecord(trx, job.id, 'made')
  })
}

function fieldsOf(columns: string[], mapping: (string | null)[] | undefined): (FileField | null)[] {
  if (mapping === undefined) return guessFields(columns)
  return columns.map((_column, index) => FILE_FIELDS.find((field) => field === mapping[index]) ?? null)
}

function recordOf(fields: (FileField | null)[], { line, cells }: { line: number; cells: string[] }): ImportRecord {
  const value = (field: FileField): string => {
    const at = fields.indexOf(field)
    return at === -1 ? '' : (cells[at] ?? '').trim()
  }
  const list = (field: FileField): string[] =>
    value(field)
      .split(/[,;|]/)
      .map((word) => word.trim())
      .filter(Boolean)
  const number = (field: FileField): number | null => (value(field) === '' ? null : Number(value(field).replace(',', '.')))
  const given = (field: FileField): boolean => fields.includes(field)
  const card: CardInput = {
    ...(given('street') ? { street: value('street') } : {}),
    ...(given('postalCode') ? { postalCode: value('postalCode') } : {}),
    ...(given('locality') ? { locality: value('locality') } : {}),
    ...(given('latitude') && given('longitude') ? { latitude: number('latitude'), longitude: number('longitude') } : {}),
    ...(given('phone') ? { phone: value('phone') } : {}),
    ...(given('email') ? { email: value('email') } : {}),
    ...(given('website') ? { website: value('website') } : {}),
    ...(given('themes') ? { themes: list('themes') } : {}),
    ...(given('skills') ? { skills: list('skills') } : {}),
    ...(given('siret') ? { siret: value('siret') } : {}),
    ...(given('rna') ? { rna: value('rna') } : {})
  }
  const key = value('key') || value('siret') || value('rna')
  return {
    line,
    key: key.slice(0, 300),
    name: value('name').replaceAll(/\s+/g, ' ').slice(0, 100),
    kind: value('kind'),
    description: value('description'),
    card: { ...card }
  }
}

function failureOf({ line, name, card }: ImportRecord): ImportFailure | null {
  if (name === '') return { line, code: 'import.name', field: 'name' }
  try {
    readCard(card as CardInput)
    return null
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { field } = (error.details ?? {}) as { field?: string }
    return { line, code: error.code, field: field ?? null }
  }
}

/** "Club de foot" → club_de_foot, club_de_foot_2… */
async function freeUsername(trx: Knex, name: string): Promise<string> {
  const base =
    name
      .normalize('NFD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
      .slice(0, 24)
      .replace(/_+$/, '') || 'fiche'
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? base : `${base}_${number}`
    const username = usable(wanted)
    if (username !== null && !(await isUsernameTaken(trx, username))) return username
  }
}

/** Null: reserved, or too short. */
function usable(wanted: string): string | null {
  try {
    return normaliseUsername(wanted)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function wrong(code: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field: 'file' } })
}
