// Mail and what hangs on it: confirmation, forgotten passwords, another address (W05, W06, W13, E03).
import t from 'tap'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { insertMail } from '../../db/mails.ts'
import { updateSite } from '../../features/admin/site.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { setPassword } from '../../features/accounts/login.ts'
import { approveAccount } from '../../features/accounts/review.ts'
import { forgetUnconfirmed } from '../../features/accounts/confirm.ts'
import { doChores } from '../../jobs/chores.ts'
import { browserOf } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'
import { smtpSink } from '../../test/smtp.ts'

const V1 = '/api/communer/v1'
const PASSWORD = 'correct horse'
const tokenOf = (link: string): string => new URL(link).searchParams.get('jeton')!

async function post(ctx: Ctx): Promise<void> {
  for (let round = 0; round < 10 && (await doChores(ctx)) > 0; round += 1);
}

function logIn(app: FastifyInstance, login: string, password = PASSWORD) {
  return browserOf(app).post(`${V1}/login`, { login, password })
}

t.test('with a mail server', async (t) => {
  const sink = await smtpSink(t)
  const { ctx, clock } = await testContext(t, { config: { smtpUrl: sink.url } })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = { username: 'alice', email: 'alice@example.org', password: PASSWORD, name: 'Alice\r\nBcc: eve@evil.test', agreement: true }
  const tokens: string[] = []

  await t.test('who signs up confirms the address, then logs in; opening the link with GET changes nothing', async (t) => {
    const browser = browserOf(app)
    const answer = await browser.post(`${V1}/signup`, alice)
    t.same([answer.statusCode, answer.json(), answer.cookies], [201, { status: 'unconfirmed' }, []])
    t.equal((await logIn(app, 'alice')).json().code, 'login.unconfirmed')
    t.equal((await app.inject({ url: '/api/v1/accounts/lookup?acct=alice' })).statusCode, 404, 'nobody sees an unconfirmed person')
    await post(ctx)
    const [mail] = sink.mails
    t.same(mail?.to, ['alice@example.org'], 'a name adds no recipient')
    t.notMatch(mail?.source ?? '', /^Bcc:/m)
    t.match(mail?.source, /^Auto-Submitted: auto-generated/m)
    const link = sink.linkIn(mail)
    t.match(link, 'https://commune.test/confirmer?jeton=')
    await app.inject({ url: link.slice('https://commune.test'.length) })
    t.equal((await logIn(app, 'alice')).statusCode, 403)
    const stored = await ctx.db('mails').first()
    t.match(stored, { state: 'sent', sealed: null })
    t.notOk(JSON.stringify(await ctx.db('one_time_links')).includes(tokenOf(link)), 'the database knows no token')
    t.same((await browser.post(`${V1}/email/confirm`, { token: tokenOf(link) })).json(), { status: 'active' })
    t.equal((await browser.post(`${V1}/email/confirm`, { token: tokenOf(link) })).json().code, 'link.invalid', 'once')
    t.match((await logIn(app, 'alice')).json(), { email_confirmed: true })
  })

  await t.test('W06: an address with an account gets the same answers, and its owner a mail', async (t) => {
    sink.mails.length = 0
    const again = await browserOf(app).post(`${V1}/signup`, { ...alice, username: 'eve' })
    t.same([again.statusCode, again.json()], [201, { status: 'unconfirmed' }])
    const known = await browserOf(app).post(`${V1}/password/forgotten`, { login: 'alice@example.org' })
    const unknown = await browserOf(app).post(`${V1}/password/forgotten`, { login: 'nobody@example.org' })
    t.same([known.statusCode, known.body], [unknown.statusCode, unknown.body])
    t.equal(known.statusCode, 202)
    await post(ctx)
    t.same(sink.mails.map(({ to }) => to[0]).sort(), ['alice@example.org', 'alice@example.org'])
    t.match(sink.mails.map(({ source }) => /^Subject: (.*)/m.exec(source)?.[1]).join(), /compte/)
  })

  await t.test('W06: nothing afterwards tells the address of an account from a free one', async (t) => {
    const taken = { ...alice, name: 'x', username: 'takenone', password: 'my own words' }
    const free = { ...taken, username: 'freeone', email: 'nobody-yet@example.org' }
    const seen = async (form: typeof taken) => {
      const answers = [
        await browserOf(app).post(`${V1}/signup`, form),
        await logIn(app, form.username, form.password),
        await logIn(app, form.email, form.password),
        await logIn(app, form.username, 'another'),
        await browserOf(app).post(`${V1}/signup`, { ...form, email: 'third@example.org' }),
        await browserOf(app).post(`${V1}/signup`, { ...form, username: `${form.username}2` }),
        await app.inject({ url: `/api/v1/accounts/lookup?acct=${form.username}` }),
        await app.inject({ url: `/.well-known/webfinger?resource=acct:${form.username}@commune.test` }),
        await app.inject({ url: `/@${form.username}` })
      ]
      return answers.map((answer) => [answer.statusCode, answer.body.startsWith('{') ? answer.json().code : null])
    }
    const [first, second] = [await seen(taken), await seen(free)]
    t.same(first, second)
    t.same(first.slice(1, 3), [
      [403, 'login.unconfirmed'],
      [403, 'login.unconfirmed']
    ])
    t.equal((await logIn(app, alice.email)).statusCode, 200, 'the owner still logs in by the address')
    await post(ctx)
    clock.advance(31 * 60_000)
  })

  await t.test('W05: a link sets a new password once, ends every session and says so', async (t) => {
    const link = sink.linkIn(sink.mails.find(({ source }) => source.includes('/mot-de-passe/nouveau')))
    const phone = browserOf(app)
    await phone.post(`${V1}/login`, { login: 'alice', password: PASSWORD })
    sink.mails.length = 0
    t.equal(
      (await browserOf(app).post(`${V1}/password/reset`, { token: tokenOf(link), password: 'short' })).json().code,
      'password.invalid'
    )
    const foreign = await app.inject({
      method: 'POST',
      url: `${V1}/password/reset`,
      payload: { token: tokenOf(link), password: 'battery staple' },
      headers: { origin: 'https://evil.test' }
    })
    t.equal(foreign.statusCode, 403)
    const done = await browserOf(app).post(`${V1}/password/reset`, { token: tokenOf(link), password: 'battery staple' })
    t.equal(done.statusCode, 200, done.body)
    t.equal((await browserOf(app).post(`${V1}/password/reset`, { token: tokenOf(link), password: 'battery staple' })).statusCode, 422)
    t.equal((await phone.get(`${V1}/me`)).statusCode, 401)
    t.equal((await logIn(app, 'alice')).statusCode, 401)
    t.equal((await logIn(app, 'alice', 'battery staple')).statusCode, 200)
    await post(ctx)
    t.equal(sink.mails.length, 1, 'the owner hears of it')
    tokens.push(link)
  })

  await t.test('a link is over after two hours', async (t) => {
    clock.advance(3_600_000)
    await browserOf(app).post(`${V1}/password/forgotten`, { login: '@alice' })
    await post(ctx)
    const token = tokenOf(sink.linkIn(sink.mails.at(-1)))
    clock.advance(2 * 3_600_000 + 1)
    t.equal((await browserOf(app).post(`${V1}/password/reset`, { token, password: 'battery staple' })).json().code, 'link.invalid')
  })

  await t.test('another address counts once its own link was used; the old one is told', async (t) => {
    clock.advance(3_600_000)
    sink.mails.length = 0
    await createAccount(ctx, { username: 'bea', email: 'bea@example.org', password: PASSWORD })
    const browser = browserOf(app)
    await browser.post(`${V1}/login`, { login: 'alice', password: 'battery staple' })
    t.equal((await browser.post(`${V1}/email`, { email: 'new@example.org', password: 'wrong' })).json().code, 'password.wrong')
    const taken = await browser.post(`${V1}/email`, { email: 'bea@example.org', password: 'battery staple' })
    const free = await browser.post(`${V1}/email`, { email: 'new@example.org', password: 'battery staple' })
    t.same([taken.statusCode, taken.body], [free.statusCode, free.body])
    await post(ctx)
    t.same(
      sink.mails.map(({ to }) => to[0]),
      ['new@example.org']
    )
    t.equal((await browser.get(`${V1}/me`)).json().email, 'alice@example.org')
    t.equal((await browser.post(`${V1}/email/confirm`, { token: tokenOf(sink.linkIn(sink.mails[0])) })).statusCode, 200)
    t.equal((await browser.get(`${V1}/me`)).json().email, 'new@example.org')
    await post(ctx)
    t.same(sink.mails.at(-1)?.to, ['alice@example.org'])
  })

  await t.test('W13: one address gets five mails in half an hour, whoever asks', async (t) => {
    sink.mails.length = 0
    for (let times = 0; times < 9; times += 1) {
      await app.inject({ method: 'POST', url: `${V1}/password/forgotten`, payload: { login: 'bea' }, remoteAddress: `198.51.100.${times}` })
      await post(ctx)
    }
    t.equal(sink.mails.length, 5)
    const [bea] = await ctx.db('accounts').where({ email: 'bea@example.org' })
    await setPassword(ctx, bea.id, 'battery staple')
    t.same(await ctx.db('one_time_links').where({ account_id: bea.id }), [], 'a new password ends every link')
    await post(ctx)
    t.equal(sink.mails.length, 6, 'a notice of what happened is never held back')
    sink.mails.length = 5
    clock.advance(31 * 60_000)
    await browserOf(app).post(`${V1}/password/forgotten`, { login: 'bea' })
    await post(ctx)
    t.equal(sink.mails.length, 6)
  })

  await t.test('a mail server that fails is tried again; a refused mailbox is not', async (t) => {
    sink.mails.length = 0
    clock.advance(3_600_000)
    const mail = { accountId: null, recipient: 'x@example.org', kind: 'test' as const, locale: 'fr' as const, values: { name: '' } }
    const expiresAt = new Date(clock.now().getTime() + 86_400_000)
    const busy = (await insertMail(ctx, ctx.db, { ...mail, expiresAt }))!
    sink.refuse = '451 busy'
    await post(ctx)
    t.match(await ctx.db('mails').where({ id: busy }).first(), { state: 'waiting', attempts: 1, last_error: /451/ })
    sink.refuse = null
    clock.advance(60_001)
    await post(ctx)
    t.match(await ctx.db('mails').where({ id: busy }).first(), { state: 'sent' })
    sink.refuse = '550 no such mailbox'
    const wrong = (await insertMail(ctx, ctx.db, { ...mail, expiresAt }))!
    await post(ctx)
    t.match(await ctx.db('mails').where({ id: wrong }).first(), { state: 'failed', last_error: /550/, sealed: null })
    sink.refuse = null
  })

  await t.test('a sign-up nobody confirmed within a week frees its name', async (t) => {
    await browserOf(app).post(`${V1}/signup`, { ...alice, username: 'zoe', email: 'zoe@example.org' })
    t.equal(await forgetUnconfirmed(ctx), 0)
    clock.advance(8 * 86_400_000)
    t.equal(await forgetUnconfirmed(ctx), 2, 'and those of before')
    t.same(await ctx.db('sign_up_decoys'), [], 'as does one with the address of an account')
    t.notOk(await ctx.db('actors').where({ username: 'zoe' }).first())
  })

  await t.test('where the commune approves, it tells the person', async (t) => {
    await updateSite(ctx, { registrations: 'approval' })
    for (const username of ['ines', 'omar'])
      await browserOf(app).post(`${V1}/signup`, { ...alice, name: username, username, email: `${username}@example.org`, reason: 'x' })
    await post(ctx)
    sink.mails.length = 0
    await createAccount(ctx, { username: 'marie', email: 'm@example.org', password: PASSWORD, role: 'admin' })
    const browser = browserOf(app)
    await browser.post(`${V1}/login`, { login: 'marie', password: PASSWORD })
    const waiting = (await browser.get(`${V1}/admin/accounts?status=pending`)).json() as { id: string; username: string }[]
    t.match(waiting, [
      { username: 'omar', email_confirmed: false },
      { username: 'ines', email_confirmed: false }
    ])
    t.equal((await browser.post(`${V1}/admin/accounts/${waiting[0]!.id}/reject`)).statusCode, 200)
    const path = `${V1}/admin/accounts/${waiting[1]!.id}/approve`
    t.match((await browser.post(path)).json(), { status: 'pending', approved: true }, 'an address nobody proved opens nothing')
    t.equal((await browser.post(path)).json().code, 'account.not-pending', 'once')
    t.equal((await logIn(app, 'ines')).json().code, 'login.unconfirmed')
    await post(ctx)
    t.same(sink.mails.map(({ to }) => to[0]).sort(), ['ines@example.org', 'omar@example.org'])
    const link = sink.linkIn(sink.mails.find(({ to }) => to[0] === 'ines@example.org'))
    t.same((await browserOf(app).post(`${V1}/email/confirm`, { token: tokenOf(link) })).json(), { status: 'active' })
    t.equal((await logIn(app, 'ines')).statusCode, 200, 'confirming was all that was missing')
    t.equal((await browser.post(`${V1}/admin/mails/test`)).statusCode, 202)
    await post(ctx)
    t.same(sink.mails.at(-1)?.to, ['m@example.org'])
  })

  await t.test('who confirmed the address waits for the commune, and hears of its answer', async (t) => {
    clock.advance(3_600_000)
    await browserOf(app).post(`${V1}/signup`, { ...alice, name: 'x', username: 'tom', email: 'tom@example.org', reason: 'x' })
    await post(ctx)
    t.same((await browserOf(app).post(`${V1}/email/confirm`, { token: tokenOf(sink.linkIn(sink.mails.at(-1))) })).json(), {
      status: 'pending'
    })
    t.equal((await logIn(app, 'tom')).json().code, 'login.pending')
    const { id } = await ctx.db('accounts').where({ email: 'tom@example.org' }).first()
    await approveAccount(ctx, id)
    await post(ctx)
    t.match(sink.mails.at(-1)?.source, /\/connexion/)
    t.equal((await logIn(app, 'tom')).statusCode, 200)
  })
})

t.test('without a mail server, administrators see what waits and hand out the link', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, { username: 'marie', email: 'm@example.org', password: PASSWORD, role: 'admin' })
  await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: PASSWORD })
  await browserOf(app).post(`${V1}/password/forgotten`, { login: 'alice' })
  await post(ctx)
  const citizen = browserOf(app)
  await citizen.post(`${V1}/login`, { login: 'alice', password: PASSWORD })
  t.equal((await citizen.get(`${V1}/admin/mails`)).statusCode, 403)
  const admin = browserOf(app)
  await admin.post(`${V1}/login`, { login: 'marie', password: PASSWORD })
  const [mail] = (await admin.get(`${V1}/admin/mails`)).json() as { id: string }[]
  t.match(mail, { kind: 'reset', recipient: 'alice@example.org', state: 'waiting' })
  t.equal((await admin.post(`${V1}/admin/mails/test`)).json().code, 'mail.off')
  const handed = (await admin.post(`${V1}/admin/mails/${mail!.id}/link`)).json() as { url: string }
  t.equal((await admin.post(`${V1}/admin/mails/${mail!.id}/link`)).json().code, 'mail.finished', 'once')
  t.equal((await browserOf(app).post(`${V1}/password/reset`, { token: tokenOf(handed.url), password: 'battery staple' })).statusCode, 200)
  const [account] = ((await admin.get(`${V1}/admin/accounts`)).json() as { id: string; username: string }[]).filter(
    ({ username }) => username === 'alice'
  )
  const direct = (await admin.post(`${V1}/admin/accounts/${account!.id}/reset-link`)).json() as { url: string }
  t.equal((await browserOf(app).post(`${V1}/password/reset`, { token: tokenOf(direct.url), password: 'encore un autre' })).statusCode, 200)
  t.equal((await logIn(app, 'alice', 'encore un autre')).statusCode, 200)
})
