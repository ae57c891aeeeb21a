// The second factor: codes work once, guessing is locked out (W08), and losing a phone is no end.
import t from 'tap'
import { TOTP } from 'otpauth'
import { buildApp } from '../../app.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { removeSecondFactors } from '../../features/accounts/second-factor.ts'
import { browserOf } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'

const V1 = '/api/communer/v1'
const PASSWORD = 'correct horse'

t.test('codes of an app', async (t) => {
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
    t.equal((await moderator.post(`${V1}/admin/accounts/${account.id}/second-factor/remove`)).statusCode, 403)
    await removeSecondFactors(ctx, account.id)
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
})
