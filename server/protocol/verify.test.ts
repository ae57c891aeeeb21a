import { createPublicKey, generateKeyPairSync, sign as signBytes, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { forgetPolicies } from '../db/hosts.ts'
import { testContext } from '../test/context.ts'
import { asRequest, freshKey, signedPost, testInternet } from '../test/internet.ts'
import { signingString } from './cavage.ts'
import { readInputs, signatureBase } from './rfc9421.ts'
import { upsertRemoteActor } from './actors.ts'
import { isSignedBy, verifyRequest, type SignedRequest } from './verify.ts'
import type { Claim, SignedParts } from './verify-claim.ts'
import { sha256Base64 } from './verify-digest.ts'

const fixtures = new URL('../test/fixtures/', import.meta.url)
const readJson = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, fixtures), 'utf8')) as T

interface Vectors {
  keyId: string
  publicKeyPem: string
  date: string
  body: string
  vectors: Record<string, { method: string; url?: string; headers: Record<string, string> }>
}

interface Published {
  requestHeaders: Record<string, string>
  publicKeyPem: string
  draftCavage: { name: string; headers: string[]; signingString: string; signature: string }[]
  rfc9421: { url: string; headers: Record<string, string>; publicJwk: JsonWebKey }
}

interface Captured {
  path: string
  headers: Record<string, string>
  body: string
  json: { actor: string }
}

const code = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'accepted'
  } catch (error) {
    return isAppError(error) ? `${error.status} ${error.code}` : String(error)
  }
}

t.test('[16] every vector of ours verifies', async (t) => {
  const vectors = readJson<Vectors>('signatures/vectors.json')
  const { ctx } = await testContext(t, { origin: 'https://mastodon.example', startAt: new Date(vectors.date) })
  await testInternet(t, ctx)
  const iri = 'https://commune.example/ap/users/alice'
  await storeActor(ctx, iri, vectors.keyId, vectors.publicKeyPem)
  for (const [name, vector] of Object.entries(vectors.vectors)) {
    if (vector.url === undefined) continue
    const target = vector.url.slice('https://mastodon.example'.length)
    const headers = { host: 'mastodon.example', ...vector.headers }
    const verified = await verifyRequest(
      ctx,
      asRequest(vector.method, target, headers, vector.method === 'POST' ? Buffer.from(vectors.body) : null)
    )
    t.equal(verified.actorIri, iri, name)
  }
})

t.test('the published vectors of both specifications give the same strings and verify', async (t) => {
  const published = readJson<Published>('signatures/published-vectors.json')
  const { '(request-target)': target, ...headers } = published.requestHeaders
  const [method = '', path = ''] = target!.split(' ')
  const parts: SignedParts = { method, target: path, origin: 'https://example.com', header: (name) => headers[name] ?? null, hasBody: true }
  const key = { algorithm: 'rsa' as const, publicKey: createPublicKey(published.publicKeyPem) }
  for (const vector of published.draftCavage) {
    const text = signingString(vector.headers, parts)
    t.equal(text, vector.signingString, vector.name)
    t.ok(isSignedBy(claim(text, vector.signature, 'rsa-sha256'), key), `${vector.name} verifies`)
  }
  const { rfc9421 } = published
  const url = new URL(rfc9421.url)
  const [input] = readInputs(rfc9421.headers['signature-input']!)
  const base = signatureBase(input!.components, input!.text, {
    method: 'POST',
    target: url.pathname + url.search,
    origin: url.origin,
    header: (name) => rfc9421.headers[name] ?? null,
    hasBody: true
  })
  const signature = /=:(.*):$/.exec(rfc9421.headers.signature!)![1]!
  const ed25519 = { algorithm: 'ed25519' as const, publicKey: createPublicKey({ key: rfc9421.publicJwk, format: 'jwk' }) }
  t.ok(isSignedBy(claim(base, signature, null), ed25519), 'RFC 9421 B.2.6')
  t.notOk(isSignedBy(claim(`${base} `, signature, null), ed25519), 'and not for another text')
})

t.test('[26] requests captured from Gancio, GoToSocial and snac verify, their keys found as they publish them', async (t) => {
  const { ctx, clock } = await testContext(t, { origin: 'https://fedify.test' })
  const internet = await testInternet(t, ctx)
  const doc = (name: string) => readJson<Record<string, unknown> & { json: Record<string, unknown> }>(`captured/docs/${name}.json`)
  internet.host('gancio.test').on('/federation/u/relay', doc('gancio-actor'))
  internet.host('snac.test').on('/alice', doc('snac-actor'))
  internet.host('gts.test').on('/users/carol/main-key', doc('gts-main-key'))
  internet.host('gts.test').on('/users/carol', doc('gts-actor-signed-get').json)
  for (const [name, file] of [
    ['gancio.test', 'gancio'],
    ['snac.test', 'snac'],
    ['gts.test', 'gts']
  ] as const)
    internet.host(name).on('/.well-known/webfinger', doc(`${file}-webfinger`), 'application/jrd+json')
  const files = readdirSync(new URL('captured/inbox/', fixtures))
  t.equal(files.length, 18)
  for (const file of files) {
    const captured = readJson<Captured>(`captured/inbox/${file}`)
    clock.set(captured.headers.date!)
    const verified = await verifyRequest(ctx, asRequest('POST', captured.path, captured.headers, Buffer.from(captured.body)))
    t.equal(verified.actorIri, captured.json.actor, file)
    const broken = Buffer.from(captured.body.replace('{', '{ '))
    t.equal(
      await code(verifyRequest(ctx, asRequest('POST', captured.path, captured.headers, broken))),
      '401 signature.digest',
      `${file} with another body`
    )
  }
  const handles = await ctx.db('actors').where({ local: false }).select('username', 'domain', 'handle_verified').orderBy('domain')
  t.same(handles, [
    { username: 'relay', domain: 'gancio.test', handle_verified: true },
    { username: 'carol', domain: 'gts.test', handle_verified: true },
    { username: 'alice', domain: 'snac.test', handle_verified: true }
  ])
})

t.test('[19][20][21] what is not signed well enough is refused before anything is fetched or stored', async (t) => {
  const { ctx, clock } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  const bob = peer.actor('bob')
  const activity = { id: 'https://peer.test/1', type: 'Like', actor: bob.iri, object: 'https://commune.test/ap/objects/1' }
  const good = await signedPost(ctx, bob, activity)
  const without = (...names: string[]): SignedRequest => edited(good, (headers) => names.forEach((name) => delete headers[name]))
  const resign = (covered: string[], extra: Record<string, string> = {}): SignedRequest => cavage(ctx, bob, good, covered, extra)

  t.equal(await code(verifyRequest(ctx, without('signature'))), '401 signature.missing', 'S01 no signature')
  t.equal(await code(verifyRequest(ctx, { ...good, body: Buffer.from('{}') })), '401 signature.digest', 'S02 another body')
  t.equal(await code(verifyRequest(ctx, resign(['(request-target)', 'host', 'date']))), '401 signature.weak', 'S03 digest not covered')
  t.equal(await code(verifyRequest(ctx, resign(['(request-target)', 'date', 'digest']))), '401 signature.weak', 'S03 host not covered')
  t.equal(await code(verifyRequest(ctx, resign(['host', 'date', 'digest']))), '401 signature.weak', 'S03 target not covered')
  t.equal(await code(verifyRequest(ctx, resign(['date']))), '401 signature.weak', 'S04 date only')
  t.equal(
    await code(
      verifyRequest(
        ctx,
        edited(good, (headers) => (headers.host = 'evil.test'))
      )
    ),
    '401 signature.host',
    'S05 another Host'
  )
  t.equal(
    await code(
      verifyRequest(
        ctx,
        edited(good, (headers) => (headers.date = 'not a date'))
      )
    ),
    '401 signature.date',
    'S07 unreadable date'
  )
  t.equal(
    await code(verifyRequest(ctx, { ...good, rawHeaders: [...good.rawHeaders, 'Signature', 'keyId="x"'] })),
    '401 signature.duplicate',
    'S10 two Signature headers'
  )
  t.equal(
    await code(
      verifyRequest(
        ctx,
        edited(good, (headers) => (headers.signature += ',keyId="https://victim.test/users/a#main-key"'))
      )
    ),
    '401 signature.duplicate',
    'S10 keyId twice'
  )
  t.equal(
    await code(
      verifyRequest(
        ctx,
        edited(good, (headers) => (headers.signature += ',headers="date"'))
      )
    ),
    '401 signature.duplicate',
    'S10 headers twice'
  )
  t.equal(
    await code(
      verifyRequest(
        ctx,
        edited(good, (headers) => (headers.signature = 'keyId='))
      )
    ),
    '400 signature.malformed'
  )
  for (const name of ['hmac-sha256', 'rsa-sha1', 'none']) {
    t.equal(
      await code(
        verifyRequest(
          ctx,
          edited(good, (headers) => (headers.signature = headers.signature!.replace('rsa-sha256', name)))
        )
      ),
      '401 signature.algorithm',
      `S15 ${name}`
    )
  }
  t.equal(
    await code(verifyRequest(ctx, { ...good, target: 'https://commune.test/ap/inbox' })),
    '401 signature.host',
    'S21 absolute-form target'
  )
  clock.advance(-65 * 60_000)
  t.equal(await code(verifyRequest(ctx, good)), '401 signature.date', 'S06 from the future')
  clock.advance(135 * 60_000)
  t.equal(await code(verifyRequest(ctx, good)), '401 signature.date', 'S06 70 minutes old')
  t.equal(peer.seen.length, 0, 'no request went out')
  t.equal((await ctx.db('actors').where({ local: false })).length, 0, 'nobody was stored')
  clock.advance(-40 * 60_000)
  t.equal((await verifyRequest(ctx, good)).actorIri, bob.iri, '30 minutes old is accepted, as in Mastodon')
  t.equal(
    await code(
      verifyRequest(
        ctx,
        edited({ ...good, target: '/ap/actors/x/inbox' }, () => {})
      )
    ),
    '401 signature.invalid',
    'S21 another path'
  )
  t.equal(
    await code(
      verifyRequest(
        ctx,
        edited(good, (headers) => Object.assign(headers, { 'x-forwarded-host': 'evil.test', 'x-http-method-override': 'GET' }))
      )
    ),
    'accepted',
    'S21 forwarded headers change nothing'
  )
})

t.test('[17] S15: the key decides the algorithm, whatever the header calls it', async (t) => {
  const { ctx } = await testContext(t)
  const peer = (await testInternet(t, ctx)).host('peer.test')
  const bob = peer.actor('bob')
  const good = await signedPost(ctx, bob, { type: 'Like' })
  const covered = ['(request-target)', 'host', 'date', 'digest']
  t.equal(await code(verifyRequest(ctx, cavage(ctx, bob, good, covered, { algorithm: 'hs2019' }))), 'accepted', 'hs2019')
  t.equal(await code(verifyRequest(ctx, cavage(ctx, bob, good, covered))), 'accepted', 'no algorithm')
  t.equal(await code(verifyRequest(ctx, cavage(ctx, bob, good, covered, { algorithm: 'rsa-sha512' }, 'sha512'))), 'accepted', 'rsa-sha512')
  t.equal(
    await code(verifyRequest(ctx, cavage(ctx, bob, good, covered, { algorithm: 'rsa-sha256' }, 'sha512'))),
    '401 signature.invalid',
    'a name that is not what was done'
  )
  const created = String(Math.floor(ctx.clock.now().getTime() / 1000))
  t.equal(
    await code(
      verifyRequest(ctx, cavage(ctx, bob, good, ['(request-target)', '(created)', 'host', 'digest'], { algorithm: 'hs2019', created }))
    ),
    'accepted',
    '(created) instead of a date'
  )
  const expires = String(Number(created) - 4000)
  t.equal(
    await code(
      verifyRequest(ctx, cavage(ctx, bob, good, ['(request-target)', '(created)', '(expires)', 'host', 'digest'], { created, expires }))
    ),
    '401 signature.date',
    'S06 expired'
  )
  const authorization = edited(good, (headers) => {
    headers.authorization = `Signature ${headers.signature}`
    delete headers.signature
  })
  t.equal(await code(verifyRequest(ctx, authorization)), 'accepted', 'in the Authorization header')

  const pair = generateKeyPairSync('ed25519')
  const eve = peer.actor('eve', {})
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  peer.on('/users/eve', { ...eve.json, publicKey: { id: eve.keyIri, owner: eve.iri, publicKeyPem: pem } })
  const ed25519 = { ...eve, privateKey: pair.privateKey }
  t.equal(
    await code(verifyRequest(ctx, cavage(ctx, ed25519, good, covered, { algorithm: 'hs2019' }, null))),
    'accepted',
    'Ed25519 with hs2019'
  )
  t.equal(
    await code(verifyRequest(ctx, cavage(ctx, ed25519, good, covered, { algorithm: 'rsa-sha256' }, null))),
    '401 signature.invalid',
    'Ed25519 called RSA'
  )
})

t.test('[27] RFC 9421: what must be covered, and the target behind our public origin', async (t) => {
  const { ctx } = await testContext(t)
  const bob = (await testInternet(t, ctx)).host('peer.test').actor('bob')
  const good = await signedPost(ctx, bob, { type: 'Like' }, { scheme: 'rfc9421' })
  t.equal(await code(verifyRequest(ctx, good)), 'accepted')
  t.equal(await code(verifyRequest(ctx, { ...good, body: Buffer.from('{}') })), '401 signature.digest', 'S02')
  t.equal(await code(verifyRequest(ctx, { ...good, target: '/ap/inbox?x' })), '401 signature.invalid', 'another target')
  const params = (text: string): SignedRequest =>
    edited(good, (headers) => (headers['signature-input'] = `sig1=${text};keyid="${bob.keyIri}"`))
  t.equal(
    await code(verifyRequest(ctx, params('("@method" "@target-uri");created=1795377600'))),
    '401 signature.weak',
    'digest not covered'
  )
  t.equal(
    await code(verifyRequest(ctx, params('("@method" "content-digest");created=1795377600'))),
    '401 signature.weak',
    'target not covered'
  )
  t.equal(await code(verifyRequest(ctx, params('("@method" "@target-uri" "content-digest")'))), '401 signature.weak', 'created missing')
  t.equal(
    await code(verifyRequest(ctx, params('("@method" "@target-uri" "content-digest";req);created=1'))),
    '400 signature.malformed',
    'component parameters'
  )
  t.equal(
    await code(verifyRequest(ctx, params('("@method" "@target-uri" "content-digest");created=1;created=2'))),
    '401 signature.duplicate',
    'S10'
  )
  t.equal(
    await code(verifyRequest(ctx, params('("@method" "@target-uri" "content-digest");created=1;alg="hmac-sha256"'))),
    '401 signature.algorithm',
    'S15'
  )
  const created = Math.floor(ctx.clock.now().getTime() / 1000)
  const parts: SignedParts = {
    method: 'POST',
    target: '/ap/inbox',
    origin: ctx.site!.origin,
    header: (name) => good.headers[name] as string,
    hasBody: true
  }
  const components = ['@method', '@authority', '@path', 'content-digest']
  const text = `("@method" "@authority" "@path" "content-digest");created=${created};keyid="${bob.keyIri}"`
  const signature = signBytes('sha256', Buffer.from(signatureBase(components, text, parts)), bob.privateKey).toString('base64')
  t.equal(
    await code(
      verifyRequest(
        ctx,
        edited(good, (headers) => Object.assign(headers, { 'signature-input': `a=${text}`, signature: `a=:${signature}:` }))
      )
    ),
    'accepted',
    '@authority and @path instead of @target-uri'
  )
})

t.test('[23][24] S12, S13: a key belongs only to an actor that names it', async (t) => {
  const { ctx } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const evil = internet.host('evil.test')
  const mallory = evil.actor('mallory')
  const victim = internet.host('victim.test').actor('bob')
  evil.on('/keys/1', { ...victim.json, publicKey: { id: 'https://evil.test/keys/1', owner: victim.iri, publicKeyPem: mallory.publicPem } })
  t.equal(
    await code(verifyRequest(ctx, await signedPost(ctx, { ...mallory, keyIri: 'https://evil.test/keys/1' }, {}))),
    '401 signature.key-invalid',
    'S12 a document that names the victim'
  )
  evil.on('/keys/2', { id: 'https://evil.test/keys/2', owner: victim.iri, publicKeyPem: mallory.publicPem })
  t.equal(
    await code(verifyRequest(ctx, await signedPost(ctx, { ...mallory, keyIri: 'https://evil.test/keys/2' }, {}))),
    '401 signature.key-invalid',
    'S12 an owner elsewhere'
  )
  evil.on('/keys/3', { id: 'https://evil.test/keys/3', owner: mallory.iri, publicKeyPem: freshKey().publicPem })
  t.equal(
    await code(verifyRequest(ctx, await signedPost(ctx, { ...mallory, keyIri: 'https://evil.test/keys/3' }, {}))),
    '401 signature.key-invalid',
    'S13 an owner that does not list the key'
  )
  t.equal((await ctx.db('actors').where({ host: 'victim.test' })).length, 0, 'nothing is stored under the victim')
  const peer = internet.host('peer.test')
  const carol = peer.actor('carol')
  const keyIri = `${carol.iri}/main-key`
  peer.on('/users/carol', { ...carol.json, publicKey: { id: keyIri, owner: carol.iri, publicKeyPem: carol.publicPem } })
  peer.on('/users/carol/main-key', { id: keyIri, owner: carol.iri, publicKeyPem: carol.publicPem })
  t.equal(
    (await verifyRequest(ctx, await signedPost(ctx, { ...carol, keyIri }, {}))).actorIri,
    carol.iri,
    'a bare key document whose owner lists it is fine'
  )
})

t.test('S14: our own actors are never written nor asked for', async (t) => {
  const { ctx, clock } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const evil = internet.host('evil.test')
  const mallory = evil.actor('mallory')
  await verifyRequest(ctx, await signedPost(ctx, mallory, {}))
  const before = await ctx.db('actors').where({ id: ctx.site!.communeActorId }).first()
  evil.on('/users/mallory', {
    ...mallory.json,
    id: before.iri,
    publicKey: { id: `${before.iri}#main-key`, owner: before.iri, publicKeyPem: mallory.publicPem }
  })
  clock.advance(600_000)
  const stranger = { ...mallory, privateKey: freshKey().privateKey }
  t.equal(await code(verifyRequest(ctx, await signedPost(ctx, stranger, {}))), '401 signature.invalid')
  t.same(await ctx.db('actors').where({ id: ctx.site!.communeActorId }).first(), before, 'the row is untouched')
  t.equal(
    await code(verifyRequest(ctx, await signedPost(ctx, { ...mallory, keyIri: `${before.iri}#main-key` }, {}))),
    '401 signature.own-key'
  )
  await t.rejects(
    ctx.db.transaction((trx) => upsertRemoteActor(ctx, trx, { ...mallory.json, id: before.iri, inbox: before.inbox })),
    { code: 'actor.local' }
  )
})

t.test('S17, S18: a key that cannot be had now is asked for again later, not a thousand times', async (t) => {
  const { ctx, clock } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  const bob = peer.actor('bob')
  internet.down.add('peer.test')
  const post = await signedPost(ctx, bob, {})
  const error = await verifyRequest(ctx, post).catch((caught: unknown) => caught)
  t.match(error, { code: 'signature.key-unreachable', status: 503, retryAfterSeconds: Number }, 'S17')
  internet.down.delete('peer.test')
  t.equal(await code(verifyRequest(ctx, post)), '503 signature.key-unreachable', 'the host is left alone for five minutes')
  clock.advance(301_000)
  t.equal(await code(verifyRequest(ctx, post)), 'accepted')

  const dead = internet.host('other.test')
  const posts = await Promise.all(
    Array.from({ length: 60 }, (_, at) => signedPost(ctx, { ...bob, keyIri: `https://other.test/users/${at}#main-key` }, {}))
  )
  const outcomes = await Promise.all(posts.map((one) => code(verifyRequest(ctx, one))))
  t.ok(dead.seen.length <= 5, `S18: ${dead.seen.length} requests went to the host`)
  t.same([...new Set(outcomes)].sort(), ['401 signature.key-gone', '503 signature.key-unreachable'])
  t.equal(await code(verifyRequest(ctx, post)), 'accepted', 'others are served')
})

t.test('[25] a key that changed is fetched once, and only once in five minutes when that does not help', async (t) => {
  const { ctx, clock } = await testContext(t)
  const peer = (await testInternet(t, ctx)).host('peer.test')
  const bob = peer.actor('bob')
  await verifyRequest(ctx, await signedPost(ctx, bob, {}))
  const next = freshKey()
  peer.on('/users/bob', { ...bob.json, publicKey: { id: bob.keyIri, owner: bob.iri, publicKeyPem: next.publicPem } })
  t.equal(await code(verifyRequest(ctx, await signedPost(ctx, { ...bob, privateKey: next.privateKey }, {}))), 'accepted', 'the new key')
  t.equal(await code(verifyRequest(ctx, await signedPost(ctx, bob, {}))), '401 signature.invalid', 'the old one no longer')
  const asked = peer.seen.length
  for (let at = 0; at < 5; at += 1) await code(verifyRequest(ctx, await signedPost(ctx, bob, {})))
  t.equal(peer.seen.length, asked, 'the host is not asked again')
  clock.advance(301_000)
  await code(verifyRequest(ctx, await signedPost(ctx, bob, {})))
  t.ok(peer.seen.length > asked, 'until five minutes have passed')
})

t.test('a key whose actor is gone is told apart, and still verifies while we have it', async (t) => {
  const { ctx, clock } = await testContext(t)
  const peer = (await testInternet(t, ctx)).host('peer.test')
  const bob = peer.actor('bob')
  await verifyRequest(ctx, await signedPost(ctx, bob, {}))
  peer.on('/users/bob', 410)
  clock.advance(25 * 3_600_000)
  t.equal(await code(verifyRequest(ctx, await signedPost(ctx, bob, { type: 'Delete' }))), 'accepted', 'the stored key')
  const ann = { ...bob, keyIri: 'https://peer.test/users/ann#main-key' }
  peer.on('/users/ann', 410)
  t.equal(await code(verifyRequest(ctx, await signedPost(ctx, ann, {}))), '401 signature.key-gone')
})

t.test('S19: a blocked host is refused before any request to it, its sub-domains too', async (t) => {
  const { ctx } = await testContext(t)
  const internet = await testInternet(t, ctx)
  await ctx.db('domain_policies').insert({ host: 'peer.test', action: 'block' })
  forgetPolicies(ctx)
  for (const name of ['peer.test', 'www.peer.test']) {
    const host = internet.host(name)
    t.equal(await code(verifyRequest(ctx, await signedPost(ctx, host.actor('bob'), {}))), '403 signature.host-blocked', name)
    t.equal(host.seen.length, 0)
  }
  t.equal(await code(verifyRequest(ctx, await signedPost(ctx, internet.host('other.test').actor('bob'), {}))), 'accepted')
})

function claim(message: string, signature: string, algorithm: string | null): Claim {
  return {
    keyIri: 'x',
    algorithm,
    covered: [],
    signature: Buffer.from(signature, 'base64'),
    messages: [message],
    createdMs: 0,
    expiresMs: null
  }
}

function edited(request: SignedRequest, edit: (headers: Record<string, string>) => void): SignedRequest {
  const headers = { ...request.headers } as Record<string, string>
  edit(headers)
  return asRequest(request.method, request.target, headers, request.body)
}

/** Signs again, covering exactly `covered`, with the parameters given. `hash` null is Ed25519. */
function cavage(
  ctx: Ctx,
  actor: { keyIri: string; privateKey: KeyObject },
  request: SignedRequest,
  covered: string[],
  parameters: Record<string, string> = {},
  hash: string | null = 'sha256'
): SignedRequest {
  const headers: Record<string, string> = {
    ...(request.headers as Record<string, string>),
    digest: `SHA-256=${sha256Base64(request.body!)}`
  }
  const parts: SignedParts = {
    method: 'POST',
    target: request.target,
    origin: ctx.site!.origin,
    header: (name) => headers[name] ?? null,
    hasBody: true
  }
  const text = signingString(covered, parts, Number(parameters.created), Number(parameters.expires))
  const signature = signBytes(hash, Buffer.from(text), actor.privateKey).toString('base64')
  const extra = Object.entries(parameters)
    .map(([name, value]) => (/^\d+$/.test(value) ? `,${name}=${value}` : `,${name}="${value}"`))
    .join('')
  headers.signature = `keyId="${actor.keyIri}"${extra},headers="${covered.join(' ')}",signature="${signature}"`
  return asRequest('POST', request.target, headers, request.body)
}

async function storeActor(ctx: Ctx, iri: string, keyIri: string, pem: string): Promise<void> {
  await ctx.db.transaction((trx) =>
    upsertRemoteActor(ctx, trx, {
      id: iri,
      type: 'Person',
      preferredUsername: 'alice',
      inbox: `${iri}/inbox`,
      publicKey: { id: keyIri, owner: iri, publicKeyPem: pem }
    })
  )
}
