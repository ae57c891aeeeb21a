// OAuth as Mastodon's apps do it, and what must not work (W01, W02, W03).
import t from 'tap'
import type { FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { browserOf, type Browser } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'

const CALLBACK = 'https://phanpy.test/callback?app=1'
const VERIFIER = 'a-verifier-of-forty-three-characters-at-least-123'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

interface App {
  client_id: string
  client_secret: string
}

async function start(t: {
  teardown(work: () => Promise<unknown> | void): void
}): Promise<{ ctx: Ctx; app: FastifyInstance; alice: Browser; client: App }> {
  const { ctx } = await testContext(t as Parameters<typeof testContext>[0])
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: 'correct horse', name: 'Alice' })
  const alice = browserOf(app)
  await alice.post('/api/communer/v1/login', { login: 'alice', password: 'correct horse' })
  const client = (await register(app, CALLBACK)).json()
  return { ctx, app, alice, client }
}

function register(app: FastifyInstance, redirectUris: string | string[], scopes = 'read write follow push') {
  return app.inject({
    method: 'POST',
    url: '/api/v1/apps',
    payload: { client_name: 'Phanpy <b>', redirect_uris: redirectUris, scopes, website: 'https://phanpy.test' }
  })
}

function authorizeParams(client: App, changes: Record<string, string | undefined> = {}): Record<string, string> {
  const params = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    scope: 'read write',
    state: 's 1',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes
  }
  return Object.fromEntries(Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

async function codeFrom(alice: Browser, params: Record<string, string>): Promise<string> {
  const answer = await alice.request({
    method: 'POST',
    url: '/oauth/authorize',
    headers: { origin: 'https://commune.test', 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ ...params, decision: 'allow' }).toString()
  })
  return new URL(String(answer.headers.location)).searchParams.get('code') ?? ''
}

function redeem(app: FastifyInstance, client: App, code: string, changes: Record<string, string | undefined> = {}) {
  const payload = {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    client_secret: client.client_secret,
    redirect_uri: CALLBACK,
    code,
    code_verifier: VERIFIER,
    ...changes
  }
  return app.inject({ method: 'POST', url: '/oauth/token', payload: JSON.parse(JSON.stringify(payload)) })
}

t.test('an app registers, is authorized by the person, and uses its token', async (t) => {
  const { app, alice, client } = await start(t)
  const query = new URLSearchParams({ ...authorizeParams(client), force_login: 'false', lang: 'fr' }).toString()
  const stranger = await app.inject({ url: `/oauth/authorize?${query}` })
  t.equal(stranger.statusCode, 303)
  t.equal(stranger.headers.location, `/connexion?next=${encodeURIComponent(`/oauth/authorize?${query}`)}`)

  const page = await alice.get(`/oauth/authorize?${query}`)
  t.equal(page.statusCode, 200)
  t.match(page.body, 'Phanpy &lt;b&gt; demande à accéder à votre compte @alice@commune.test')
  t.match(page.body, 'publier, modifier et supprimer en votre nom')
  t.match(page.headers['content-security-policy'], /form-action 'self' https:\/\/phanpy\.test;.*frame-ancestors 'none'/)

  const form = new URLSearchParams({ ...authorizeParams(client), decision: 'allow' }).toString()
  const foreign = await alice.request({
    method: 'POST',
    url: '/oauth/authorize',
    headers: { origin: 'https://evil.test', 'content-type': 'application/x-www-form-urlencoded' },
    payload: form
  })
  t.equal(foreign.statusCode, 403, 'another site cannot consent for the person')
  const allowed = await alice.request({
    method: 'POST',
    url: '/oauth/authorize',
    headers: { origin: 'https://commune.test', 'content-type': 'application/x-www-form-urlencoded' },
    payload: form
  })
  t.equal(allowed.statusCode, 303)
  const target = new URL(String(allowed.headers.location))
  t.equal(`${target.origin}${target.pathname}`, 'https://phanpy.test/callback')
  t.equal(target.searchParams.get('app'), '1')
  t.equal(target.searchParams.get('state'), 's 1')

  const token = await redeem(app, client, target.searchParams.get('code')!)
  t.equal(token.statusCode, 200, token.body)
  t.match(token.json(), { token_type: 'Bearer', scope: 'read write' })
  t.equal(token.headers['cache-control'], 'no-store')
  const authorization = `Bearer ${token.json().access_token}`
  t.match((await app.inject({ url: '/api/v1/accounts/verify_credentials', headers: { authorization } })).json(), {
    username: 'alice',
    source: { note: '' }
  })
  t.match((await app.inject({ url: '/api/v1/apps/verify_credentials', headers: { authorization } })).json(), { name: 'Phanpy <b>' })
  t.equal(
    (await app.inject({ url: '/api/communer/v1/sessions', headers: { authorization } })).statusCode,
    403,
    'sessions are for the browser alone'
  )
  t.same(
    (await alice.get('/api/communer/v1/sessions'))
      .json()
      .map((entry: { application: string | null }) => entry.application)
      .sort(),
    ['Phanpy <b>', null]
  )

  const revoked = await app.inject({ method: 'POST', url: '/oauth/revoke', payload: { ...client, token: token.json().access_token } })
  t.equal(revoked.statusCode, 200)
  t.equal((await app.inject({ url: '/api/v1/accounts/verify_credentials', headers: { authorization } })).statusCode, 401)
})

t.test('the person may refuse, and an app without address gets its code on a page', async (t) => {
  const { app, alice, client } = await start(t)
  const deny = await alice.request({
    method: 'POST',
    url: '/oauth/authorize',
    headers: { origin: 'https://commune.test' },
    payload: { ...authorizeParams(client), decision: 'deny' }
  })
  t.equal(deny.headers.location, 'https://phanpy.test/callback?app=1&error=access_denied&state=s+1')
  const oob = 'urn:ietf:wg:oauth:2.0:oob'
  const toot = (await register(app, oob)).json()
  const page = await alice.request({
    method: 'POST',
    url: '/oauth/authorize',
    headers: { origin: 'https://commune.test' },
    payload: {
      ...authorizeParams(toot, { redirect_uri: oob, code_challenge: undefined, code_challenge_method: undefined }),
      decision: 'allow'
    }
  })
  const code = /<code>([^<]+)<\/code>/.exec(page.body)![1]!
  t.equal((await redeem(app, toot, code, { redirect_uri: oob, code_verifier: undefined })).statusCode, 200)
})

t.test('W01: only a registered return address, whole, is ever followed', async (t) => {
  const { app, alice, client } = await start(t)
  for (const redirect_uri of [
    'https://phanpy.test/callback',
    'https://phanpy.test/callback?app=1&x=2',
    'https://phanpy.test@evil.test/',
    'https://evil.test/',
    'javascript:alert(1)',
    ''
  ]) {
    const answer = await alice.get(`/oauth/authorize?${new URLSearchParams(authorizeParams(client, { redirect_uri })).toString()}`)
    t.equal(answer.statusCode, 400, redirect_uri)
    t.notOk(answer.headers.location)
  }
  const twice = await alice.get(
    `/oauth/authorize?${new URLSearchParams(authorizeParams(client)).toString()}&redirect_uri=${encodeURIComponent('https://evil.test/')}`
  )
  t.equal(twice.statusCode, 400)
  for (const uri of [
    'javascript:alert(1)',
    'data:text/html,x',
    'https://a.test/#fragment',
    'https://user@a.test/',
    '/relative',
    'nothing',
    'https://'
  ]) {
    t.equal((await register(app, uri)).statusCode, 422, uri)
  }
  t.equal((await register(app, 'icecubesapp://')).statusCode, 200, 'phones have schemes of their own')
  t.equal((await register(app, 'https://a.test/\nhttps://b.test/')).json().redirect_uris.length, 2)
})

t.test('W02: a code works once, for its app, its address and its verifier, for ten minutes', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: 'correct horse' })
  const alice = browserOf(app)
  await alice.post('/api/communer/v1/login', { login: 'alice', password: 'correct horse' })
  const client = (await register(app, CALLBACK)).json()
  const other = (await register(app, CALLBACK)).json()
  const code = await codeFrom(alice, authorizeParams(client))
  t.equal((await redeem(app, client, code, { code_verifier: 'x'.repeat(50) })).json().error, 'invalid_grant')
  t.equal((await redeem(app, client, code, { code_verifier: undefined })).statusCode, 400)
  t.equal((await redeem(app, other, code)).statusCode, 400)
  t.equal((await redeem(app, client, code, { redirect_uri: 'https://phanpy.test/' })).statusCode, 400)
  t.equal((await redeem(app, client, code, { client_secret: 'wrong' })).json().error, 'invalid_client')
  const token = await redeem(app, client, code, { client_secret: undefined })
  t.equal(token.statusCode, 200, 'PKCE proves a public client')
  const authorization = `Bearer ${token.json().access_token}`
  t.equal((await redeem(app, client, code)).statusCode, 400)
  t.equal(
    (await app.inject({ url: '/api/v1/accounts/verify_credentials', headers: { authorization } })).statusCode,
    401,
    'a code seen twice ends its tokens'
  )

  const plain = await alice.get(
    `/oauth/authorize?${new URLSearchParams(authorizeParams(client, { code_challenge_method: 'plain' })).toString()}`
  )
  t.equal(plain.statusCode, 400)
  const unproven = await codeFrom(alice, authorizeParams(client, { code_challenge: undefined, code_challenge_method: undefined }))
  t.equal(
    (await redeem(app, client, unproven, { client_secret: undefined, code_verifier: undefined })).statusCode,
    400,
    'neither secret nor PKCE'
  )
  const tooMuch = await alice.get(
    `/oauth/authorize?${new URLSearchParams(authorizeParams((await register(app, CALLBACK, 'read')).json(), { scope: 'read write' })).toString()}`
  )
  t.equal(tooMuch.statusCode, 400, 'no more than the app declared')
})

t.test('an old code is worth nothing', async (t) => {
  const { ctx, clock } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: 'correct horse' })
  const alice = browserOf(app)
  await alice.post('/api/communer/v1/login', { login: 'alice', password: 'correct horse' })
  const client = (await register(app, CALLBACK)).json()
  const code = await codeFrom(alice, authorizeParams(client))
  clock.advance(11 * 60_000)
  t.equal((await redeem(app, client, code)).json().error, 'invalid_grant')
})

t.test('W03: a token does what its scopes say and no more; an administrator’s scope does not make an administrator', async (t) => {
  const { ctx, app } = await start(t)
  const { account } = await createAccount(ctx, { username: 'bruno', email: 'bruno@example.org', password: 'correct horse' })
  const call = async (scopes: string, method: 'GET' | 'PATCH', url: string) =>
    (
      await app.inject({
        method,
        url,
        headers: { authorization: `Bearer ${await createToken(ctx, account.id, scopes)}` },
        payload: method === 'GET' ? undefined : {}
      })
    ).statusCode
  t.equal(await call('read', 'GET', '/api/communer/v1/me'), 200)
  t.equal(await call('read:statuses', 'GET', '/api/communer/v1/me'), 403)
  t.equal(await call('profile', 'GET', '/api/v1/accounts/verify_credentials'), 200)
  t.equal(await call('read', 'PATCH', '/api/v1/accounts/update_credentials'), 403)
  t.equal(await call('write:statuses', 'PATCH', '/api/v1/accounts/update_credentials'), 403)
  t.equal(await call('write:accounts', 'PATCH', '/api/v1/accounts/update_credentials'), 200)
  t.equal(await call('read write admin:read admin:write', 'GET', '/api/communer/v1/admin/site'), 403)
  t.equal(
    (await app.inject({ url: '/api/communer/v1/me', headers: { authorization: 'Bearer nonsense-nonsense-nonsense' } })).statusCode,
    401
  )
})

t.test('an app signs somebody up with its own token', async (t) => {
  const { app, client } = await start(t)
  const granted = await app.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.client_id,
      client_secret: client.client_secret,
      scope: 'read write'
    }).toString()
  })
  t.equal(granted.statusCode, 200, granted.body)
  const authorization = `Bearer ${granted.json().access_token}`
  t.match((await app.inject({ url: '/api/v1/apps/verify_credentials', headers: { authorization } })).json(), { name: 'Phanpy <b>' })
  t.equal(
    (await app.inject({ url: '/api/v1/accounts/verify_credentials', headers: { authorization } })).statusCode,
    401,
    'an app is nobody'
  )
  const person = { username: 'dora', email: 'dora@example.org', password: 'correct horse', agreement: true, locale: 'en' }
  const signup = await app.inject({ method: 'POST', url: '/api/v1/accounts', headers: { authorization }, payload: person })
  t.equal(signup.statusCode, 200, signup.body)
  const mine = { authorization: `Bearer ${signup.json().access_token}` }
  t.match((await app.inject({ url: '/api/v1/accounts/verify_credentials', headers: mine })).json(), { username: 'dora' })
  t.equal(
    (
      await app.inject({
        method: 'POST',
        url: '/oauth/token',
        payload: { grant_type: 'password', ...client, username: 'dora', password: 'correct horse' }
      })
    ).json().error,
    'unsupported_grant_type'
  )
})

t.test('clients find the server’s metadata and may call it from another origin, without cookies', async (t) => {
  const { app } = await start(t)
  const metadata = await app.inject({ url: '/.well-known/oauth-authorization-server' })
  t.match(metadata.json(), { token_endpoint: 'https://commune.test/oauth/token', code_challenge_methods_supported: ['S256'] })
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/api/v1/statuses',
    headers: {
      origin: 'https://phanpy.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,idempotency-key'
    }
  })
  t.equal(preflight.statusCode, 204)
  t.match(preflight.headers, { 'access-control-allow-origin': '*', 'access-control-allow-headers': /Idempotency-Key/ })
  t.notOk(preflight.headers['access-control-allow-credentials'])
  const page = await app.inject({ url: '/oauth/authorize', headers: { origin: 'https://phanpy.test' } })
  t.notOk(page.headers['access-control-allow-origin'])
})
