// Accounts over HTTP: refusals first (W03–W06, W13, W15, W16), then what a citizen does.
import t from 'tap'
import { buildApp } from '../../app.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { browserOf } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'

const V1 = '/api/communer/v1'
const ALICE = { username: 'alice', email: 'alice@example.org', password: 'correct horse' }

t.test('a citizen signs up, is logged in, sees who they are, and logs out', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const browser = browserOf(app)
  const signup = await browser.post(`${V1}/signup`, { ...ALICE, name: 'Alice Payet', agreement: true, locale: 'fr' })
  t.equal(signup.statusCode, 201, signup.body)
  t.same(signup.json(), { status: 'active' })
  const cookie = signup.cookies[0] as unknown as Record<string, unknown>
  t.match(cookie, { name: '__Host-communer', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
  const me = (await browser.get(`${V1}/me`)).json()
  t.match(me, {
    role: 'member',
    locale: 'fr',
    managed_groups: [],
    account: { username: 'alice', display_name: 'Alice Payet', acct: 'alice' }
  })
  t.equal((await browser.post(`${V1}/logout`)).statusCode, 200)
  t.equal((await browser.get(`${V1}/me`)).statusCode, 401)
})

t.test('wrong passwords and unknown people get the same words, in the language of the reader', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, ALICE)
  const browser = browserOf(app)
  const wrong = await browser.post(`${V1}/login`, { login: 'alice', password: 'something else' })
  const unknown = await browser.post(`${V1}/login`, { login: 'bob', password: 'something else' })
  t.equal(wrong.statusCode, 401)
  t.same(wrong.json(), unknown.json())
  t.match(wrong.headers['content-type'], 'application/problem+json')
  t.match(wrong.json(), { code: 'login.refused', title: 'Identifiant ou mot de passe incorrect.' })
  const english = await browser.request({
    method: 'POST',
    url: `${V1}/login`,
    payload: { login: 'bob', password: 'x' },
    headers: { 'accept-language': 'en-GB,en;q=0.9' }
  })
  t.equal(english.json().title, 'Wrong username or password.')
})

t.test('the e-mail address, the username and the full handle all log in', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, ALICE)
  for (const login of ['alice', 'Alice', '@alice', 'alice@commune.test', '@alice@commune.test', 'Alice@Example.org']) {
    t.equal((await browserOf(app).post(`${V1}/login`, { login, password: ALICE.password })).statusCode, 200, login)
  }
})

t.test('W04: a request with the cookie from another site changes nothing', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const browser = browserOf(app)
  await browser.post(`${V1}/signup`, { ...ALICE, agreement: true })
  for (const headers of [
    {},
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://commune.test' }
  ]) {
    const refused = await browser.request({
      method: 'PATCH',
      url: `${V1}/me`,
      payload: { locale: 'en' },
      headers: { ...headers } as Record<string, string>
    })
    t.equal(refused.statusCode, 403, JSON.stringify(headers))
    t.equal(refused.json().code, 'csrf.refused')
  }
  t.equal((await browser.get(`${V1}/me`)).json().locale, 'fr')
  const foreign = await app.inject({
    method: 'POST',
    url: `${V1}/login`,
    payload: { login: 'alice', password: ALICE.password },
    headers: { origin: 'https://evil.test' }
  })
  t.equal(foreign.statusCode, 403, 'nobody is logged in by another site either')
})

t.test('W05: a log-in makes a new session and ends the one the browser held; a new password ends the others', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, ALICE)
  const [phone, desk] = [browserOf(app), browserOf(app)]
  await phone.post(`${V1}/login`, { login: 'alice', password: ALICE.password })
  await desk.post(`${V1}/login`, { login: 'alice', password: ALICE.password })
  const before = desk.cookies.get('__Host-communer')!
  await desk.post(`${V1}/login`, { login: 'alice', password: ALICE.password })
  t.not(desk.cookies.get('__Host-communer'), before)
  t.equal((await app.inject({ url: `${V1}/me`, cookies: { '__Host-communer': before } })).statusCode, 401)
  t.equal((await desk.get(`${V1}/sessions`)).json().length, 2)

  t.equal((await desk.post(`${V1}/password`, { current: 'wrong one', new: 'battery staple' })).statusCode, 422)
  t.equal((await desk.post(`${V1}/password`, { current: ALICE.password, new: 'short' })).statusCode, 422)
  t.equal((await desk.post(`${V1}/password`, { current: ALICE.password, new: 'battery staple' })).statusCode, 200)
  t.equal((await phone.get(`${V1}/me`)).statusCode, 401, 'the phone is logged out')
  t.equal((await desk.get(`${V1}/me`)).statusCode, 200, 'the desk stays')
  t.equal((await browserOf(app).post(`${V1}/login`, { login: 'alice', password: ALICE.password })).statusCode, 401)
  t.equal((await browserOf(app).post(`${V1}/login`, { login: 'alice', password: 'battery staple' })).statusCode, 200)
})

t.test('a session ends after thirty days without use, and lives on when used', async (t) => {
  const { ctx, clock } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const browser = browserOf(app)
  await browser.post(`${V1}/signup`, { ...ALICE, agreement: true })
  clock.advance(29 * 86_400_000)
  t.equal((await browser.get(`${V1}/me`)).statusCode, 200)
  clock.advance(29 * 86_400_000)
  t.equal((await browser.get(`${V1}/me`)).statusCode, 200)
  clock.advance(31 * 86_400_000)
  t.equal((await browser.get(`${V1}/me`)).statusCode, 401)
})

t.test('W13, W15, W16, X08: what cannot be a name, an address, a password or a field is refused with its name', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const refused: [object, string][] = [
    [{ username: 'ma\u200bire' }, 'username.invalid'],
    [{ username: 'jean-luc' }, 'username.invalid'],
    [{ username: 'inbox' }, 'username.reserved'],
    [{ username: 'ＡＰＩ' }, 'username.reserved'],
    [{ username: 'x'.repeat(31) }, 'username.invalid'],
    [{ email: 'victim%evil@commune.fr, b@c.fr' }, 'email.invalid'],
    [{ email: '"a b"@commune.fr' }, 'email.invalid'],
    [{ password: 'short' }, 'password.invalid'],
    [{ password: 'é'.repeat(257) }, 'password.invalid'],
    [{ password: 'with\0nul inside' }, 'password.invalid'],
    [{ role: 'admin' }, 'request.invalid'],
    [{ agreement: false }, 'signup.agreement']
  ]
  for (const [change, code] of refused) {
    const answer = await app.inject({ method: 'POST', url: `${V1}/signup`, payload: { ...ALICE, agreement: true, ...change } })
    t.equal(answer.statusCode, 422, JSON.stringify(change))
    t.equal(answer.json().code, code, answer.body)
  }
  t.equal((await ctx.db('accounts').count({ n: '*' }))[0]!['n'], '0')
})

t.test('two people cannot have one name or one address', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const people = [
    { ...ALICE, agreement: true },
    { ...ALICE, username: 'ALICE', email: 'other@example.org', agreement: true },
    { ...ALICE, username: 'other', email: 'ALICE@example.org', agreement: true }
  ]
  const answers = []
  for (const payload of people) answers.push(await app.inject({ method: 'POST', url: `${V1}/signup`, payload }))
  t.same(
    answers.map((answer) => answer.statusCode),
    [201, 422, 422]
  )
  t.same(
    answers.slice(1).map((answer) => [answer.json().code, answer.json().field]),
    [
      ['username.taken', 'username'],
      ['email.taken', 'email']
    ]
  )
  const racing = await Promise.all(
    [1, 2, 3].map(() =>
      app.inject({
        method: 'POST',
        url: `${V1}/signup`,
        payload: { ...ALICE, username: 'racer', email: 'racer@example.org', agreement: true }
      })
    )
  )
  t.same(racing.map((answer) => answer.statusCode).sort(), [201, 422, 422])
})

t.test('with approval, a newcomer waits unseen until an administrator lets them in; refused, nothing remains', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, { username: 'maire', email: 'maire@example.org', password: 'une mairie ouverte', role: 'admin' })
  const maire = browserOf(app)
  await maire.post(`${V1}/login`, { login: 'maire', password: 'une mairie ouverte' })
  t.equal((await maire.send('PATCH', `${V1}/admin/site`, { registrations: 'approval' })).json().registrations, 'approval')

  const alice = browserOf(app)
  t.same((await alice.post(`${V1}/signup`, { ...ALICE, reason: 'Je suis du quartier', agreement: true })).json(), { status: 'pending' })
  await alice.post(`${V1}/signup`, { ...ALICE, username: 'spam', email: 'spam@example.org', agreement: true })
  t.equal((await alice.post(`${V1}/login`, { login: 'alice', password: ALICE.password })).json().code, 'login.pending')
  t.ok((await ctx.db('actors').where({ username: 'alice' }).first()).suspended_at, 'her actor is not public')

  const pending = (await maire.get(`${V1}/admin/accounts?status=pending`)).json()
  t.same(
    pending.map((entry: { username: string }) => entry.username),
    ['spam', 'alice']
  )
  t.equal(pending[1].reason, 'Je suis du quartier')
  t.equal((await maire.post(`${V1}/admin/accounts/${pending[1].id}/approve`)).statusCode, 200)
  t.equal((await maire.post(`${V1}/admin/accounts/${pending[1].id}/approve`)).statusCode, 409)
  t.equal((await maire.post(`${V1}/admin/accounts/${pending[0].id}/reject`)).statusCode, 200)
  t.equal(await ctx.db('actors').where({ username: 'spam' }).first(), undefined)
  t.equal((await alice.post(`${V1}/login`, { login: 'alice', password: ALICE.password })).statusCode, 200)

  for (const [method, url] of [
    ['GET', 'admin/accounts'],
    ['GET', 'admin/site'],
    ['PATCH', 'admin/site'],
    ['POST', `admin/accounts/${pending[1].id}/disable`]
  ] as const) {
    const refused = method === 'GET' ? await alice.get(`${V1}/${url}`) : await alice.send(method, `${V1}/${url}`, {})
    t.equal(refused.statusCode, 403, `${method} ${url} is not for citizens`)
  }
  t.equal((await maire.send('PATCH', `${V1}/admin/site`, { registrations: 'closed' })).statusCode, 200)
  t.equal(
    (await browserOf(app).post(`${V1}/signup`, { ...ALICE, username: 'late', email: 'late@example.org', agreement: true })).json().code,
    'signup.closed'
  )
})

t.test('a disabled account is logged out everywhere; the last administrator stays', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const { account: admin } = await createAccount(ctx, {
    username: 'maire',
    email: 'maire@example.org',
    password: 'une mairie ouverte',
    role: 'admin'
  })
  const { account } = await createAccount(ctx, ALICE)
  const [maire, alice] = [browserOf(app), browserOf(app)]
  await maire.post(`${V1}/login`, { login: 'maire', password: 'une mairie ouverte' })
  await alice.post(`${V1}/login`, { login: 'alice', password: ALICE.password })
  t.equal((await maire.post(`${V1}/admin/accounts/${account.id}/disable`)).statusCode, 200)
  t.equal((await alice.get(`${V1}/me`)).statusCode, 401)
  t.equal((await alice.post(`${V1}/login`, { login: 'alice', password: ALICE.password })).json().code, 'login.disabled')
  t.equal((await maire.post(`${V1}/admin/accounts/${admin.id}/disable`)).json().code, 'account.last-admin')
})

t.test('W07: guessing one account’s password stops after ten tries, wherever they come from', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, ALICE)
  const statuses: number[] = []
  for (let turn = 0; turn < 12; turn += 1) {
    const answer = await app.inject({
      method: 'POST',
      url: `${V1}/login`,
      payload: { login: 'alice', password: `guess ${turn}` },
      remoteAddress: `198.51.100.${turn}`
    })
    statuses.push(answer.statusCode)
  }
  t.same([...new Set(statuses.slice(0, 10))], [401])
  t.same([...new Set(statuses.slice(10))], [429])
})
