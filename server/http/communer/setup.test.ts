// Set-up over HTTP: only with the code of the machine, only once, and only with values that can last for ever.
import t from 'tap'
import { buildApp } from '../../app.ts'
import { readSetupCode } from '../../features/setup/setup-code.ts'
import { browserOf } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'

const URL_ = '/api/communer/v1/setup'
const INPUT = {
  name: 'Saint-Leu',
  insee: '97413',
  latitude: -21.17,
  longitude: 55.29,
  public_url: 'https://participer.saint-leu.test',
  account_domain: 'saint-leu.test',
  admin: { username: 'maire', email: 'maire@saint-leu.fr', password: 'une mairie ouverte' }
}

t.test('the administrator sets the commune up with the code, and is logged in', async (t) => {
  const { ctx } = await testContext(t, { site: false })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const browser = browserOf(app, 'http://localhost:3000')
  t.match((await browser.get(URL_)).json(), { done: false, public_url: null, suggested_url: 'http://localhost:3000' })
  const code = readSetupCode(ctx.config.dataDir)
  const done = await browser.post(URL_, { ...INPUT, code })
  t.equal(done.statusCode, 201, done.body)
  t.match(done.json(), { done: true, public_url: INPUT.public_url, account_domain: 'saint-leu.test' })

  const me = (
    await browserOf(app, INPUT.public_url).request({ url: '/api/communer/v1/me', cookies: Object.fromEntries(browser.cookies) })
  ).json()
  t.match(me, { role: 'admin', account: { acct: 'maire' }, managed_groups: [{ username: 'saint_leu', kind: 'commune', role: 'owner' }] })

  const actors = await ctx.db('actors').orderBy('id').select('type', 'kind', 'username', 'domain', 'iri', 'local')
  t.match(actors, [
    { type: 'Application', username: 'participer.saint-leu.test', iri: 'https://participer.saint-leu.test/ap/actor' },
    { type: 'Person', username: 'maire', domain: 'saint-leu.test' },
    { type: 'Group', kind: 'commune', username: 'saint_leu' }
  ])
  t.equal((await ctx.db('actor_keys').whereNotNull('private_sealed')).length, 3, 'each actor has a sealed key')
  t.equal(ctx.site?.timezone, 'Indian/Reunion')
  t.equal((await browser.post(URL_, { ...INPUT, code })).json().code, 'setup.done')
})

t.test('a commune of another country is set up with its own levels', async (t) => {
  const { ctx } = await testContext(t, { site: false })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const code = readSetupCode(ctx.config.dataDir)
  const above = [{ level: 'Canton', name: 'Vaud' }]
  const payload = { ...INPUT, code, insee: '', country: 'CH', above, timezone: 'Europe/Zurich' }
  const done = await app.inject({ method: 'POST', url: URL_, payload })
  t.equal(done.statusCode, 201, done.body)
  t.match(ctx.site, { insee: '', country: 'CH', above, timezone: 'Europe/Zurich' })
  const territory = await app.inject({ url: '/api/communer/v1/territory', headers: { host: 'participer.saint-leu.test' } })
  t.match(territory.json(), [{ code: 'CH' }, above[0], { level: 'commune', name: 'Saint-Leu' }])
})

t.test('without the code, or with values that cannot be, nothing is made', async (t) => {
  const { ctx } = await testContext(t, { site: false })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const code = readSetupCode(ctx.config.dataDir)
  const refused: [object, number, string][] = [
    [{ code: 'guess' }, 403, 'setup.code'],
    [{ name: '  ' }, 422, 'setup.name'],
    [{ insee: '00000' }, 422, 'setup.insee'],
    [{ country: 'CH' }, 422, 'setup.insee-abroad'],
    [{ insee: '', country: 'XX' }, 422, 'territory.country'],
    [{ insee: '', above: [{ level: '', name: 'Vaud' }] }, 422, 'territory.levels'],
    [{ latitude: 91 }, 422, 'setup.coordinates'],
    [{ public_url: 'http://participer.saint-leu.test' }, 422, 'setup.public-url'],
    [{ public_url: 'https://participer.saint-leu.test/path' }, 422, 'setup.public-url'],
    [{ account_domain: 'https://saint-leu.test' }, 422, 'setup.account-domain'],
    [{ timezone: 'Mars/Olympus' }, 422, 'setup.timezone'],
    [{ admin: { ...INPUT.admin, password: 'short' } }, 422, 'password.invalid']
  ]
  for (const [index, [change, status, name]] of refused.entries()) {
    const answer = await app.inject({
      method: 'POST',
      url: URL_,
      payload: { ...INPUT, code, ...change },
      remoteAddress: `198.51.100.${index}`
    })
    t.equal(answer.statusCode, status, answer.body)
    t.equal(answer.json().code, name)
  }
  t.equal(ctx.site, null)
  t.same(await ctx.db('actors').select('id'), [])
})

t.test('two set-ups at the same instant make one commune', async (t) => {
  const { ctx } = await testContext(t, { site: false })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const code = readSetupCode(ctx.config.dataDir)
  const answers = await Promise.all([1, 2].map(() => app.inject({ method: 'POST', url: URL_, payload: { ...INPUT, code } })))
  t.same(answers.map((answer) => answer.statusCode).sort(), [201, 409])
  t.equal((await ctx.db('actors').select('id')).length, 3)
})

t.test('before set-up, the rest says so instead of failing', async (t) => {
  const { ctx } = await testContext(t, { site: false })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const answer = await app.inject({ url: '/api/v2/instance' })
  t.equal(answer.statusCode, 503)
  t.equal(answer.json().code, 'site.not-set-up')
  t.ok(answer.headers['retry-after'])
})

t.test('an address fixed by the environment cannot be contradicted', async (t) => {
  const { ctx } = await testContext(t, { site: false, config: { publicUrl: 'https://fixed.test' } })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const code = readSetupCode(ctx.config.dataDir)
  t.equal((await app.inject({ method: 'POST', url: URL_, payload: { ...INPUT, code } })).json().code, 'setup.public-url-fixed')
  t.equal((await app.inject({ method: 'POST', url: URL_, payload: { ...INPUT, public_url: 'https://fixed.test', code } })).statusCode, 201)
})
