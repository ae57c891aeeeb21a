// Makes the archive of everything a person published and keeps here: ActivityPub documents, Mastodon's CSV lists, pictures (RGPD 15, 20).
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Ctx } from '../context.ts'
import type { AccountRow, ActorRow, ExportRow, ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { tarEnd, tarEntry } from '../db/tar.ts'
import { listDetails } from '../db/profile-details.ts'
import { exportPath } from '../features/accounts/personal-data.ts'
import { PERSONAL_LISTS, personalList } from '../features/accounts/personal-lists.ts'
import { writeTo } from '../features/accounts/mailing.ts'
import { mediaPath } from '../features/media/files.ts'
import { actorDocumentWithKey } from '../protocol/local-actors.ts'
import { PUBLIC } from '../vocab/addressing.ts'

const PAGE = 200
/** After so many failures it is given up, and the person may ask for another one. */
const MAX_ATTEMPTS = 4

interface Owner {
  row: ExportRow
  account: AccountRow
  actor: ActorRow
}

/** Makes the archive of this id. Started again after a crash, it begins anew; one that fails again and again is given up. */
export async function makeExport(ctx: Ctx, id: string): Promise<null> {
  try {
    return await writeExport(ctx, id)
  } catch (error) {
    const [row] = await ctx
      .db<ExportRow>('exports')
      .where({ id })
      .update({
        attempts: ctx.db.raw('attempts + 1'),
        state: ctx.db.raw("case when attempts + 1 >= ? then 'failed' else state end", [MAX_ATTEMPTS])
      } as never)
      .returning('*')
    if (row?.state !== 'failed') throw error
    ctx.log.error({ err: error, export: id }, 'an archive could not be made and is given up')
    return null
  }
}

/** Writes the archive, then tells the person. */
async function writeExport(ctx: Ctx, id: string): Promise<null> {
  const row = await ctx.db<ExportRow>('exports').where({ id, state: 'waiting' }).first()
  if (row === undefined) return null
  const account = await ctx.db<AccountRow>('accounts').where({ id: row.account_id }).first()
  const actor = account && (await ctx.db<ActorRow>('actors').where({ id: account.actor_id }).whereNull('deleted_at').first())
  if (account === undefined || actor === undefined) {
    await ctx.db('exports').where({ id }).update({ state: 'failed' })
    return null
  }
  const path = exportPath(ctx, id)
  // A name of its own: another worker may begin anew when this one is slow.
  const draft = `${path}.${randomUUID()}.part`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await pipeline(Readable.from(entries(ctx, { row, account, actor })), createGzip(), createWriteStream(draft, { mode: 0o600 }))
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  const { size } = await stat(path)
  await ctx.db.transaction(async (trx) => {
    const done = await trx('exports')
      .where({ id, state: 'waiting' })
      .update({ state: 'ready', size_bytes: size, done: trx.ref('total') })
    // Whoever left meanwhile leaves no archive behind.
    if (done === 0 && (await trx('exports').where({ id }).first('id')) === undefined) await rm(path, { force: true })
    if (done > 0) await writeTo(ctx, trx, account, { kind: 'export-ready', link: `${requireSite(ctx).origin}/reglages/donnees` })
  })
  return null
}

async function* entries(ctx: Ctx, owner: Owner): AsyncGenerator<Buffer> {
  const { account, actor, row } = owner
  const now = ctx.clock.now()
  const file = (name: string, text: string): Buffer => tarEntry(name, Buffer.from(text), now)
  const media = await ctx.db('media').where({ actor_id: actor.id }).orderBy('id').select<{ file: string }[]>('file')
  const posts = await ctx.db('objects').where({ actor_id: actor.id }).whereNull('deleted_at').count<{ count: string }[]>({ count: '*' })
  const total = Number(posts[0]!.count) + media.length
  await ctx.db('exports').where({ id: row.id }).update({ total, done: 0 })
  yield file('actor.json', json(await actorDocumentWithKey(ctx.db, actor)))
  yield file('account.json', json(accountOf(account)))
  yield file('profile_details.json', json(await listDetails(ctx.db, actor.id, { actorId: actor.id })))
  yield file('filters.json', json(await filters(ctx, actor.id)))
  for (const name of PERSONAL_LISTS) yield file(name, await personalList(ctx, actor, name))
  yield file('outbox.json', await outbox(ctx, owner))
  let done = total - media.length
  const portraits = [actor.icon, actor.image].flatMap((image) =>
    image?.url.startsWith('/media/') ? [image.url.slice('/media/'.length)] : []
  )
  for (const name of [...media.map((one) => one.file), ...portraits]) {
    const content = await readFile(mediaPath(ctx, name) ?? '').catch(() => null)
    if (content !== null) yield tarEntry(`media/${name}`, content, now)
    done += 1
    if (done % PAGE === 0)
      await ctx
        .db('exports')
        .where({ id: row.id })
        .update({ done: Math.min(done, total) })
  }
  yield tarEnd()
}

/** Every post, oldest first, as the activity that made it (ActivityStreams OrderedCollection). */
async function outbox(ctx: Ctx, { row, actor }: Owner): Promise<string> {
  const items: string[] = []
  for (let after = '0'; ;) {
    const page = await ctx
      .db<ObjectRow>('objects')
      .where({ actor_id: actor.id })
      .whereNull('deleted_at')
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
    items.push(...page.map((object) => JSON.stringify(activityOf(actor, object))))
    if (page.length < PAGE) break
    after = page.at(-1)!.id
    await ctx.db('exports').where({ id: row.id }).update({ done: items.length })
  }
  return `{"@context":"https://www.w3.org/ns/activitystreams","id":"outbox.json","type":"OrderedCollection","totalItems":${items.length},"orderedItems":[\n${items.join(',\n')}\n]}\n`
}

function activityOf(actor: ActorRow, object: ObjectRow): Record<string, unknown> {
  const { doc } = object
  if (object.reblog_of_id !== null) return { ...doc, published: object.published.toISOString() }
  return {
    type: 'Create',
    actor: actor.iri,
    published: object.published.toISOString(),
    to: doc['to'] ?? (object.visibility === 'public' ? [PUBLIC] : []),
    cc: doc['cc'] ?? [],
    object: doc
  }
}

/** What we keep about the account, without secrets. */
function accountOf(account: AccountRow): Record<string, unknown> {
  const { email, role, status, locale, reason, preferences, created_at, last_seen_at, confirmed_at } = account
  return { email, role, status, locale, reason, preferences, created_at, last_seen_at, email_confirmed_at: confirmed_at }
}

async function filters(ctx: Ctx, actorId: string): Promise<Record<string, unknown>[]> {
  const rows = await ctx.db('filters').where({ actor_id: actorId }).orderBy('id').select('id', 'title', 'context', 'action', 'expires_at')
  const words = await ctx
    .db('filter_keywords')
    .whereIn(
      'filter_id',
      rows.map(({ id }) => id)
    )
    .orderBy('id')
  return rows.map(({ id, ...row }) => ({
    ...row,
    keywords: words
      .filter((word) => word.filter_id === id)
      .map(({ keyword, whole_word: wholeWord }) => ({ keyword, whole_word: wholeWord }))
  }))
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
