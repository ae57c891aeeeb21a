// Moderation over HTTP: who may read and decide what, what a visitor may send, and what a suspended person is told.
import t from 'tap'
import { buildApp } from '../../app.ts'
import { saveSite } from '../../db/site.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { browserOf } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'
import { LIMITS } from '../plugins/rate-limit.ts'

const V1 = '/api/communer/v1'
const PASSWORD = 'correct horse'
const NO_ID = '1'

const ROLES = { alice: 'member', mod: 'moderator', mod2: 'moderator', maire: 'admin' } as const
type Name = keyof typeof ROLES

/** The application and those of its people who are needed, each logged in. */
async function scene<N extends Name>(t: Parameters<typeof testContext>[0], ...names: N[]) {
  const { ctx, clock } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const person = async (username: Name) => {
    const input = { username, email: `${username}@example.org`, password: PASSWORD, role: ROLES[username] }
    const { actor, account } = await createAccount(ctx, input)
    const browser = browserOf(app)
    await browser.post(`${V1}/login`, { login: username, password: PASSWORD })
    return { browser, actor, account }
  }
  const people = {} as Record<N, Awaited<ReturnType<typeof person>>>
  for (const name of names) people[name] = await person(name)
  return { ctx, app, clock, ...people }
}

t.test('neither visitors nor citizens read about people, servers and reports, nor decide', async (t) => {
  const { ctx, app, alice, mod } = await scene(t, 'alice', 'mod')
  const decision = { action: 'suspend', reason: 'non' }
  const calls: ['GET' | 'POST' | 'PUT', string, object?][] = [
    ['GET', `people/${mod.actor.id}`],
    ['GET', 'hosts/bad.example'],
    ['GET', 'reports'],
    ['GET', 'reports/count'],
    ['GET', 'decisions'],
    ['POST', `people/${mod.actor.id}/decide`, decision],
    ['POST', `reports/${NO_ID}/decide`, decision],
    ['PUT', 'hosts/bad.example', { action: 'block' }],
    ['POST', 'host-list/preview', { list: 'bad.example' }]
  ]
  const visitor = browserOf(app)
  for (const [method, path, body] of calls) {
    const url = `${V1}/admin/${path}`
    const ask = (browser: typeof visitor) => (method === 'GET' ? browser.get(url) : browser.send(method, url, body))
    t.equal((await ask(visitor)).statusCode, 401, `${method} ${path}: visitors`)
    t.equal((await ask(alice.browser)).statusCode, 403, `${method} ${path}: citizens`)
  }
  t.same(await ctx.db('decisions'), [])
  t.same(await ctx.db('domain_policies'), [])
})

t.test('W25: a moderator’s request against an equal or a superior is refused, by a person’s page as by a report', async (t) => {
  const { ctx, alice, mod, mod2, maire } = await scene(t, 'alice', 'mod', 'mod2', 'maire')
  for (const [target, judges] of [
    [mod2, [mod, mod2]],
    [maire, [mod, maire]]
  ] as const) {
    const { id } = (
      await alice.browser.post(`${V1}/reports`, { account_id: target.actor.id, category: 'other', comment: 'Abus', good_faith: true })
    ).json()
    for (const judge of judges)
      for (const path of [`people/${target.actor.id}`, `reports/${id}`]) {
        const answer = await judge.browser.post(`${V1}/admin/${path}/decide`, { action: 'suspend', reason: 'non' })
        t.match(answer.json(), { status: 403, code: 'permission.denied' })
      }
  }
  t.same(await ctx.db('decisions'), [])
  t.equal((await ctx.db('reports').where({ state: 'open' })).length, 2, 'the reports still wait for somebody above')
  t.equal((await maire.browser.get(`${V1}/me`)).statusCode, 200)
})

t.test('a person as moderators see them: also suspended, with every decision and who took it', async (t) => {
  const { alice, mod } = await scene(t, 'alice', 'mod')
  const url = `${V1}/admin/people/${alice.actor.id}`
  t.equal((await mod.browser.get(`${V1}/admin/people/${NO_ID}`)).json().code, 'account.unknown')
  t.match((await mod.browser.get(url)).json(), { account: { acct: 'alice' }, decisions: [] })
  await mod.browser.post(`${url}/decide`, { action: 'warn', reason: 'Une fois.' })
  await mod.browser.post(`${url}/decide`, { action: 'suspend', reason: 'Deux fois.', ground: 'law' })
  const { account, decisions } = (await mod.browser.get(url)).json()
  t.match(account, { acct: 'alice', suspended: true })
  t.match(decisions, [
    { action: 'suspend', reason: 'Deux fois.', ground: 'law', moderator: { acct: 'mod' } },
    { action: 'warn', reason: 'Une fois.', ground: 'terms' }
  ])
})

t.test('P9: moderators read that the disk fills up, others do not', async (t) => {
  const { ctx, alice, mod } = await scene(t, 'alice', 'mod')
  const room = async () => (await mod.browser.get(`${V1}/admin/disk`)).json().room
  t.equal(await room(), 'enough')
  ctx.config.minFreeMib = 1e9
  t.equal(await room(), 'full')
  t.equal((await alice.browser.get(`${V1}/admin/disk`)).statusCode, 403)
})

t.test('a server as moderators see it: by any spelling of its name, or nothing', async (t) => {
  const { mod } = await scene(t, 'mod')
  t.same((await mod.browser.get(`${V1}/admin/hosts/calm.example`)).json(), { policy: null })
  t.equal((await mod.browser.send('PUT', `${V1}/admin/hosts/Bad.Example.`, { action: 'block', reason: 'Spam' })).statusCode, 200)
  t.match((await mod.browser.get(`${V1}/admin/hosts/BAD.example`)).json(), {
    policy: { id: 'bad.example', host: 'bad.example', action: 'block', reason: 'Spam' }
  })
})

t.test('a list that names our accounts’ domain, or what is above it, is previewed without it and never imported', async (t) => {
  const { ctx, mod } = await scene(t, 'mod')
  await saveSite(ctx, ctx.db, { ...ctx.site!, accountDomain: 'les-avirons.test' })
  ctx.site = { ...ctx.site!, accountDomain: 'les-avirons.test' }
  const list = ['les-avirons.test', 'commune.test', 'bad.example'].join('\n')
  const preview = (await mod.browser.post(`${V1}/admin/host-list/preview`, { list })).json()
  t.same(
    preview.policies.map(({ host }: { host: string }) => host),
    ['bad.example']
  )
  t.match(preview.problems, [
    { line: 1, reason: 'own' },
    { line: 2, reason: 'own' }
  ])
  t.same(await ctx.db('domain_policies'), [], 'a preview writes nothing')
  t.same((await mod.browser.post(`${V1}/admin/host-list`, { list })).json(), { written: 1 })
  t.same(await ctx.db('domain_policies').pluck('host'), ['bad.example'])
})

t.test('visitors report up to a limit, and nothing is stored beyond it', async (t) => {
  const { ctx, app, alice } = await scene(t, 'alice')
  const send = (remoteAddress: string) =>
    app.inject({
      method: 'POST',
      url: `${V1}/reports`,
      remoteAddress,
      payload: { account_id: alice.actor.id, category: 'spam', comment: 'Encore', good_faith: true }
    })
  const statuses: number[] = []
  for (let turn = 0; turn <= LIMITS.report.max; turn += 1) statuses.push((await send('198.51.100.7')).statusCode)
  t.same([...new Set(statuses.slice(0, -1))], [201])
  t.equal(statuses.at(-1), 429)
  const refused = await send('198.51.100.7')
  t.match(refused.json(), { code: 'rate.limited' })
  t.ok(Number(refused.headers['retry-after']) > 0)
  t.equal((await ctx.db('reports')).length, LIMITS.report.max)
  t.equal((await send('198.51.100.8')).statusCode, 201, 'others are heard all the same')
})

t.test('a suspended person who logs in reads why; whoever guesses reads nothing', async (t) => {
  const { app, clock, alice, mod, maire } = await scene(t, 'alice', 'mod', 'maire')
  const decide = (action: string, reason = '') =>
    mod.browser.post(`${V1}/admin/people/${alice.actor.id}/decide`, { action, reason, ground: 'terms' })
  await decide('suspend', 'Menaces répétées.')
  const logIn = async (login: string, password: string) => (await browserOf(app).post(`${V1}/login`, { login, password })).json()
  const guessed = await logIn('alice', 'guess')
  t.same(guessed, await logIn('nobody', 'guess'), 'the same words as for somebody who does not exist')
  t.notMatch(JSON.stringify(guessed), /suspen|Menaces/i)
  const told = await logIn('alice', PASSWORD)
  t.match(told, { status: 403, code: 'login.suspended' })
  t.match(told.title, /Menaces répétées\./)
  clock.advance(1000)
  await decide('unsuspend')
  t.match(await logIn('alice', PASSWORD), { account: { username: 'alice' } })
  clock.advance(1000)
  await maire.browser.post(`${V1}/admin/accounts/${alice.account.id}/disable`)
  const disabled = await logIn('alice', PASSWORD)
  t.match(disabled, { status: 403, code: 'login.disabled' })
  t.notMatch(disabled.title, /Menaces/, 'an old reason is not given for something else')
  t.match(disabled.title, /équipe de la commune/)
})
