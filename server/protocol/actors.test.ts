import { readFileSync } from 'node:fs'
import t from 'tap'
import { findActorById } from '../db/actors.ts'
import { testContext } from '../test/context.ts'
import { AS2, jrd, testInternet } from '../test/internet.ts'
import { readActorDocument } from './actor-document.ts'
import { findActorByHandle, getActorByIri, upsertRemoteActor } from './actors.ts'
import { fetchDocument, newBudget } from './fetch.ts'
import { refreshHost } from './nodeinfo.ts'
import { resolveUri } from './resolve.ts'
import { parseHandle } from './webfinger.ts'

const captured = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../test/fixtures/captured/docs/${name}.json`, import.meta.url), 'utf8'))

t.test('profiles of Gancio, GoToSocial, snac and Fedify are understood', async (t) => {
  t.match(readActorDocument(captured('gancio-actor')), {
    type: 'Application',
    username: 'relay',
    name: 'Gancio',
    sharedInbox: 'https://gancio.test/federation/u/relay/inbox',
    icon: { url: 'https://gancio.test/logo.png', mediaType: 'image/png' },
    fields: [{ name: 'Website', value: /href="https:\/\/gancio\.test"/ }]
  })
  t.match(readActorDocument(captured('gts-actor-signed-get').json), {
    type: 'Person',
    username: 'carol',
    url: 'https://gts.test/@carol',
    featuredIri: 'https://gts.test/users/carol/collections/featured',
    sharedInbox: null,
    discoverable: false,
    keys: [{ iri: 'https://gts.test/users/carol/main-key' }]
  })
  t.match(readActorDocument(captured('snac-actor')), {
    username: 'alice',
    outbox: 'https://snac.test/alice/outbox',
    published: new Date('2026-11-22T20:09:52Z')
  })
  t.match(readActorDocument(captured('fedify-person')), { username: 'cap', host: 'fedify.test' })
})

t.test('foreign profiles are bounded, cleaned and kept on their own host', async (t) => {
  const base = { id: 'https://peer.test/u/1', type: 'Person', preferredUsername: 'bob', inbox: 'https://peer.test/u/1/inbox' }
  const read = (more: Record<string, unknown>): ReturnType<typeof readActorDocument> => readActorDocument({ ...base, ...more })
  t.equal(read({ name: 'x'.repeat(5000) }).name.length, 100)
  t.match(read({ summary: `<p onclick=x>Hi<script>alert(1)</script></p>${'y'.repeat(30_000)}` }), { summary: /^<p>Hi<\/p>y/ })
  t.ok(read({ summary: 'y'.repeat(30_000) }).summary.length <= 20_000)
  const cross = read({
    outbox: 'https://evil.test/o',
    followers: 'https://evil.test/f',
    featured: 'http://peer.test/x',
    endpoints: { sharedInbox: 'https://victim.test/inbox' }
  })
  t.match(
    cross,
    { outbox: null, followersIri: null, featuredIri: null, sharedInbox: null },
    'collections and the shared inbox stay on the host'
  )
  t.throws(() => read({ inbox: 'https://victim.test/inbox' }), { code: 'document.inbox' })
  t.throws(() => read({ type: 'Note' }), { code: 'document.type' })
  t.throws(() => read({ type: ['Person', 'Group'] }), { code: 'document.type' })
  t.throws(() => read({ id: 'data:x' }), { code: 'document.id' })
  t.match(
    read({
      attachment: Array.from({ length: 200 }, (_, at) => ({ type: 'PropertyValue', name: `n${at}`, value: '<img src=x onerror=y>v' }))
    }).fields,
    { length: 50, 0: { name: 'n0', value: 'v' } },
    'J11'
  )
  t.equal(
    (read({ alsoKnownAs: Array.from({ length: 10_000 }, (_, at) => `https://peer.test/${at}`) }).doc.alsoKnownAs as string[]).length,
    32,
    'J11'
  )
  const cat = { type: 'Emoji', name: ':chat:', icon: { type: 'Image', url: 'https://peer.test/e.png' } }
  const emojis = [
    { type: 'Emoji', name: ':a" onerror="alert(1):', icon: { url: 'https://peer.test/a.png' } },
    { type: 'Emoji', name: ':b:', icon: { url: 'https://peer.test/x" onerror="alert(1)' } },
    { type: 'Emoji', name: ':c:', icon: { url: 'javascript:alert(1)' } },
    cat,
    { ...cat, name: 'chat' }
  ]
  t.same(read({ tag: emojis }).emojis, [{ name: ':chat:', icon: 'https://peer.test/e.png' }], 'X04')
  t.same(read({ tag: cat }).emojis, [{ name: ':chat:', icon: 'https://peer.test/e.png' }], 'one that stands alone')
  t.same(read({ tag: Array.from({ length: 10_000 }, (_, at) => ({ ...cat, name: `:e${at}:` })) }).emojis.length, 64, 'J11')
  const icon = (value: unknown): string | undefined => read({ icon: value }).icon?.url
  t.equal(icon('https://peer.test/a.png'), 'https://peer.test/a.png')
  t.equal(icon([{ type: 'Image', url: 'https://peer.test/a.png' }, { url: 'x' }]), 'https://peer.test/a.png')
  t.equal(icon({ type: 'Image', url: [{ type: 'Link', href: 'https://peer.test/a.png' }] }), 'https://peer.test/a.png')
  t.equal(icon({ type: 'Image', url: 'javascript:alert(1)' }), undefined)
  const url = (value: unknown): string | null => read({ url: value }).url
  t.equal(
    url([
      { type: 'Link', mediaType: 'application/x', href: 'https://peer.test/b' },
      { type: 'Link', mediaType: 'text/html', href: 'https://peer.test/@bob' }
    ]),
    'https://peer.test/@bob'
  )
  t.equal(url('javascript:alert(1)'), null, 'O32')
  t.equal(read({ preferredUsername: 'a@evil.test/<b>' }).username, '1', 'a name that would break a handle is replaced')
  const keys = read({
    publicKey: [
      { id: 'https://evil.test/k', owner: base.id, publicKeyPem: 'x' },
      { id: `${base.id}#k`, owner: 'https://peer.test/u/2', publicKeyPem: 'x' },
      { id: `${base.id}#ok`, owner: base.id, publicKeyPem: 'x' }
    ]
  }).keys
  t.same(
    keys.map((key) => key.iri),
    [`${base.id}#ok`],
    'keys of other hosts and other owners are not taken'
  )
})

t.test('an actor is fetched once a day; a stored one outlives its server', async (t) => {
  const { ctx, clock } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  const bob = peer.actor('bob', { name: 'Bob' })
  const row = await getActorByIri(ctx, bob.iri)
  t.match(row, {
    username: 'bob',
    domain: 'peer.test',
    handle_verified: true,
    name: 'Bob',
    local: false,
    shared_inbox: 'https://peer.test/inbox'
  })
  t.equal((await ctx.db('actor_keys').where({ actor_id: row.id })).length, 1)
  const asked = peer.seen.length
  await getActorByIri(ctx, bob.iri)
  t.equal(peer.seen.length, asked, 'fresh')
  peer.on('/users/bob', { ...bob.json, name: 'Robert' })
  t.equal((await getActorByIri(ctx, bob.iri, { refresh: true })).name, 'Robert')
  clock.advance(25 * 3_600_000)
  internet.down.add('peer.test')
  t.equal((await getActorByIri(ctx, bob.iri)).id, row.id, 'the stored one')
  await t.rejects(getActorByIri(ctx, bob.iri, { refresh: true }), { code: 'fetch.unreachable' })
  await t.rejects(getActorByIri(ctx, `${ctx.site!.origin}/ap/actors/nobody`), { code: 'actor.unknown' }, 'F29 ours only from the database')
  t.equal((await getActorByIri(ctx, `${ctx.site!.origin}/ap/actor`)).local, true)
})

t.test('O33: a handle counts only when WebFinger leads back to the actor', async (t) => {
  const { ctx } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const evil = internet.host('evil.test')
  internet.host('victim.test').actor('alice')
  const mallory = evil.actor('mallory', { preferredUsername: 'alice', webfinger: 'alice@victim.test' })
  t.match(
    await getActorByIri(ctx, mallory.iri),
    { username: 'alice', domain: 'evil.test', handle_verified: false },
    'a handle of someone else'
  )
  const split = internet.host('accounts.test')
  const carol = internet.host('peer.test').actor('carol')
  internet
    .host('peer.test')
    .on(
      `/.well-known/webfinger?resource=${encodeURIComponent('acct:carol@peer.test')}`,
      jrd('carol@accounts.test', carol.iri),
      'application/jrd+json'
    )
  split.on('/.well-known/webfinger', jrd('carol@accounts.test', carol.iri), 'application/jrd+json')
  t.match(await getActorByIri(ctx, carol.iri), { username: 'carol', domain: 'accounts.test', handle_verified: true }, 'split domain')
  const dave = internet.host('peer.test').actor('dave')
  internet
    .host('peer.test')
    .on(
      `/.well-known/webfinger?resource=${encodeURIComponent('acct:dave@peer.test')}`,
      jrd('alice@victim.test', dave.iri),
      'application/jrd+json'
    )
  t.match(
    await getActorByIri(ctx, dave.iri),
    { username: 'dave', domain: 'peer.test', handle_verified: false },
    'a subject of another account'
  )
})

t.test('a WebFinger that does not answer is asked again after an hour; a handle has one holder', async (t) => {
  const { ctx, clock } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  const bob = peer.actor('bob')
  const answer = `/.well-known/webfinger?resource=${encodeURIComponent('acct:bob@peer.test')}`
  peer.on(answer, 503)
  t.match(await getActorByIri(ctx, bob.iri), { handle_verified: false })
  peer.on(answer, jrd('bob@peer.test', bob.iri), 'application/jrd+json')
  clock.advance(30 * 60_000)
  t.match(await getActorByIri(ctx, bob.iri), { handle_verified: false })
  clock.advance(31 * 60_000)
  t.match(await getActorByIri(ctx, bob.iri), { handle_verified: true })
  const anew = { ...bob.json, id: 'https://peer.test/users/bob2', publicKey: undefined }
  peer.on('/users/bob2', anew)
  peer.on(answer, jrd('bob@peer.test', anew.id), 'application/jrd+json')
  t.match(await getActorByIri(ctx, anew.id), { handle_verified: true })
  t.match(await getActorByIri(ctx, bob.iri), { handle_verified: false }, 'the account made before')
})

t.test('an Update makes no request, keeps the handle, and a new name is unverified', async (t) => {
  const { ctx } = await testContext(t)
  const peer = (await testInternet(t, ctx)).host('peer.test')
  const bob = peer.actor('bob')
  await getActorByIri(ctx, bob.iri)
  const asked = peer.seen.length
  t.match(await upsertRemoteActor(ctx, ctx.db, { ...bob.json, name: 'Robert' }), { name: 'Robert', handle_verified: true })
  t.match(await upsertRemoteActor(ctx, ctx.db, { ...bob.json, preferredUsername: 'admin' }), {
    username: 'admin',
    domain: 'peer.test',
    handle_verified: false
  })
  t.equal(peer.seen.length, asked)
})

t.test('a key of one actor cannot be taken by another of the same host', async (t) => {
  const { ctx } = await testContext(t)
  const peer = (await testInternet(t, ctx)).host('peer.test')
  const bob = peer.actor('bob')
  const row = await getActorByIri(ctx, bob.iri)
  const eve = peer.actor('eve', {
    publicKey: { id: bob.keyIri, owner: 'https://peer.test/users/eve', publicKeyPem: bob.publicPem.replace('MIIB', 'MIIB') }
  })
  await getActorByIri(ctx, eve.iri)
  t.equal((await ctx.db('actor_keys').where({ key_iri: bob.keyIri }).first()).actor_id, row.id)
})

t.test('F21: handles are parsed strictly', async (t) => {
  for (const text of [
    'bob@127.0.0.1:1234/secret?x=1#',
    'bob@peer.test/x',
    'bob@peer.test?x',
    'bob@peer.test#x',
    'a b@peer.test',
    'bob@',
    '@peer.test',
    'bob@peer..',
    'bob@%70eer.test',
    'bob@[::1]',
    'bob@a@b',
    'https://peer.test/@bob',
    ''
  ])
    t.equal(parseHandle(text), null, text)
  t.same(parseHandle('@Bob@Peer.TEST.'), { username: 'Bob', domain: 'peer.test' })
  t.same(parseHandle('acct:bob@peer.test:8443'), { username: 'bob', domain: 'peer.test:8443' })
  t.same(parseHandle('mairie@café.test'), { username: 'mairie', domain: 'xn--caf-dma.test' })
})

t.test('a handle is resolved by WebFinger, through host-meta when the usual path is missing', async (t) => {
  const { ctx } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  const bob = peer.actor('bob')
  t.match(await findActorByHandle(ctx, '@bob@peer.test'), { iri: bob.iri, handle_verified: true })
  t.equal(peer.seen.length, 2, 'one question and one document')
  t.match(await findActorByHandle(ctx, 'BOB@Peer.test'), { iri: bob.iri })
  t.equal(peer.seen.length, 2, 'known and fresh')
  t.equal(await findActorByHandle(ctx, 'nobody@peer.test'), null)
  const other = internet.host('other.test')
  const ann = other.actor('ann')
  other.on(`/.well-known/webfinger?resource=${encodeURIComponent('acct:ann@other.test')}`, 404)
  other.on(
    '/.well-known/host-meta',
    (_request, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/xrd+xml' })
        .end('<XRD><Link rel="lrdd" template="https://other.test/wf?r={uri}"/></XRD>')
  )
  other.on('/wf', jrd('ann@other.test', ann.iri), 'application/jrd+json')
  t.match(await findActorByHandle(ctx, 'ann@other.test'), { iri: ann.iri })
  const evil = internet.host('evil.test')
  evil.on(
    '/.well-known/host-meta',
    (_request, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/xrd+xml' })
        .end('<Link rel="lrdd" template="https://other.test/wf?r={uri}"/>')
  )
  t.equal(await findActorByHandle(ctx, 'ann@evil.test'), null, 'F22 a template on another host')
  evil.on(
    '/.well-known/webfinger',
    {
      subject: 'acct:x@evil.test',
      links: [
        { rel: 'self', type: AS2, href: bob.iri },
        { rel: 'self', type: AS2, href: ann.iri }
      ]
    },
    'application/jrd+json'
  )
  t.equal(await findActorByHandle(ctx, 'x@evil.test'), null, 'F21 two different self links')
  evil.on('/.well-known/webfinger', jrd('commune@evil.test', `${ctx.site!.origin}/ap/actor`), 'application/jrd+json')
  t.equal(await findActorByHandle(ctx, 'commune@evil.test'), null, 'F29 our own actor is not theirs to name')
  const budget = newBudget(1)
  t.equal(await findActorByHandle(ctx, 'zoe@evil.test', { budget }), null)
})

t.test('the search box finds handles, profiles, posts and pages that point to them, and says nothing else', async (t) => {
  const { ctx } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  const bob = peer.actor('bob', { url: 'https://peer.test/@bob' })
  const note = {
    id: 'https://peer.test/n/1',
    type: 'Note',
    attributedTo: bob.iri,
    content: '<p>hello</p>',
    to: ['https://www.w3.org/ns/activitystreams#Public'],
    cc: [],
    published: '2026-01-01T00:00:00Z',
    url: 'https://peer.test/@bob/1'
  }
  peer.on('/n/1', note)
  peer.on(
    '/@bob/1',
    (_request, response) =>
      void response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<html><head><link rel="alternate" type="application/activity+json" href="/n/1"></head>')
  )
  peer.on(
    '/@bob',
    (_request, response) =>
      void response
        .writeHead(200, {
          'content-type': 'text/html',
          link: '<https://peer.test/users/bob>; rel="alternate"; type="application/activity+json"'
        })
        .end('<html>')
  )
  const found = async (text: string): Promise<string | null> => {
    const resolved = await resolveUri(ctx, text)
    return resolved === null ? null : 'actor' in resolved ? resolved.actor.iri : resolved.object.iri
  }
  t.equal(await found('https://peer.test/@bob/1'), note.id, 'a page')
  t.equal(await found('https://peer.test/@bob'), bob.iri, 'a profile page')
  t.equal(await found(' @bob@peer.test '), bob.iri)
  t.equal(await found(note.id), note.id)
  t.equal(await found('@commune'), (await findActorById(ctx.db, ctx.site!.communeActorId))?.iri, 'one of ours')
  t.equal(await found(`${ctx.site!.origin}/@commune`), (await findActorById(ctx.db, ctx.site!.communeActorId))?.iri)
  const evil = internet.host('evil.test')
  const mallory = evil.actor('mallory')
  evil.on('/n/1', { ...note, id: 'https://evil.test/n/1', attributedTo: mallory.iri, url: 'https://victim.test/@alice/1' })
  t.equal(await found('https://evil.test/n/1'), 'https://evil.test/n/1')
  for (const text of [
    'https://victim.test/@alice/1',
    'https://127.0.0.1:5432/',
    'https://peer.test/nothing',
    'http://peer.test/n/1x',
    'hello world',
    '',
    'nobody@peer.test',
    `${ctx.site!.origin}/nothing`
  ])
    t.equal(await found(text), null, `F24, O32 ${text}`)
})

t.test('F22: NodeInfo is read on the host itself', async (t) => {
  const { ctx } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const gancio = captured('gancio-nodeinfo') as { wellknown: Record<string, unknown> }
  const peer = internet.host('gancio.test')
  peer.on('/.well-known/nodeinfo', gancio.wellknown, 'application/json')
  peer.on('/.well-known/nodeinfo/2.1', { version: '2.1', software: { name: 'Gancio', version: '1.21' } }, 'application/json')
  await refreshHost(ctx, 'gancio.test')
  t.match(await ctx.db('hosts').where({ host: 'gancio.test' }).first(), { software: 'gancio', software_version: '1.21' })
  internet
    .host('evil.test')
    .on(
      '/.well-known/nodeinfo',
      { links: [{ rel: 'http://nodeinfo.diaspora.software/ns/schema/2.1', href: 'https://gancio.test/.well-known/nodeinfo/2.1' }] },
      'application/json'
    )
  const asked = peer.seen.length
  await t.rejects(refreshHost(ctx, 'evil.test'), { code: 'fetch.invalid' })
  t.equal(peer.seen.length, asked, 'the other host is not asked')
  t.same(await ctx.db('hosts').where({ host: 'evil.test' }).whereNotNull('software'), [], 'nothing is known of it')
})

t.test('documents of our own host are never fetched, whatever leads there', async (t) => {
  const { ctx } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  peer.on('/n/1', { id: `${ctx.site!.origin}/ap/objects/1`, type: 'Note' })
  await t.rejects(fetchDocument(ctx, 'https://peer.test/n/1', { allowCrossOriginId: true }), { code: 'fetch.refused' })
})
