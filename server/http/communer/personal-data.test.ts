// Taking one's data along and bringing lists: what is in the archive, who gets it, and until when (E01, V18, D2).
import t from 'tap'
import { readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import sharp from 'sharp'
import { buildApp } from '../../app.ts'
import { readTar } from '../../db/tar.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { askExport, forgetExports, handlesIn } from '../../features/accounts/personal-data.ts'
import { followActor } from '../../features/follows/follow.ts'
import { uploadMedia } from '../../features/media/media.ts'
import { createNote } from '../../features/wall/create-note.ts'
import { doChores } from '../../jobs/chores.ts'
import { browserOf } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'

const V1 = '/api/communer/v1'
const PASSWORD = 'correct horse'

t.test('an archive holds what is mine, and opens for me alone; a list of another server is followed', async (t) => {
  const { ctx, clock } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const [alice, bea] = await Promise.all(
    ['alice', 'bea'].map((username) => createAccount(ctx, { username, email: `${username}@example.org`, password: PASSWORD }))
  )
  await followActor(ctx, alice!.actor, bea!.actor)
  const picture = await sharp({ create: { width: 20, height: 20, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const media = await uploadMedia(ctx, alice!.actor.id, picture, { description: 'rouge' })
  await createNote(ctx, alice!.actor, { text: 'À tous', mediaIds: [media.id] })
  await createNote(ctx, alice!.actor, { text: 'Pour Béa seule @bea', visibility: 'direct' })
  await createNote(ctx, bea!.actor, { text: 'Pas à Alice' })
  const [mine, hers] = [browserOf(app), browserOf(app)]
  await mine.post(`${V1}/login`, { login: 'alice', password: PASSWORD })
  await hers.post(`${V1}/login`, { login: 'bea', password: PASSWORD })

  t.equal((await mine.post(`${V1}/exports`, { password: 'wrong' })).json().code, 'password.wrong')
  const asked = await mine.post(`${V1}/exports`, { password: PASSWORD })
  t.equal(asked.statusCode, 202, asked.body)
  const { id } = asked.json() as { id: string }
  t.equal((await mine.post(`${V1}/exports`, { password: PASSWORD })).json().code, 'export.too-soon')
  t.equal((await mine.get(`${V1}/exports/${id}/file`)).statusCode, 404, 'not before it is ready')
  while ((await doChores(ctx)) > 0);
  t.match((await mine.get(`${V1}/exports`)).json(), [{ id, state: 'ready', done: 3, total: 3 }])
  t.equal((await hers.get(`${V1}/exports/${id}/file`)).statusCode, 404, 'V18')
  const answer = await mine.get(`${V1}/exports/${id}/file`)
  t.match(answer.headers, {
    'content-type': 'application/gzip',
    'cache-control': /no-store/,
    'content-disposition': /attachment; filename="alice-/
  })
  const files = new Map<string, Buffer>()
  const bytes = gunzipSync(answer.rawPayload)
  for await (const { name, content } of readTar(
    (async function* () {
      yield bytes
    })()
  ))
    files.set(name, content)
  const outbox = JSON.parse(files.get('outbox.json')!.toString())
  t.match(outbox, { type: 'OrderedCollection', totalItems: 2 })
  t.match(JSON.stringify(outbox), /À tous.*Pour Béa seule/)
  t.notMatch(JSON.stringify(outbox), /Pas à Alice/)
  t.match(JSON.parse(files.get('actor.json')!.toString()), { type: 'Person', preferredUsername: 'alice' })
  t.equal(
    files.get('following_accounts.csv')!.toString(),
    'Account address,Show boosts,Notify on new posts,Languages\nbea@commune.test,true,false,\n'
  )
  t.match(JSON.parse(files.get('account.json')!.toString()), { email: 'alice@example.org' })
  t.ok([...files.keys()].some((name) => name.startsWith('media/')))
  const all = [...files.values()].map(String).join()
  t.notMatch(all, /argon2|PRIVATE KEY/)
  clock.advance(7 * 86_400_000)
  t.equal(await forgetExports(ctx), 1)

  const imported = await hers.post(`${V1}/imports`, {
    kind: 'follows',
    csv: 'Account address,Show boosts\r\n@Alice@commune.test,true\nnobody@commune.test,true\n'
  })
  t.match([imported.statusCode, imported.json()], [202, { total: 2, done: 0 }])
  const second = await hers.post(`${V1}/imports`, { kind: 'mutes', csv: '@alice@commune.test' })
  t.match([second.statusCode, second.json().code], [409, 'import.running'])
  while ((await doChores(ctx)) > 0);
  t.match((await hers.get(`${V1}/imports`)).json(), [{ kind: 'follows', done: 2, failed: 1, finished_at: String }])
  t.ok(await ctx.db('follows').where({ follower_id: bea!.actor.id, followed_id: alice!.actor.id }).first())
  t.equal((await hers.post(`${V1}/imports`, { kind: 'blocks', csv: 'nothing here' })).json().code, 'import.empty')
  t.same(handlesIn('Account address\n"a@b.fr",x\na@b.fr\n<script>\n'), ['a@b.fr'])
})

t.test('bookmarks, lists, hashtags and servers are taken along and brought back; what fails is named', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const [alice, bea] = await Promise.all(
    ['alice', 'bea'].map((username) => createAccount(ctx, { username, email: `${username}@example.org`, password: PASSWORD }))
  )
  const [mine, hers] = [browserOf(app), browserOf(app)]
  await mine.post(`${V1}/login`, { login: 'alice', password: PASSWORD })
  await hers.post(`${V1}/login`, { login: 'bea', password: PASSWORD })
  const open = await createNote(ctx, bea!.actor, { text: 'À garder' })
  const secret = await createNote(ctx, bea!.actor, { text: 'Pas pour Alice', visibility: 'direct' })
  const bring = async (kind: string, csv: string) => {
    t.equal((await mine.post(`${V1}/imports`, { kind, csv })).statusCode, 202, kind)
    while ((await doChores(ctx)) > 0);
    return ((await mine.get(`${V1}/imports`)).json() as Record<string, unknown>[])[0]
  }
  const take = async (name: string): Promise<string> => (await mine.get(`${V1}/exports/lists/${name}`)).body
  const files: [string, string, string][] = [
    ['domains', 'blocked_domains.csv', 'loin.example\n'],
    ['tags', 'followed_tags.csv', 'velo\n'],
    ['lists', 'lists.csv', '"Amis, proches",bea@commune.test\n'],
    ['bookmarks', 'bookmarks.csv', `${open.iri}\n`]
  ]
  for (const [kind, name, csv] of files) {
    t.match(await bring(kind, csv), { kind, done: 1, failed: 0, failures: [] })
    t.equal(await take(name), csv, name)
  }
  t.match(await bring('bookmarks', `${secret.iri}\n`), { failed: 1, failures: [secret.iri] }, 'what one may not see is not kept')
  t.equal(await take('bookmarks.csv'), `${open.iri}\n`)
  t.equal((await hers.get(`${V1}/exports/lists/bookmarks.csv`)).body, '', 'each their own')
  t.equal((await mine.get(`${V1}/exports/lists/passwd`)).statusCode, 422)
  t.ok(await ctx.db('list_accounts').where({ actor_id: bea!.actor.id }).first())
  t.ok(await ctx.db('follows').where({ follower_id: alice!.actor.id, followed_id: bea!.actor.id }).first(), 'who is on a list is followed')
})

t.test('an archive that cannot be made is given up, and another may be asked for; half-written files go', async (t) => {
  const { ctx, clock } = await testContext(t)
  const { account } = await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: PASSWORD })
  // A file stands where the folder should be: nothing can be written there.
  await writeFile(join(ctx.config.dataDir, 'exports'), '')
  const { id } = await askExport(ctx, account.id)
  for (let round = 0; round < 6; round += 1) {
    await doChores(ctx)
    clock.advance(2 * 86_400_000)
  }
  t.match(await ctx.db('exports').where({ id }).first(), { state: 'failed' })
  t.same(await ctx.db('chores').where({ kind: 'export' }), [])
  await rm(join(ctx.config.dataDir, 'exports'))
  const again = await askExport(ctx, account.id)
  await doChores(ctx)
  t.match(await ctx.db('exports').where({ id: again.id }).first(), { state: 'ready' })

  const [old, fresh] = ['1.part', '2.part'].map((name) => join(ctx.config.dataDir, 'exports', name)) as [string, string]
  const now = clock.now().getTime() / 1000
  for (const [path, age] of [
    [old, 90_000],
    [fresh, 60]
  ] as const) {
    await writeFile(path, 'half')
    await utimes(path, now - age, now - age)
  }
  await forgetExports(ctx)
  t.same((await readdir(join(ctx.config.dataDir, 'exports'))).sort(), [`${again.id}.tar.gz`, '2.part'])
})
