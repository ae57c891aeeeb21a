// One's own calendar behind a secret address, as a calendar program and whoever finds the address get it.
import ICAL from 'ical.js'
import { pino } from 'pino'
import t from 'tap'
import { buildApp } from '../app.ts'
import { saveInvitation } from '../db/participations.ts'
import { createAccount } from '../features/accounts/create.ts'
import { deleteAccount } from '../features/accounts/leave.ts'
import { setPassword } from '../features/accounts/login.ts'
import { createToken } from '../features/accounts/tokens.ts'
import { createEvent, type NewEvent } from '../features/events/create-event.ts'
import { cancelEvent } from '../features/events/edit-event.ts'
import { joinEvent, keepInMind, leaveEvent } from '../features/events/participate.ts'
import { localFollow } from '../test/arrivals.ts'
import { browserOf } from '../test/browser.ts'
import { testContext } from '../test/context.ts'
import { citizen, localPerson } from '../test/people.ts'

const PASSWORD = 'un mot de passe bien gardé'
const PATH = '/api/communer/v1/personal-calendar'
const { ctx } = await testContext(t, { startAt: new Date('2026-12-10T12:00:00Z') })
const logged: string[] = []
ctx.log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }) as typeof ctx.log
const app = await buildApp(ctx)
t.teardown(() => app.close())
const mairie = await localPerson(ctx, 'mairie_annexe')

let serial = 0
async function person(): Promise<{ name: string } & Awaited<ReturnType<typeof createAccount>> & { browser: ReturnType<typeof browserOf> }> {
  serial += 1
  const name = `lea${serial}`
  const made = await createAccount(ctx, { username: name, email: `${name}@example.org`, password: PASSWORD })
  const browser = browserOf(app)
  await browser.post('/api/communer/v1/login', { login: name, password: PASSWORD })
  return { name, ...made, browser }
}
const newAddress = async ({ browser }: { browser: ReturnType<typeof browserOf> }): Promise<string> => {
  const { url } = (await browser.post(PATH, {})).json() as { url: string }
  return url.replace('https://commune.test', '')
}
const announce = (title: string, more: Partial<NewEvent> = {}) =>
  createEvent(ctx, mairie, { title, start: '2026-12-20T14:00', timezone: 'Europe/Paris', ...more })
const eventsAt = async (path: string): Promise<ICAL.Component[]> =>
  new ICAL.Component(ICAL.parse((await app.inject(path)).body)).getAllSubcomponents('vevent')
const titlesAt = async (path: string): Promise<unknown[]> =>
  (await eventsAt(path)).map((one) => one.getFirstPropertyValue('summary')).sort()

t.test('it holds what the person goes to, waits for, keeps in mind, is invited to and announces, private things included', async (t) => {
  const lea = await person()
  await localFollow(ctx, lea.actor, mairie)
  const free = await announce('J’y vais', { description: 'Au fond du jardin.' })
  const asked = await announce('Sur demande', { joinMode: 'restricted' })
  const kept = await announce('Peut-être')
  const hidden = await announce('Entre abonnés', { visibility: 'followers' })
  const invited = await announce('Invitée')
  const left = await announce('Finalement non')
  await announce('Sans elle')
  for (const event of [free, asked, hidden, left]) await joinEvent(ctx, lea.actor, event, {})
  await keepInMind(ctx, lea.actor, kept)
  await leaveEvent(ctx, lea.actor, left)
  await saveInvitation(ctx, ctx.db, { objectId: invited.id, inviterId: mairie.id, inviteeId: lea.actor.id, iri: null })
  await createEvent(ctx, lea.actor, { title: 'Mon goûter', start: '2026-12-21T14:00', timezone: 'Europe/Paris', visibility: 'followers' })
  const address = await newAddress(lea)
  const answer = await app.inject(address)
  t.match(answer.headers, {
    'content-type': /^text\/calendar/,
    'cache-control': 'private, no-store',
    'x-robots-tag': 'noindex',
    'referrer-policy': 'no-referrer'
  })
  t.same(await titlesAt(address), ['Entre abonnés', 'Invitée', 'J’y vais', 'Mon goûter', 'Peut-être', 'Sur demande'])
  const said = new Map(
    (await eventsAt(address)).map((one) => [
      one.getFirstPropertyValue('summary'),
      ['description', 'transp', 'class'].map((name) => one.getFirstPropertyValue(name))
    ])
  )
  t.same(said.get('J’y vais'), ['Au fond du jardin.', null, null])
  t.match(said.get('Sur demande'), [/attend une réponse/, 'TRANSPARENT', null])
  t.match(said.get('Peut-être'), [/gardez/, 'TRANSPARENT', null])
  t.match(said.get('Invitée'), [/invitation/, 'TRANSPARENT', null])
  t.same(said.get('Entre abonnés'), ['', null, 'PRIVATE'])
  await cancelEvent(ctx, { role: 'member', actorId: mairie.id }, free)
  t.match((await app.inject(address)).body, 'STATUS:CANCELLED')
  await ctx.db('follows').where({ follower_id: lea.actor.id, followed_id: mairie.id }).delete()
  t.notOk((await titlesAt(address)).includes('Entre abonnés'), 'only what the person may see now')
})

t.test('the address is shown once, renewed and ended; the one before opens nothing any more', async (t) => {
  const lea = await person()
  t.same((await lea.browser.get(PATH)).json(), { created_at: null })
  const first = await newAddress(lea)
  t.match(first, /^\/agenda\/perso\/[\w-]{43}\.ics$/)
  t.same((await lea.browser.get(PATH)).json(), { created_at: '2026-12-10T12:00:00.000Z' })
  const second = await newAddress(lea)
  t.not(second, first)
  t.same([(await app.inject(first)).statusCode, (await app.inject(second)).statusCode], [404, 200])
  t.equal((await lea.browser.send('DELETE', PATH)).statusCode, 200)
  t.equal((await app.inject(second)).statusCode, 404)
  t.same((await lea.browser.get(PATH)).json(), { created_at: null })
})

t.test('a new password, leaving, or being suspended ends it; lifting the suspension opens it again', async (t) => {
  const lea = await person()
  const suspended = await newAddress(lea)
  await ctx.db('actors').where({ id: lea.actor.id }).update({ suspended_at: ctx.clock.now() })
  const refusal = await app.inject(suspended)
  t.equal(refusal.statusCode, 404)
  t.equal(refusal.body, (await app.inject(`/agenda/perso/${'x'.repeat(43)}.ics`)).body, 'no word of difference')
  await ctx.db('actors').where({ id: lea.actor.id }).update({ suspended_at: null })
  t.equal((await app.inject(suspended)).statusCode, 200)
  await ctx.db('accounts').where({ id: lea.account.id }).update({ status: 'disabled' })
  t.equal((await app.inject(suspended)).statusCode, 404)
  await ctx.db('accounts').where({ id: lea.account.id }).update({ status: 'active' })
  await setPassword(ctx, lea.account.id, 'un tout autre mot de passe')
  t.equal((await app.inject(suspended)).statusCode, 404)
  const gone = await person()
  const address = await newAddress(gone)
  await deleteAccount(ctx, gone.account, gone.actor, PASSWORD)
  t.equal((await app.inject(address)).statusCode, 404)
  t.same(await ctx.db('personal_calendars').where({ account_id: gone.account.id }), [])
})

t.test('only a session of one’s own makes it, and the secret opens nothing else', async (t) => {
  const { account } = await citizen(ctx, 'noe')
  const app2 = await createToken(ctx, account.id, 'read write follow')
  for (const method of ['GET', 'POST', 'DELETE'] as const) {
    t.equal((await app.inject({ method, url: PATH })).statusCode, 401, method)
    const answer = await app.inject({ method, url: PATH, headers: { authorization: `Bearer ${app2}` } })
    t.equal(answer.statusCode, 403, `${method} by an app`)
  }
  const secret = /[\w-]{43}/.exec(await newAddress(await person()))![0]
  const asBearer = await app.inject({
    url: '/api/v1/accounts/verify_credentials',
    headers: { authorization: `Bearer ${secret}` }
  })
  t.equal(asBearer.statusCode, 401)
})

t.test('the secret stands in no table and in no log, not even when something breaks', async (t) => {
  const address = await newAddress(await person())
  const secret = /[\w-]{43}/.exec(address)![0]
  t.notMatch(JSON.stringify(await ctx.db('personal_calendars')), secret)
  await app.inject(address)
  await ctx.db.schema.renameTable('participations', 'participations_away')
  const broken = await app.inject(address)
  await ctx.db.schema.renameTable('participations_away', 'participations')
  t.equal(broken.statusCode, 500)
  const all = logged.join('')
  t.match(all, 'server.error', 'the failure itself is logged')
  t.match(all, '/agenda/perso/:token')
  t.notMatch(all, secret)
  t.notMatch(broken.body, secret)
})
