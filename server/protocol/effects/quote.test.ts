// Quotes and their permission (FEP-044f): asked, granted, refused, revoked, from both sides.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { insertObject } from '../../db/objects.ts'
import type { ActorRow, ObjectRow, QuotePolicy, Visibility } from '../../db/rows.ts'
import { createNote } from '../../features/wall/create-note.ts'
import { editNote } from '../../features/wall/edit-note.ts'
import { revokeQuoteOf } from '../../features/wall/quote.ts'
import { doChores } from '../../jobs/chores.ts'
import { activity, create, localFollow, note, PUBLIC, receive } from '../../test/arrivals.ts'
import { documented } from '../../test/documented.ts'
import { testContext } from '../../test/context.ts'
import { testInternet } from '../../test/internet.ts'
import { localPerson, remotePerson } from '../../test/people.ts'
import { assertWire } from '../../vocab/assert-wire.ts'

type Json = ReturnType<typeof JSON.parse>

const recorded = (): Json =>
  JSON.parse(readFileSync(new URL('../../test/fixtures/wire/in-quoterequest-mastodon.json', import.meta.url), 'utf8'))
const N1 = 'https://saint-leu.example/ap/objects/n1'

async function scene(t: Parameters<typeof testContext>[0]) {
  const context = await testContext(t, { startAt: new Date('2026-11-23T10:00:00Z'), origin: 'https://saint-leu.example' })
  const { ctx } = context
  const alice = await localPerson(ctx, 'alice')
  const lea = await localPerson(ctx, 'lea')
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const get = async (url: string) => {
    const answer = await app.inject({ url: url.replace('https://saint-leu.example', ''), headers: { accept: 'application/activity+json' } })
    return { status: answer.statusCode, json: (answer.statusCode === 200 ? answer.json() : null) as Json }
  }
  const shown = async (row: Pick<ObjectRow, 'id'>) => (await get(`/api/v1/statuses/${row.id}`)).json
  /** A post of Alice's whose IRI is the one of the recorded request. */
  const post = async (visibility: Visibility = 'public', policy: QuotePolicy = 'public'): Promise<ObjectRow> =>
    (await insertObject(ctx, ctx.db, {
      row: { iri: N1, type: 'Note', local: true, actor_id: alice.id, visibility, quote_policy: policy, published: ctx.clock.now(), doc: {} }
    }))!
  return { ...context, alice, lea, bob, get, shown, post }
}

/** A public post of someone elsewhere, stored here. */
async function postOf(ctx: Ctx, author: ActorRow, policy: QuotePolicy | null = 'public'): Promise<ObjectRow> {
  return (await insertObject(ctx, ctx.db, {
    row: {
      iri: `${author.iri}/statuses/quoted`,
      url: `${author.url}/9`,
      type: 'Note',
      local: false,
      actor_id: author.id,
      visibility: 'public',
      quote_policy: policy,
      content_html: '<p>Ce que dit Bob</p>',
      published: ctx.clock.now(),
      doc: {}
    }
  }))!
}

const sent = async (ctx: Ctx): Promise<{ json: Json; inbox: string | null }[]> => {
  const rows = await ctx
    .db('activities as a')
    .leftJoin('deliveries as d', 'd.activity_id', 'a.id')
    // As they were written: ids of one instant come in any order.
    .orderByRaw('a.ctid')
    .select<{ body: string; inbox: string | null }[]>('a.body', 'd.inbox')
  return rows.map(({ body, inbox }) => ({ json: documented(JSON.parse(body) as Json), inbox }))
}

t.test('[54] a request from Mastodon is granted with a stamp that can be fetched, the same however often it is asked', async (t) => {
  const { ctx, alice, bob, get, shown, post } = await scene(t)
  const row = await post()
  t.equal(await receive(ctx, recorded()), 'quote-granted')
  const [accept] = await sent(ctx)
  t.equal(accept!.inbox, bob.inbox, 'to the personal inbox')
  assertWire(accept!.json)
  t.match(accept!.json, {
    type: 'Accept',
    actor: alice.iri,
    to: [bob.iri],
    object: {
      id: 'https://mastodon.example/users/bob/quote_requests/5d1f',
      type: 'QuoteRequest',
      actor: bob.iri,
      object: N1,
      instrument: 'https://mastodon.example/users/bob/statuses/1170'
    }
  })
  const { status, json: stamp } = await get(accept!.json.result)
  t.equal(status, 200)
  delete stamp['@context']
  t.same(stamp, {
    id: accept!.json.result,
    type: 'QuoteAuthorization',
    attributedTo: alice.iri,
    interactingObject: 'https://mastodon.example/users/bob/statuses/1170',
    interactionTarget: N1
  })
  t.equal(await receive(ctx, { ...recorded(), id: `${bob.iri}/quote_requests/again` }), 'quote-granted')
  t.equal((await sent(ctx))[1]!.json.result, accept!.json.result)
  const quote = await ctx.db<ObjectRow>('objects').where({ actor_id: bob.id }).first()
  t.match(await shown(quote!), { quote: { state: 'accepted', quoted_status: { id: row.id, quote: null } } })
  t.equal((await shown(row)).quotes_count, 1)
  t.same(
    (await get(`/api/v1/statuses/${row.id}/quotes`)).json.map((one: Json) => one.id),
    [quote!.id]
  )
  t.same(await ctx.db('notifications').where({ owner_id: alice.id }).pluck('type'), ['quote'])
})

t.test('[54] what is not public, not allowed, or across a block is refused, and leaves nothing', async (t) => {
  const { ctx, alice, bob, post } = await scene(t)
  const row = await post('followers')
  let number = 0
  const ask = () => receive(ctx, { ...recorded(), id: `${bob.iri}/quote_requests/${(number += 1)}` })
  t.equal(await ask(), 'quote-refused', 'followers only')
  await ctx.db('objects').where({ id: row.id }).update({ visibility: 'public', quote_policy: 'nobody' })
  t.equal(await ask(), 'quote-refused', 'nobody may')
  await ctx.db('objects').where({ id: row.id }).update({ quote_policy: 'followers' })
  t.equal(await ask(), 'quote-refused', 'not a follower')
  await ctx.db('objects').where({ id: row.id }).update({ quote_policy: 'public' })
  await ctx.db('blocks').insert({ id: '1', iri: 'x', blocker_id: alice.id, blocked_id: bob.id })
  t.equal(await ask(), 'quote-refused', 'blocked')
  t.same(
    (await sent(ctx)).map(({ json }) => [json.type, json.result]),
    Array.from({ length: 4 }, () => ['Reject', undefined])
  )
  t.same(await ctx.db('quotes'), [])
  t.same(await ctx.db('notifications'), [])
})

t.test('nobody asks for a post of somebody else, or shows another post than was asked for', async (t) => {
  const { ctx, bob, post } = await scene(t)
  await post()
  const mallory = await remotePerson(ctx, 'mallory@evil.example')
  const asks = (more: Json): Json => ({ ...recorded(), ...more, id: `${(more.actor ?? bob.iri) as string}#q${Math.random()}` })
  t.equal(await receive(ctx, asks({ actor: mallory.iri })), 'refused-origin')
  const { instrument } = recorded()
  t.equal(await receive(ctx, asks({ instrument: { ...instrument, attributedTo: 'https://mastodon.example/users/carl' } })), 'refused-owner')
  t.equal(
    await receive(ctx, asks({ instrument: { ...instrument, quote: 'https://saint-leu.example/ap/objects/other' } })),
    'refused-document'
  )
  t.equal(await receive(ctx, asks({ instrument: undefined })), 'refused-origin')
  t.equal(await receive(ctx, asks({ object: 'https://saint-leu.example/ap/objects/none' })), 'unknown-object')
  t.same(await sent(ctx), [])
  t.same(await ctx.db('objects').where({ local: false }), [])
})

t.test('the author takes a quote back: stamp gone, quoter told, not granted again', async (t) => {
  const { ctx, alice, lea, bob, get, shown, post } = await scene(t)
  const row = await post()
  await receive(ctx, recorded())
  const stamp = (await sent(ctx))[0]!.json.result
  const quote = (await ctx.db<ObjectRow>('objects').where({ actor_id: bob.id }).first())!
  await t.rejects(revokeQuoteOf(ctx, { role: 'member', actorId: lea.id }, row, quote.id), { code: 'permission.denied' })
  t.equal((await get(stamp)).status, 200)
  await revokeQuoteOf(ctx, { role: 'member', actorId: alice.id }, row, quote.id)
  t.equal((await get(stamp)).status, 404)
  const last = (await sent(ctx)).at(-1)!
  t.match(last, { inbox: bob.inbox, json: { type: 'Delete', actor: alice.iri, object: stamp, to: [bob.iri] } })
  assertWire(last.json)
  t.match(await shown(quote), { quote: { state: 'revoked', quoted_status: null } })
  t.equal(await receive(ctx, { ...recorded(), id: `${bob.iri}/quote_requests/again` }), 'quote-refused')
})

t.test('quoting elsewhere: asked, shown when granted with the stamp in an Update, hidden when taken back', async (t) => {
  const { ctx, lea, bob, shown } = await scene(t)
  const quoted = await postOf(ctx, bob)
  const row = await createNote(ctx, lea, { text: 'À lire !', quotedId: quoted.id })
  const [first, request] = (await sent(ctx)).map(({ json }) => json)
  assertWire(first)
  t.match(first.object, { quote: quoted.iri, quoteUri: quoted.iri, _misskey_quote: quoted.iri })
  t.match(first.object.content, '<p>À lire !</p><p class="quote-inline">RE: <a href="https://mastodon.example/@bob/9">')
  t.notOk('quoteAuthorization' in first.object)
  t.match(request, {
    type: 'QuoteRequest',
    actor: lea.iri,
    to: [bob.iri],
    object: quoted.iri,
    instrument: { id: row.iri, quote: quoted.iri }
  })
  t.match(await shown(row), { content: '<p>À lire !</p>', quote: { state: 'pending', quoted_status: null } })
  const mallory = await remotePerson(ctx, 'mallory@evil.example')
  const stamp = 'https://mastodon.example/users/bob/quote_authorizations/1'
  const accept = (by: ActorRow, result: string) => receive(ctx, activity('Accept', by, request.id, { result }))
  t.equal(await accept(mallory, 'https://evil.example/stamp'), 'refused-owner')
  t.equal(await accept(bob, 'https://evil.example/stamp'), 'refused-origin')
  t.match(await shown(row), { quote: { state: 'pending' } })
  t.equal(await accept(bob, stamp), 'quote-granted')
  t.match(await shown(row), { edited_at: null, quote: { state: 'accepted', quoted_status: { id: quoted.id } } })
  const update = (await sent(ctx)).at(-1)!.json
  assertWire(update)
  t.match(update, { type: 'Update', object: { id: row.iri, quoteAuthorization: stamp } })
  t.notOk('updated' in update.object, 'not an edit')
  const edited = await editNote(
    ctx,
    { role: 'member', actorId: lea.id },
    (await ctx.db<ObjectRow>('objects').where({ id: row.id }).first())!,
    {
      text: 'À relire !'
    }
  )
  t.match(edited.doc, { quote: quoted.iri, quoteAuthorization: stamp, content: /^<p>À relire !<\/p><p class="quote-inline">/ })
  t.equal(await receive(ctx, activity('Delete', mallory, stamp)), 'refused-owner')
  t.equal(await receive(ctx, activity('Delete', bob, stamp)), 'quote-revoked')
  t.match(await shown(row), { quote: { state: 'revoked', quoted_status: null } })
  t.notOk('quoteAuthorization' in (await sent(ctx)).at(-1)!.json.object)
})

t.test('quoting elsewhere, refused: the words stay, what is quoted is not shown', async (t) => {
  const { ctx, lea, bob, shown } = await scene(t)
  const quoted = await postOf(ctx, bob)
  const row = await createNote(ctx, lea, { text: 'À lire !', quotedId: quoted.id })
  const request = (await sent(ctx))[1]!.json
  t.equal(
    await receive(ctx, activity('Reject', bob, { id: request.id, type: 'QuoteRequest', actor: lea.iri, object: quoted.iri })),
    'quote-refused'
  )
  t.match(await shown(row), { quote: { state: 'rejected', quoted_status: null } })
})

t.test('who does not want to be quoted is not, and is not asked', async (t) => {
  const { ctx, alice, lea, bob } = await scene(t)
  const denied = { code: 'quote.denied', status: 422 }
  await t.rejects(createNote(ctx, lea, { text: 'x', quotedId: (await postOf(ctx, bob, 'nobody')).id }), denied)
  const closed = await createNote(ctx, alice, { text: 'Sans moi', quotePolicy: 'nobody' })
  t.same(closed.doc['interactionPolicy'], { canQuote: { automaticApproval: [alice.iri] } })
  await t.rejects(createNote(ctx, lea, { text: 'x', quotedId: closed.id }), denied)
  const private_ = await createNote(ctx, alice, { text: 'Abonnés', visibility: 'followers' })
  await localFollow(ctx, lea, alice)
  await t.rejects(createNote(ctx, lea, { text: 'x', quotedId: private_.id }), denied)
  t.ok(await createNote(ctx, alice, { text: 'moi-même', quotedId: private_.id, visibility: 'followers' }))
  t.equal((await ctx.db('activities').where({ type: 'QuoteRequest' })).length, 0)
})

t.test('a quote between two people here carries its stamp at once, and tells the author', async (t) => {
  const { ctx, alice, lea, get, shown } = await scene(t)
  const quoted = await createNote(ctx, alice, { text: 'Venez nombreux' })
  const row = await createNote(ctx, lea, { text: 'J’y serai', quotedId: quoted.id })
  t.match(await shown(row), { quote: { state: 'accepted', quoted_status: { content: '<p>Venez nombreux</p>' } } })
  t.match((await get(String(row.doc['quoteAuthorization']))).json, { interactingObject: row.iri, interactionTarget: quoted.iri })
  t.match(await ctx.db('notifications').where({ owner_id: alice.id }).first(), { type: 'quote', from_id: lea.id, object_id: row.id })
  await revokeQuoteOf(ctx, { role: 'member', actorId: alice.id }, quoted, row.id)
  t.match(await shown(row), { quote: { state: 'revoked', quoted_status: null } })
  t.notOk('quoteAuthorization' in (await sent(ctx)).at(-1)!.json.object)
})

t.test('a quote that arrives is shown when it is one’s own, when all may quote, or by a stamp its author’s server confirms', async (t) => {
  const { ctx, lea, bob, shown } = await scene(t)
  const internet = await testInternet(t, ctx)
  const remote = internet.host('peer.test')
  const carl = await remotePerson(ctx, 'carl@peer.test')
  await localFollow(ctx, lea, bob)
  const closed = await postOf(ctx, carl, 'manual')
  const open = await postOf(ctx, await remotePerson(ctx, 'dora@open.example'), 'public')
  const own = await postOf(ctx, bob, 'nobody')
  const stampIri = `${carl.iri}/stamps/1`
  const arrives = async (more: Json): Promise<Json> => {
    const quote = note(bob, { to: [PUBLIC], ...more })
    t.equal(await receive(ctx, create(bob, quote)), 'created')
    await doChores(ctx)
    return (await shown((await ctx.db('objects').where({ iri: quote.id }).first('id'))!)).quote
  }
  t.match(await arrives({ quoteUri: own.iri }), { state: 'accepted', quoted_status: { id: own.id } })
  t.match(await arrives({ quoteUrl: open.iri }), { state: 'accepted', quoted_status: { id: open.id } })
  t.match(await arrives({ _misskey_quote: closed.iri }), { state: 'pending', quoted_status: null })
  t.match(await arrives({ quote: closed.iri, quoteAuthorization: 'https://mastodon.example/forged' }), { state: 'pending' })
  const id = `${bob.iri}/statuses/stamped`
  const stamp = { id: stampIri, type: 'QuoteAuthorization', attributedTo: carl.iri, interactingObject: id, interactionTarget: closed.iri }
  const path = new URL(stampIri).pathname
  remote.on(path, { ...stamp, interactingObject: 'https://mastodon.example/another' })
  t.match(
    await arrives({ id: `${id}-1`, quote: closed.iri, quoteAuthorization: stampIri }),
    { state: 'pending' },
    'a stamp for another post'
  )
  remote.on(path, stamp)
  t.match(await arrives({ id, quote: closed.iri, quoteAuthorization: stampIri }), { state: 'accepted', quoted_status: { id: closed.id } })
  t.equal(await receive(ctx, activity('Delete', carl, stampIri)), 'quote-revoked')
})
