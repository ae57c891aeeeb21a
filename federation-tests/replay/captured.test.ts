// Requests captured from running Gancio, snac and GoToSocial servers, byte for byte as they were signed, verified with the clock at
// their date and applied in their order. In process: the captures name hosts and paths that are not ours to choose.
import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { Ctx } from '../../server/context.ts'
import { createNote } from '../../server/features/wall/create-note.ts'
import { upsertRemoteActor } from '../../server/protocol/actors.ts'
import { closeSockets, createSockets } from '../../server/protocol/fetch.ts'
import { acceptActivity, processInbox } from '../../server/protocol/inbox.ts'
import { normaliseActivity } from '../../server/protocol/normalise.ts'
import { verifyRequest } from '../../server/protocol/verify.ts'
import { testContext } from '../../server/test/context.ts'
import { localPerson } from '../../server/test/people.ts'
import type { Json } from '../harness/client.ts'

interface Capture {
  name: string
  path: string
  headers: Record<string, string>
  body: string
  at: Date
}

const FOLDER = new URL('../fixtures/captured/', import.meta.url)
const CAP = 'https://fedify.test/users/cap'
const NOTE = `${CAP}/notes/585a8a58-da8e-458a-ba7f-e22eacb43bf5`
const CAROL_NOTE = 'https://gts.test/users/carol/statuses/01M82H1EJNDTM3XRG2JVBRP2SY'

const captures: Capture[] = readdirSync(new URL('inbox/', FOLDER))
  .filter((name) => name.endsWith('.json'))
  .map((name) => {
    const capture = JSON.parse(readFileSync(new URL(`inbox/${name}`, FOLDER), 'utf8'))
    return { ...capture, name: name.replace('.json', ''), at: new Date(capture.headers.date) }
  })
  .sort((a, b) => a.at.getTime() - b.at.getTime() || (a.name.includes('Create') ? -1 : 1))

t.test('captured requests of real servers', async (t) => {
  const { ctx, clock } = await testContext(t, { origin: 'https://fedify.test', startAt: captures[0]!.at })
  await closeSockets(ctx.sockets)
  // Nothing may be fetched: what the captures need is stored below.
  ctx.sockets = createSockets(ctx.config, {
    lookup: (name) => Promise.reject(Object.assign(new Error(`no network in this test: ${name}`), { code: 'ENOTFOUND' }))
  })
  await prepare(ctx)

  const check: Record<string, (t: Test) => Promise<void>> = {
    'gancio-Accept-Follow-1': async (t) => void t.ok(await weFollow(ctx, 'https://gancio.test/federation/u/relay')),
    'gts-Accept-Follow-1': async (t) => void t.ok(await weFollow(ctx, 'https://gts.test/users/carol')),
    'snac-Accept-Follow-1': async (t) => void t.ok(await weFollow(ctx, 'https://snac.test/alice')),
    'gancio-Follow-1': async (t) => void t.ok(await followsUs(ctx, 'https://gancio.test/federation/u/relay')),
    'gts-Follow-1': async (t) => void t.ok(await followsUs(ctx, 'https://gts.test/users/carol')),
    'snac-Follow-1': async (t) => void t.ok(await followsUs(ctx, 'https://snac.test/alice')),
    'gts-Undo-Follow-1': async (t) => void t.notOk(await followsUs(ctx, 'https://gts.test/users/carol')),
    'gts-Like-1': async (t) => void t.equal((await stats(ctx)).likes, 1),
    'gts-Announce-1': async (t) => void t.ok((await stats(ctx)).shares >= 1),
    'snac-Announce-1': async (t) => void t.equal((await stats(ctx)).shares, 2),
    'gts-Create-Note-1': async (t) => void t.match(await stored(ctx, CAROL_NOTE), { type: 'Note', visibility: 'public' }),
    'gts-Update-Note-1': async (t) => void t.ok((await stored(ctx, CAROL_NOTE))?.updated),
    'gts-Delete-1': async (t) => void t.equal(await stored(ctx, CAROL_NOTE), undefined),
    'gts-Create-Question-1': async (t) =>
      void t.match(await ctx.db('objects').where({ type: 'Question' }).first(), { visibility: 'unlisted', poll: Object }),
    'snac-Create-Note-1': async (t) => {
      t.match(await stored(ctx, 'https://snac.test/alice/p/1795381320.152335'), { content_html: /depuis snac/ })
      t.ok(await ctx.db('notifications').where({ type: 'mention' }).first(), 'cap hears of the mention')
    },
    'gancio-Create-Event-1': async (t) => {
      const event = (await stored(ctx, 'https://gancio.test/federation/m/5'))!
      t.match(event, { type: 'Event', name: 'Conseil de quartier', place: { name: 'Mairie annexe' }, latitude: 48.1 })
      t.equal(event.start_time.toISOString(), new Date('2026-11-25T05:35:23.000+01:00').toISOString())
    },
    'gancio-Update-Event-1': async (t) =>
      void t.equal((await stored(ctx, 'https://gancio.test/federation/m/5'))?.name, 'Conseil de quartier (reporte)'),
    'gancio-Delete-Event-1': async (t) => void t.equal(await stored(ctx, 'https://gancio.test/federation/m/5'), undefined)
  }
  t.same(
    captures.map((one) => one.name).filter((name) => !(name in check)),
    [],
    'each capture has its expectation'
  )

  for (const capture of captures) {
    await t.test(`${capture.name} of ${capture.headers['user-agent']}`, async (t) => {
      clock.set(capture.at)
      const request = {
        method: 'POST',
        target: capture.path,
        headers: capture.headers,
        rawHeaders: Object.entries(capture.headers).flat(),
        body: Buffer.from(capture.body)
      }
      const verified = await verifyRequest(ctx, request)
      const json = JSON.parse(capture.body) as Json
      t.equal(verified.actorIri, json.actor)
      t.equal(await acceptActivity(ctx, { verified, activity: normaliseActivity(json), raw: request.body, recipientId: null }), 'accepted')
      while ((await processInbox(ctx)) > 0);
      await check[capture.name]!(t)
      t.same(await ctx.db('inbox_log').where({ state: 'waiting' }).select('type', 'outcome'), [], 'nothing is left over')
      await t.rejects(
        verifyRequest(ctx, { ...request, body: Buffer.from(`${capture.body} `) }),
        { code: /^signature\./ },
        'and one more byte breaks it'
      )
    })
  }
})

/** What the capturing server knew: its actor, the peers' actors, its pending follows and its note. */
async function prepare(ctx: Ctx): Promise<void> {
  const cap = await localPerson(ctx, 'cap', { iri: CAP, inbox: `${CAP}/inbox`, followers_iri: `${CAP}/followers` })
  for (const file of ['gancio-actor', 'snac-actor', 'gts-actor-signed-get']) {
    const document = JSON.parse(readFileSync(new URL(`docs/${file}.json`, FOLDER), 'utf8'))
    await upsertRemoteActor(ctx, ctx.db, document.json ?? document)
  }
  for (const { name, body } of captures) {
    if (!name.includes('Accept')) continue
    const { actor, object } = JSON.parse(body) as Json
    const followed = await ctx.db('actors').where({ iri: actor }).first('id')
    await ctx.db('follows').insert({
      id: `${BigInt(cap.id) + BigInt(name.length)}`,
      iri: object.id,
      follower_id: cap.id,
      followed_id: followed.id,
      state: 'pending',
      follower_local: true
    })
  }
  const note = await createNote(ctx, cap, { text: 'Ma note', visibility: 'public' })
  await ctx.db('objects').where({ id: note.id }).update({ iri: NOTE })
}

async function weFollow(ctx: Ctx, iri: string): Promise<boolean> {
  return (
    (await ctx
      .db('follows')
      .join('actors', 'actors.id', 'followed_id')
      .where({ 'actors.iri': iri, state: 'accepted', follower_local: true })
      .first()) !== undefined
  )
}

async function followsUs(ctx: Ctx, iri: string): Promise<boolean> {
  return (
    (await ctx
      .db('follows')
      .join('actors', 'actors.id', 'follower_id')
      .where({ 'actors.iri': iri, state: 'accepted', follower_local: false })
      .first()) !== undefined
  )
}

async function stored(ctx: Ctx, iri: string): Promise<Json | undefined> {
  return await ctx.db('objects').where({ iri }).whereNull('deleted_at').first()
}

async function stats(ctx: Ctx): Promise<{ likes: number; shares: number }> {
  return (
    (await ctx.db('object_stats').join('objects', 'objects.id', 'object_id').where({ iri: NOTE }).first('likes', 'shares')) ?? {
      likes: 0,
      shares: 0
    }
  )
}
