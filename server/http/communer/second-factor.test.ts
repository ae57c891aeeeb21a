// The second factor: codes work once, guessing is locked out (W08), and losing a phone is no end.
import t from 'tap'
import { TOTP } from 'otpauth'
import { buildApp } from '../../app.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { softwareAuthenticator } from '../../test/authenticator.ts'
import { browserOf } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'

const V1 = '/api/communer/v1'
const PASSWORD = 'correct horse'

t.test('W08: codes of an app', async (t) => {
  const { ctx, clock } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const { account } = await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: PASSWORD })
  const alice = browserOf(app)
  await alice.post(`${V1}/login`, { login: 'alice', password: PASSWORD })
  const logIn = async () => (await browserOf(app).post(`${V1}/login`, { login: 'alice', password: PASSWORD })).json().second_factor
  const give = (ticket: string, code: string, browser = browserOf(app)) => browser.post(`${V1}/login/code`, { ticket, code })

  t.equal((await alice.post(`${V1}/second-factor/totp`, { password: 'wrong' })).json().code, 'password.wrong')
  const { secret, uri, qr } = (await alice.post(`${V1}/second-factor/totp`, { password: PASSWORD })).json()
  t.match(uri, /^otpauth:\/\/totp\/.*alice/)
  t.match(qr, /^data:image\/png;base64,/)
  t.notOk((await ctx.db('totp').first()).sealed.toString().includes(secret), 'sealed at rest')
  t.equal(await logIn(), undefined, 'nothing is asked before a first code was given')
  const codeNow = (): string => new TOTP({ secret }).generate({ timestamp: clock.now().getTime() })
  const otherThan = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
  t.equal((await alice.post(`${V1}/second-factor/totp/confirm`, { code: otherThan(codeNow()) })).json().code, 'code.wrong')
  const first = codeNow()
  const { recovery_codes: codes } = (await alice.post(`${V1}/second-factor/totp/confirm`, { code: first })).json() as {
    recovery_codes: string[]
  }
  t.equal(codes.length, 10)
  t.match((await alice.get(`${V1}/second-factor`)).json(), { totp: true, recovery_codes_left: 10, passkeys: [] })

  const step = await logIn()
  t.match(step, { methods: ['code'] })
  t.equal((await give(step.ticket, first)).json().code, 'code.wrong', 'a code works once')
  clock.advance(30_000)
  const phone = browserOf(app)
  t.equal((await give(step.ticket, codeNow(), phone)).json().account.username, 'alice')
  t.equal((await phone.get(`${V1}/me`)).statusCode, 200)
  clock.advance(30_000)
  t.equal((await give(step.ticket, codeNow())).json().code, 'ticket.expired', 'and so does a ticket')
  t.equal((await give('x'.repeat(43), codeNow())).json().code, 'ticket.expired')
  const late = await logIn()
  clock.advance(5 * 60_000 + 1)
  t.equal((await give(late.ticket, codeNow())).json().code, 'ticket.expired')

  const lost = await logIn()
  t.equal((await give(lost.ticket, codes[0]!.toUpperCase())).statusCode, 200, 'a recovery code')
  t.equal((await give((await logIn()).ticket, codes[0]!)).json().code, 'code.wrong', 'once')

  const guessing = await logIn()
  const guesses = await Promise.all(Array.from({ length: 12 }, () => give(guessing.ticket, otherThan(codeNow()))))
  const refused = guesses.map((answer) => answer.json().code as string)
  t.ok(refused.filter((code) => code === 'code.wrong').length <= 10, refused.join())
  t.ok(refused.includes('code.locked'))
  clock.advance(30_000)
  t.equal((await give(guessing.ticket, codeNow())).json().code, 'code.locked', 'the right code opens nothing while locked')
  clock.advance(15 * 60_000)
  t.equal((await give((await logIn()).ticket, codeNow())).statusCode, 200)

  await t.test('nobody else may see or remove it; an administrator may for who lost everything', async (t) => {
    await createAccount(ctx, { username: 'maire2', email: 'm@example.org', password: PASSWORD, role: 'moderator' })
    const moderator = browserOf(app)
    await moderator.post(`${V1}/login`, { login: 'maire2', password: PASSWORD })
    const path = `${V1}/admin/people/${account.actor_id}`
    t.equal((await moderator.post(`${path}/second-factor/remove`, { reason: 'x' })).statusCode, 403)
    await createAccount(ctx, { username: 'marie', email: 'marie@example.org', password: PASSWORD, role: 'admin' })
    const admin = browserOf(app)
    await admin.post(`${V1}/login`, { login: 'marie', password: PASSWORD })
    t.match((await admin.get(path)).json(), { second_factor: true })
    t.equal((await admin.post(`${path}/second-factor/remove`, { reason: ' ' })).json().code, 'decision.reason')
    t.equal((await admin.post(`${path}/second-factor/remove`, { reason: 'Téléphone perdu, vue à la mairie' })).statusCode, 200)
    t.match((await admin.get(path)).json(), {
      second_factor: false,
      decisions: [{ action: 'factors-removed', reason: 'Téléphone perdu, vue à la mairie', moderator: { username: 'marie' } }]
    })
    t.match(await ctx.db('mails').where({ account_id: account.id }).orderBy('id', 'desc').first(), { kind: 'second-factor-removed' })
    t.equal(await logIn(), undefined)
    t.same(await ctx.db('recovery_codes'), [])
  })

  await t.test('a passkey that cannot be checked opens nothing, and its question serves once', async (t) => {
    const stranger = browserOf(app)
    const { ticket, options } = (await stranger.post(`${V1}/login/passkey/options`)).json()
    t.match(options, { rpId: 'commune.test', userVerification: 'required' })
    t.notOk(options.allowCredentials, 'the question names nobody')
    const response = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: {}, clientExtensionResults: {} }
    t.equal((await stranger.post(`${V1}/login/passkey`, { ticket, response })).json().code, 'passkey.refused')
    t.equal((await stranger.post(`${V1}/login/passkey`, { ticket, response })).json().code, 'ticket.expired')
    const question = (await alice.post(`${V1}/passkeys/options`, { password: PASSWORD })).json()
    t.match(question.options, { rp: { id: 'commune.test' }, authenticatorSelection: { residentKey: 'required' } })
    const made = await alice.post(`${V1}/passkeys`, { ticket: question.ticket, name: 'téléphone', response })
    t.same([made.statusCode, made.json().code], [422, 'passkey.refused'])
  })

  await t.test('a passkey logs in alone, and is the second step after a password; a copy of it is noticed', async (t) => {
    const phone = softwareAuthenticator('https://commune.test')
    const question = (await alice.post(`${V1}/passkeys/options`, { password: PASSWORD })).json()
    const made = await alice.post(`${V1}/passkeys`, {
      ticket: question.ticket,
      name: 'Téléphone',
      response: phone.create(question.options)
    })
    t.equal(made.json().recovery_codes.length, 10, made.body)
    t.match((await alice.get(`${V1}/second-factor`)).json(), { passkeys: [{ name: 'Téléphone', last_used_at: null }] })

    const ask = async (browser = browserOf(app)) => (await browser.post(`${V1}/login/passkey/options`)).json()
    const asked = await ask()
    const laptop = browserOf(app)
    const response = phone.get(asked.options)
    const entered = await laptop.post(`${V1}/login/passkey`, { ticket: asked.ticket, response })
    t.match(entered.json(), { account: { username: 'alice' } })
    t.equal((await laptop.get(`${V1}/me`)).statusCode, 200)
    const replayed = await ask()
    t.equal((await laptop.post(`${V1}/login/passkey`, { ticket: replayed.ticket, response })).json().code, 'passkey.refused')
    t.match(await logIn(), { methods: ['passkey', 'code'] })

    const elsewhere = softwareAuthenticator('https://evil.test')
    const phished = await ask()
    t.equal(
      (await laptop.post(`${V1}/login/passkey`, { ticket: phished.ticket, response: elsewhere.get(phished.options) })).json().code,
      'passkey.refused'
    )
    await ctx.db('passkeys').update({ counter: 1000 })
    const copied = await ask()
    t.equal(
      (await laptop.post(`${V1}/login/passkey`, { ticket: copied.ticket, response: phone.get(copied.options) })).json().code,
      'passkey.refused',
      'a counter that goes back belongs to a copy'
    )
    t.match((await alice.get(`${V1}/second-factor`)).json().passkeys[0].last_used_at, /^20/)
  })

  await t.test('twenty passkeys are enough, also when several are added at once', async (t) => {
    const questions = []
    for (let number = 0; number < 3; number += 1)
      questions.push((await alice.post(`${V1}/passkeys/options`, { password: PASSWORD })).json())
    const [row] = await ctx.db('passkeys').select('*')
    for (let number = 0; number < 18; number += 1) {
      const id = String(BigInt(row.id) - BigInt(number) - 1n)
      await ctx.db('passkeys').insert({ ...row, id, credential_id: `${row.credential_id}${number}` })
    }
    const answers = await Promise.all(
      questions.map(({ ticket, options }) =>
        alice.post(`${V1}/passkeys`, { ticket, name: 'x', response: softwareAuthenticator('https://commune.test').create(options) })
      )
    )
    t.same(answers.map((answer) => answer.json().code ?? 'kept').sort(), ['kept', 'passkey.too-many', 'passkey.too-many'])
    t.equal((await alice.get(`${V1}/second-factor`)).json().passkeys.length, 20)
  })
})
