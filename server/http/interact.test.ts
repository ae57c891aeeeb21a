// Acting from elsewhere: the way to a visitor's own server, and what stands behind /authorize_interaction. Real requests on a private internet.
import t, { type Test } from 'tap'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from '../app.ts'
import { createToken } from '../features/accounts/tokens.ts'
import { findWayHome, type Intent } from '../features/search/way-home.ts'
import { browserOf } from '../test/browser.ts'
import { testContext } from '../test/context.ts'
import { testInternet, type Host } from '../test/internet.ts'
import { citizen, localGroup } from '../test/people.ts'
import { webRoot } from './pages/renderer.ts'

const WAY_HOME = '/api/communer/v1/way-home'
const FEP = 'https://w3id.org/fep/3b86/'
const SUBSCRIBE = 'http://ostatus.org/schema/1.0/subscribe'
const built = { skip: existsSync(join(webRoot(), 'ssr', 'entry-server.js')) ? false : 'the web app is not built (npm run build)' }

async function scene(t: Test) {
  const { ctx } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const { actor: owner } = await citizen(ctx, 'maire')
  const group = await localGroup(ctx, 'jardin', owner)
  return { ctx, internet, app, group }
}

/** A server whose WebFinger for `me` names these templates. */
function named(host: Host, templates: Record<string, string>, name = 'me'): void {
  const links = Object.entries(templates).map(([rel, template]) => ({ rel, template }))
  host.on(
    `/.well-known/webfinger?resource=${encodeURIComponent(`acct:${name}@${host.name}`)}`,
    { subject: `acct:${name}@${host.name}`, links },
    'application/jrd+json'
  )
}

t.test('F24: every reason not to find a visitor’s server gives one and the same answer, ten times a minute at most', async (t) => {
  const { ctx, internet, app, group } = await scene(t)
  internet.host('peer.test').actor('me')
  internet.down.add('other.test')
  internet.addresses.set('evil.test', ['127.0.0.1'])
  named(internet.host('evil.test'), { [SUBSCRIBE]: 'https://evil.test/?u={uri}' })
  named(internet.host('gts.test'), { [SUBSCRIBE]: 'https://gts.test/?u={uri}' })
  await ctx.db('domain_policies').insert({ host: 'gts.test', action: 'block' })
  const ask = (account: string, ip: string, uri = group.iri) =>
    app.inject({ method: 'POST', url: WAY_HOME, remoteAddress: ip, payload: { account, uri, intent: 'follow' } })
  const answers = []
  for (const account of [
    '@me@peer.test', // no template
    '@nobody@peer.test',
    '@me@other.test', // down
    '@me@evil.test', // private address
    '@me@gts.test', // blocked
    '@me@127.0.0.1',
    '@me@localhost:6379',
    'http://169.254.169.254/latest',
    'file:///etc/passwd',
    ''
  ])
    answers.push(await ask(account, '192.0.2.1'))
  for (const answer of answers) {
    t.equal(answer.statusCode, 404)
    t.same(answer.json(), answers[0]!.json())
  }
  t.equal(internet.host('evil.test').seen.length, 0, 'a private address is never spoken to')
  t.equal(internet.host('gts.test').seen.length, 0, 'nor a blocked host')
  t.equal((await ask('@me@peer.test', '192.0.2.1')).statusCode, 429)
  t.equal((await ask('@me@peer.test', '192.0.2.2', 'javascript:alert(1)')).statusCode, 404)
  t.match((await ask('@alice@commune.test', '192.0.2.2')).json(), { code: 'interaction.here' })
  const foreign = await app.inject({
    method: 'POST',
    url: WAY_HOME,
    remoteAddress: '192.0.2.3',
    headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
    payload: { account: '@me@peer.test', uri: group.iri, intent: 'follow' }
  })
  t.equal(foreign.statusCode, 403, 'another site’s page cannot make us ask')
})

t.test('the template that fits the intent best is taken, then the general ones', async (t) => {
  const { ctx, internet, group } = await scene(t)
  const way = async (intent: Intent, account = '@me@peer.test') =>
    await findWayHome(ctx, { account, uri: `${group.iri}?a=1&b=é`, intent }).then(
      ({ url }) => url,
      (error: { code: string }) => error.code
    )
  const uri = encodeURIComponent(`${group.iri}?a=1&b=é`)
  const peer = internet.host('peer.test')
  named(peer, {
    [SUBSCRIBE]: 'https://peer.test/authorize_interaction?uri={uri}',
    [`${FEP}Follow`]: 'https://peer.test/follow?o={object}&back={on-success}',
    // Mastodon's: made for sharing, without a place for what is answered.
    [`${FEP}Create`]: 'https://peer.test/share?text={content}'
  })
  t.equal(await way('follow'), `https://peer.test/follow?o=${uri}&back=`)
  t.equal(await way('join'), `https://peer.test/follow?o=${uri}&back=`, 'a group is followed where nobody joins')
  t.equal(await way('reply'), `https://peer.test/authorize_interaction?uri=${uri}`)
  t.equal(await way('like'), `https://peer.test/authorize_interaction?uri=${uri}`)
  named(peer, { [SUBSCRIBE]: 'https://peer.test/i?u={uri}' }, 'peer.test')
  t.equal(await way('follow', 'https://peer.test/'), `https://peer.test/i?u=${uri}`, 'the name of a server is enough')
  const evil = internet.host('evil.test')
  for (const template of [
    'javascript:alert(1)//{uri}',
    'http://evil.test/{uri}',
    'https://peer.test@evil.test/{uri}',
    'data:text/html,{uri}',
    '{uri}',
    'https://evil.test/without'
  ]) {
    named(evil, { [SUBSCRIBE]: template })
    t.equal(await way('follow', '@me@evil.test'), 'interaction.no-way', `W11: ${template}`)
  }
})

t.test('W11: without JavaScript the way is a link that names its host, never a redirect', async (t) => {
  const { internet, app, group } = await scene(t)
  named(internet.host('peer.test'), { [SUBSCRIBE]: 'https://peer.test/authorize_interaction?uri={uri}&x="><script>' })
  const form = (account: string) =>
    app.inject({
      method: 'POST',
      url: '/interagir',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': 'fr' },
      payload: new URLSearchParams({ account, uri: group.iri, intent: 'follow' }).toString()
    })
  const answer = await form('@me@peer.test')
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers.location, undefined)
  t.match(
    answer.body,
    /href="https:\/\/peer\.test\/authorize_interaction\?uri=https%3A%2F%2Fcommune\.test[^"]*"[^>]*>Continuer sur peer\.test</
  )
  t.notMatch(answer.body, /<script/)
  t.match(answer.headers['content-security-policy'], /default-src 'none'/)
  const none = await form('@nobody@peer.test')
  t.equal(none.statusCode, 404)
  t.match(none.body, /Nous n’avons pas trouvé/)
})

t.test('what comes from elsewhere is looked up for people who are logged in, ten times a minute', async (t) => {
  const { ctx, internet, app, group } = await scene(t)
  const bob = internet.host('peer.test').actor('bob')
  const { account } = await citizen(ctx, 'alice')
  const token = await createToken(ctx, account.id, 'read')
  const ask = (uri: string, headers: Record<string, string> = { authorization: `Bearer ${token}` }) =>
    app.inject({ method: 'GET', url: `/api/communer/v1/interaction?uri=${encodeURIComponent(uri)}`, headers })
  t.equal((await ask(bob.iri, {})).statusCode, 401)
  t.equal(internet.host('peer.test').seen.length, 0, 'F24: nobody else makes the server ask')
  const before = await ctx.db('activities').count()
  const found = await ask(bob.iri)
  t.match(found.json(), { type: 'account', host: 'peer.test' })
  t.match((await ask('acct:bob@peer.test')).json(), { type: 'account', id: found.json().id })
  t.match((await ask(group.iri)).json(), { type: 'account', host: 'commune.test' })
  for (const uri of ['https://peer.test/nothing', 'http://127.0.0.1:5432/', 'javascript:alert(1)', 'nonsense']) {
    const answer = await ask(uri)
    t.equal(answer.statusCode, 404, uri)
    t.equal(answer.json().code, 'request.not-found')
  }
  // Bob, the handle and what may not be asked were free or known: eight questions are left.
  for (let count = 0; count < 8; count += 1) t.equal((await ask(`https://peer.test/nothing/${count}`)).statusCode, 404)
  t.equal((await ask('https://peer.test/nothing')).statusCode, 429)
  t.equal((await ask(group.iri)).statusCode, 200, 'what is here is no question')
  t.same(await ctx.db('activities').count(), before, 'nothing is done by looking')
})

t.test('W10: strangers log in first and come back to a path of ours', built, async (t) => {
  const { app, group } = await scene(t)
  const browser = browserOf(app)
  const path = `/authorize_interaction?uri=${encodeURIComponent(group.iri)}&intent=follow`
  const answer = await browser.get(path, { accept: 'text/html' })
  t.equal(answer.statusCode, 302)
  const where = new URL(answer.headers.location!, 'https://commune.test')
  t.equal(where.origin + where.pathname, 'https://commune.test/connexion')
  const back = new URL(where.searchParams.get('retour')!, 'https://commune.test')
  t.equal(back.pathname, '/authorize_interaction')
  t.equal(back.searchParams.get('uri'), group.iri)
  const page = await browser.get(`/interagir?uri=${encodeURIComponent(group.iri)}&pour=follow`, { accept: 'text/html' })
  t.match(page.body, /<form[^>]*method="post"[^>]*action="\/interagir"/, 'the form works without JavaScript')
  t.match(page.body, /name="uri" value="https:\/\/commune\.test/)
  for (const uri of ['javascript:alert(1)', '//evil.test', 'data:text/html,x'])
    t.notMatch((await browser.get(`/interagir?uri=${encodeURIComponent(uri)}`, { accept: 'text/html' })).body, /<form[^>]*interagir/, uri)
})
