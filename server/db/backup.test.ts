import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { testContext } from '../test/context.ts'
import { testDatabase } from '../test/postgres.ts'
import { writeBackup } from './backup.ts'
import { openPool, type Database } from './connect.ts'
import { restoreBackup } from './restore.ts'

interface Teardown {
  teardown(work: () => Promise<void> | void): void
}

function databaseOf(ctx: Ctx, url: string): Database {
  return { db: ctx.db, connection: { connectionString: url }, embedded: null, close: async () => {} }
}

/** An instance with a liked reply, a picture, an open session and a waiting delivery. */
async function filled(t: Teardown): Promise<{ ctx: Ctx; database: Database; file: string }> {
  const { ctx, databaseUrl } = await testContext(t, { config: { secretKey: null } })
  const actor_id = ctx.site!.communeActorId
  const note = (id: string, parent: string | null) => ({
    id,
    iri: `https://commune.test/ap/objects/${id}`,
    type: 'Note',
    local: true,
    actor_id,
    visibility: 'public',
    in_reply_to_id: parent,
    content: 'Tab\there, line\nthere, é, \\N and {braces}',
    published: new Date(),
    doc: JSON.stringify({ '?': 'ok' })
  })
  const [parent, child] = [newId(), newId()]
  await ctx.db('objects').insert(note(parent, null))
  await ctx.db('objects').insert(note(child, parent))
  await ctx.db('likes').insert({ id: newId(), iri: 'https://commune.test/ap/activities/l', actor_id, object_id: child })
  mkdirSync(join(ctx.config.dataDir, 'media', 'ab'), { recursive: true })
  writeFileSync(join(ctx.config.dataDir, 'media', 'ab', 'photo.webp'), Buffer.from([0, 255, 10, 13]))
  return { ctx, database: databaseOf(ctx, databaseUrl), file: join(ctx.config.dataDir, 'backup.tar.gz') }
}

/** An empty database and data directory. */
async function target(t: Teardown): Promise<{ config: Ctx['config']; database: Database }> {
  const { connection, drop } = await testDatabase({ empty: true })
  const db = openPool(connection, 4)
  const dataDir = mkdtempSync(join(tmpdir(), 'communer-restore-'))
  t.teardown(async () => {
    await db.destroy()
    await drop()
    rmSync(dataDir, { recursive: true })
  })
  return { config: { dataDir, secretKey: null } as Ctx['config'], database: { db, connection, embedded: null, close: async () => {} } }
}

const TABLES = ['settings', 'actors', 'actor_stats', 'objects', 'object_stats', 'likes', 'schema_migrations']

t.test('a restored instance is the one that was backed up', async (t) => {
  const { ctx, database, file } = await filled(t)
  await writeBackup(ctx.config, database, file)
  t.equal(statSync(file).mode & 0o777, 0o600)
  const other = await target(t)
  await restoreBackup(other.config, other.database, file)
  for (const table of TABLES) {
    const rows = (db: Ctx['db']) =>
      db(table)
        .select('*')
        .orderBy(1)
        .then((found) => found.map((row) => ({ ...row, applied_at: null })))
    t.strictSame(await rows(other.database.db), await rows(ctx.db), table)
  }
  t.same(readFileSync(join(other.config.dataDir, 'media', 'ab', 'photo.webp')), Buffer.from([0, 255, 10, 13]))
  t.same(readFileSync(join(other.config.dataDir, 'secret.key')), readFileSync(join(ctx.config.dataDir, 'secret.key')))
})

t.test('a backup is one moment, whatever is written meanwhile', async (t) => {
  const { ctx, database, file } = await filled(t)
  let writing = true
  const writer = (async () => {
    for (let number = 0; writing; number += 1) {
      await ctx.db.transaction(async (trx) => {
        await trx('settings').insert({ key: `a${number}`, value: '1' })
        await trx('tombstones').insert({ iri: `a${number}` })
      })
    }
  })()
  await writeBackup(ctx.config, database, file)
  writing = false
  await writer
  const other = await target(t)
  await restoreBackup(other.config, other.database, file)
  const count = async (table: string) =>
    Number(
      (await other.database
        .db(table)
        .count('* as n')
        .whereRaw(table === 'settings' ? "key like 'a%'" : 'true')
        .first())!['n']
    )
  t.equal(await count('settings'), await count('tombstones'))
})

t.test('after a restore sessions and tokens are over and nothing is sent a second time', async (t) => {
  const { ctx, database, file } = await filled(t)
  const id = newId()
  await ctx.db('activities').insert(await activityRow(ctx, id))
  await ctx
    .db('deliveries')
    .insert({ id: newId(), activity_id: id, actor_id: ctx.site!.communeActorId, inbox: 'https://peer.test/inbox', host: 'peer.test' })
  await ctx.db('tokens').insert({ id: newId(), token_hash: Buffer.from('s'), kind: 'session', scopes: ['session'] })
  await ctx.db('tokens').insert({ id: newId(), token_hash: Buffer.from('o'), kind: 'oauth', scopes: ['read'] })
  await writeBackup(ctx.config, database, file)
  const other = await target(t)
  await restoreBackup(other.config, other.database, file)
  t.strictSame(await other.database.db('tokens').pluck('kind'), [])
  t.strictSame(await other.database.db('deliveries').pluck('state'), ['cancelled'])
})

async function activityRow(ctx: Ctx, id: string): Promise<Record<string, unknown>> {
  const columns = await ctx.db('activities').columnInfo()
  const given: Record<string, unknown> = {
    id,
    iri: `https://commune.test/ap/activities/${id}`,
    type: 'Create',
    actor_id: ctx.site!.communeActorId,
    body: '{}',
    doc: '{}',
    visibility: 'public',
    local: true
  }
  return Object.fromEntries(Object.entries(given).filter(([name]) => name in columns))
}

t.test('a damaged backup is refused and changes nothing', async (t) => {
  const { ctx, database, file } = await filled(t)
  await writeBackup(ctx.config, database, file)
  const bytes = readFileSync(file)
  const damages: [string, Buffer][] = [
    ['one byte changed', Buffer.from(bytes.map((byte, index) => (index === Math.floor(bytes.length / 2) ? byte ^ 1 : byte)))],
    ['cut short', bytes.subarray(0, bytes.length - 100)],
    ['not a backup', Buffer.from('hello')]
  ]
  for (const [name, damaged] of damages) {
    const other = await target(t)
    writeFileSync(`${file}.bad`, damaged)
    await t.rejects(restoreBackup(other.config, other.database, `${file}.bad`), { code: 'restore.corrupt' }, name)
    t.equal(await other.database.db.schema.hasTable('actors'), false)
    t.equal(existsSync(join(other.config.dataDir, 'secret.key')), false)
  }
})

t.test('a restore never mixes two instances, a backup never overwrites', async (t) => {
  const { ctx, database, file } = await filled(t)
  await writeBackup(ctx.config, database, file)
  await t.rejects(restoreBackup(ctx.config, database, file), { code: 'restore.not-empty' })
  await t.rejects(writeBackup(ctx.config, database, file), { code: 'backup.exists' })
})

t.test('a secret that does not belong to the backup is refused', async (t) => {
  const { ctx, database, file } = await filled(t)
  await writeBackup(ctx.config, database, file)
  const other = await target(t)
  await t.rejects(restoreBackup({ ...other.config, secretKey: 'x'.repeat(32) }, other.database, file), { code: 'restore.secret' })
})
