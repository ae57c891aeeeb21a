// Who may open a picture: everybody when the post is for everybody, else those who may see the post, and nobody once it is gone.
import t from 'tap'
import type { LightMyRequestResponse } from 'fastify'
import { createHash } from 'node:crypto'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { buildApp } from '../app.ts'
import { newId } from '../core/ids.ts'
import type { ActorRow, MediaRow, ObjectRow, Visibility } from '../db/rows.ts'
import { createToken } from '../features/accounts/tokens.ts'
import { mediaPath, newFileName, writeWhole } from '../features/media/files.ts'
import { pruneOrphanMedia, uploadMedia } from '../features/media/media.ts'
import { storePortrait } from '../features/media/portrait.ts'
import { mediaProxyUrl } from '../features/media/proxy.ts'
import { removeLooseFiles } from '../features/media/sweep.ts'
import { createNote } from '../features/wall/create-note.ts'
import { deleteObject } from '../features/wall/delete-object.ts'
import { localFollow } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { citizen, localGroup, remotePerson } from '../test/people.ts'
import { remoteFollow } from '../test/publishers.ts'

type Json = ReturnType<typeof JSON.parse>

const HOUR_MS = 3_600_000
const picture = sharp({ create: { width: 12, height: 8, channels: 3, background: '#338855' } })
  .png()
  .toBuffer()

interface Reader {
  actor: ActorRow
  authorization: string
}

// One instance for all: each test brings people of its own.
const { ctx, clock } = await testContext(t)
const app = await buildApp(ctx)
t.teardown(() => app.close())
let scenes = 0

async function scene() {
  scenes += 1
  const serial = scenes
  const reader = async (name: string, scopes = 'read write'): Promise<Reader> => {
    const { actor, account } = await citizen(ctx, `${name}${serial}`)
    return { actor, authorization: `Bearer ${await createToken(ctx, account.id, scopes)}` }
  }
  return { alice: await reader('alice'), bea: await reader('bea'), carl: await reader('carl'), reader }
}

function get(url: string, who: Reader | null = null): Promise<LightMyRequestResponse> {
  const headers = who === null ? {} : { authorization: who.authorization }
  return app.inject({ url: url.replace('https://commune.test', ''), headers })
}

async function post(author: ActorRow, visibility: Visibility, as?: string): Promise<{ row: ObjectRow; media: MediaRow; path: string }> {
  const media = await uploadMedia(ctx, author.id, await picture, {})
  const row = await createNote(ctx, author, { text: 'Une image', visibility, mediaIds: [media.id], ...(as === undefined ? {} : { as }) })
  return { row, media, path: `/media/${media.file}` }
}

/** The addresses a client is given with a post. */
async function given(id: string, who: Reader): Promise<{ url: string; preview_url: string }> {
  const answer = await app.inject({ url: `/api/v1/statuses/${id}`, headers: { authorization: who.authorization } })
  return (answer.json() as Json).media_attachments[0]
}

t.test('V05: a picture of a public post is for everybody and for every cache', async (t) => {
  const { alice } = await scene()
  for (const visibility of ['public', 'unlisted'] as const) {
    const { path, media } = await post(alice.actor, visibility)
    for (const url of [path, `/media/${media.preview_file}`]) {
      const answer = await get(url)
      t.equal(answer.statusCode, 200)
      t.match(answer.headers['cache-control'], /^public, .*immutable/)
    }
  }
})

t.test('V05: a picture of a private post is for those who may see the post, and no cache keeps it', async (t) => {
  const { alice, bea, carl, reader } = await scene()
  await localFollow(ctx, bea.actor, alice.actor)
  const unread = await reader('denis', 'write')
  await localFollow(ctx, unread.actor, alice.actor)
  const nothing = await get(`/media/${newFileName()}`)
  for (const visibility of ['followers', 'direct', 'local'] as const) {
    const { row, path, media } = await post(alice.actor, visibility)
    const [readers, strangers] =
      visibility === 'local' ? [[alice, bea, carl], []] : [[alice, bea].slice(0, visibility === 'direct' ? 1 : 2), [carl]]
    for (const url of [path, `/media/${media.preview_file}`]) {
      for (const who of [null, unread, ...strangers]) {
        const answer = await get(url, who)
        t.equal(answer.statusCode, 404, `${visibility} ${who?.actor.username}`)
        t.equal(answer.body, nothing.body, 'as if it were not there')
        t.same(Object.keys(answer.headers).sort(), Object.keys(nothing.headers).sort())
        t.match(answer.headers['cache-control'], /no-store/)
        t.equal(answer.headers['etag'], undefined)
      }
      for (const who of readers) {
        const answer = await get(url, who)
        t.equal(answer.statusCode, 200, `${visibility} ${who.actor.username}`)
        t.equal(answer.headers['cache-control'], 'private, no-store')
      }
    }
    const addresses = await given(row.id, alice)
    for (const url of [addresses.url, addresses.preview_url]) {
      t.equal((await get(url)).statusCode, 200, 'the address an app was given opens without a cookie')
      t.equal((await get(url)).headers['cache-control'], 'private, no-store')
    }
  }
})

t.test('V05: a seal ends, is for one file of one post, and cannot be made or bent', async (t) => {
  const { alice } = await scene()
  const [one, two] = [await post(alice.actor, 'followers'), await post(alice.actor, 'followers')]
  const { url } = await given(one.row.id, alice)
  const { searchParams } = new URL(url)
  const [until, seal] = [searchParams.get('until')!, searchParams.get('seal')!]
  for (const bent of [
    `${two.path}?until=${until}&seal=${seal}`,
    `${one.path}?until=${Number(until) + HOUR_MS}&seal=${seal}`,
    `${one.path}?until=${until}&seal=${seal.slice(0, -1)}`,
    `${one.path}?until=${until}&seal=`,
    `${one.path}?until=${until}`,
    `${one.path}?seal=${seal}`,
    `${one.path}?until[]=${until}&seal[]=${seal}`,
    `${one.path}?until=NaN&seal=${seal}`,
    `${one.path}?until=1e99&seal=${seal}`
  ])
    t.equal((await get(bent)).statusCode, 404, bent)
  t.equal((await get(url)).statusCode, 200)
  clock.advance(14 * HOUR_MS)
  t.equal((await get(url)).statusCode, 404, 'the next day it is an address like any other')
  t.equal((await get((await given(one.row.id, alice)).url)).statusCode, 200, 'and a new one is given')
})

t.test('V05: who leaves a group no longer opens its pictures', async (t) => {
  const { alice, bea, carl } = await scene()
  const group = await localGroup(ctx, 'jardin', alice.actor)
  await ctx.db('memberships').insert({ group_id: group.id, actor_id: bea.actor.id, role: 'member', state: 'active' })
  await ctx.db('memberships').insert({ group_id: group.id, actor_id: carl.actor.id, role: 'member', state: 'pending' })
  const { path } = await post(alice.actor, 'members', 'jardin')
  t.equal((await get(path)).statusCode, 404)
  t.equal((await get(path, carl)).statusCode, 404, 'who asked to join is not in yet')
  t.equal((await get(path, bea)).statusCode, 200)
  await ctx.db('memberships').where({ actor_id: bea.actor.id }).delete()
  t.equal((await get(path, bea)).statusCode, 404)
})

t.test('V05: blocked, suspended, logged out: the picture goes with the post', async (t) => {
  const { alice, bea } = await scene()
  await localFollow(ctx, bea.actor, alice.actor)
  const { path } = await post(alice.actor, 'followers')
  const open = await post(alice.actor, 'public')
  t.equal((await get(path, bea)).statusCode, 200)
  await ctx.db('blocks').insert({ id: newId(), iri: 'urn:b', blocker_id: alice.actor.id, blocked_id: bea.actor.id })
  t.equal((await get(path, bea)).statusCode, 404)
  await ctx.db('actors').where({ id: alice.actor.id }).update({ suspended_at: ctx.clock.now() })
  for (const who of [null, bea]) t.equal((await get(open.path, who)).statusCode, 404, 'nothing of a suspended author')
})

t.test('V05: after the deletion of the post nobody opens its pictures, by no address, and the files leave the disk', async (t) => {
  const { alice, bea } = await scene()
  await localFollow(ctx, bea.actor, alice.actor)
  const [open, closed] = [await post(alice.actor, 'public'), await post(alice.actor, 'followers')]
  const sealed = (await given(closed.row.id, alice)).url
  const sent = await sentAttachment(closed.row.iri)
  for (const { row } of [open, closed]) await deleteObject(ctx, { actorId: alice.actor.id, role: 'member' }, row)
  for (const url of [open.path, closed.path, sealed, sent]) {
    t.equal((await get(url)).statusCode, 404)
    t.equal((await get(url, bea)).statusCode, 404)
  }
  const files = [open, closed].flatMap(({ media }) => [media.file, media.preview_file!])
  const left = async (): Promise<string[]> => (await filesOf()).filter((path) => files.some((name) => path.endsWith(name)))
  t.equal((await left()).length, 4)
  clock.advance(25 * HOUR_MS)
  await pruneOrphanMedia(ctx)
  t.same(await left(), [])
  t.same(await ctx.db('media').whereIn('id', [open.media.id, closed.media.id]), [])
})

t.test('V05: an upload that hangs on nothing is for who made it', async (t) => {
  const { alice, bea } = await scene()
  const media = await uploadMedia(ctx, alice.actor.id, await picture, {})
  const path = `/media/${media.file}`
  t.equal((await get(path)).statusCode, 404)
  t.equal((await get(path, bea)).statusCode, 404)
  t.equal((await get(path, alice)).statusCode, 200)
  const answer = await app.inject({ url: `/api/v1/media/${media.id}`, headers: { authorization: alice.authorization } })
  const { url } = answer.json() as Json
  t.equal((await get(url)).statusCode, 200, 'a client shows what it just sent')
  await createNote(ctx, alice.actor, { text: 'Pour mes abonnés', visibility: 'followers', mediaIds: [media.id] })
  t.equal((await get(url)).statusCode, 404, 'the seal of the upload is not one of the post')
})

t.test('V05: peers get an address that holds as long as they may need it; public documents have plain ones', async (t) => {
  const { alice } = await scene()
  const peer = await remotePerson(ctx, 'bob@mastodon.test')
  await remoteFollow(ctx, peer, alice.actor)
  const [open, closed] = [await post(alice.actor, 'public'), await post(alice.actor, 'followers')]
  t.equal(await sentAttachment(open.row.iri), `https://commune.test${open.path}`)
  const sent = await sentAttachment(closed.row.iri)
  t.match(sent, /\?until=\d+&seal=/)
  clock.advance(20 * 24 * HOUR_MS)
  t.equal((await get(sent)).statusCode, 200)
  clock.advance(11 * 24 * HOUR_MS)
  t.equal((await get(sent)).statusCode, 404)
})

t.test('V05: a remote picture of a private post is shown through an address that ends', async (t) => {
  const url = mediaProxyUrl(ctx, 'https://remote.test/private.png', true)
  t.match(url, /\?until=\d+$/)
  // Nothing is fetched in this test: what was stored by an earlier reader is what an ended address would give away.
  const name = createHash('sha256').update('https://remote.test/private.png').digest('hex')
  await writeWhole(join(ctx.config.dataDir, 'media-cache', `${name}.webp`), await picture)
  t.match(await get(url), { statusCode: 200, headers: { 'cache-control': 'private, no-store' } })
  t.equal((await get(url.split('?')[0]!)).statusCode, 404, 'without its end it is no address of ours')
  t.equal((await get(`${url.split('?')[0]}?until=99999999999999`)).statusCode, 404)
  clock.advance(14 * HOUR_MS)
  t.equal((await get(url)).statusCode, 404)
})

t.test('V05: a replaced avatar is served no more, and loose files leave the disk while used ones stay', async (t) => {
  const { alice } = await scene()
  const kept = await post(alice.actor, 'public')
  const portraits = [await storePortrait(ctx, 'avatar', await picture), await storePortrait(ctx, 'header', await picture)]
  await ctx
    .db('actors')
    .where({ id: alice.actor.id })
    .update({ icon: JSON.stringify(portraits[0]), image: JSON.stringify(portraits[1]) })
  for (const { url } of portraits) t.match(await get(url), { statusCode: 200, headers: { 'cache-control': /immutable/ } })
  const next = await storePortrait(ctx, 'avatar', await picture)
  await ctx
    .db('actors')
    .where({ id: alice.actor.id })
    .update({ icon: JSON.stringify(next) })
  t.equal((await get(portraits[0]!.url)).statusCode, 404, 'at once')
  await writeFile(`${mediaPath(ctx, kept.media.file)}.00.part`, 'half')

  const date = async (at: Date): Promise<void> => {
    for (const path of await filesOf()) await utimes(path, at, at)
  }
  await date(clock.now())
  t.equal(await removeLooseFiles(ctx), 0, 'what is young may still get its row')
  await date(new Date(clock.now().getTime() - 2 * HOUR_MS))
  t.equal(await removeLooseFiles(ctx), 2, 'the former avatar and the half-written file')
  for (const url of [kept.path, next.url, portraits[1]!.url]) t.equal((await get(url)).statusCode, 200)
  await ctx.db('actors').where({ id: alice.actor.id }).update({ suspended_at: clock.now() })
  t.equal((await get(next.url)).statusCode, 404)
})

async function filesOf(): Promise<string[]> {
  const found = await readdir(join(ctx.config.dataDir, 'media'), { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** The picture's address as the Create of an object carries it. */
async function sentAttachment(iri: string): Promise<string> {
  const row = await ctx.db('activities').where({ object_iri: iri, type: 'Create' }).first<{ body: string }>('body')
  return (JSON.parse(row.body) as Json).object.attachment[0].url
}
