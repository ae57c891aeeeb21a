// People who come without an account, with company, with answers and a code at the door; messages to all who come.
import t from 'tap'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { sendReminders } from '../../db/event-reminders.ts'
import { openMail } from '../../db/mails.ts'
import { prune } from '../../db/prune.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { doChores } from '../../jobs/chores.ts'
import { testContext } from '../../test/context.ts'
import { citizen, localGroup, remotePerson } from '../../test/people.ts'

const API = '/api/communer/v1'
const URL = `${API}/events`
const EVENT = { title: 'Fête du jardin', start: '2026-12-12T14:00', timezone: 'Indian/Reunion', guests: true }
const MARIE = { name: 'Marie Hoarau', email: 'Marie@Example.org' }

interface Sent {
  kind: string
  recipient: string
  values: Record<string, string>
}

async function scene(t: Parameters<typeof testContext>[0]) {
  const { ctx, clock } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await citizen(ctx, 'alice')
  const bea = await citizen(ctx, 'bea')
  await localGroup(ctx, 'jardin', alice.actor)
  const as = async (accountId: string | null) => {
    const headers = accountId === null ? {} : { authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` }
    return async (method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', url: string, payload?: object) => {
      const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
      return { status: answer.statusCode, json: String(answer.headers['content-type']).includes('json') ? answer.json() : answer.body }
    }
  }
  const asAlice = await as(alice.account.id)
  const anyone = await as(null)
  const announce = async (more: object = {}): Promise<string> => (await asAlice('POST', URL, { ...EVENT, ...more })).json.id
  const ask = (id: string, more: object = {}) => anyone('POST', `${URL}/${id}/guests`, { ...MARIE, ...more })
  /** A guest all the way: asks, reads the mail, confirms. */
  const comes = async (id: string, email: string, more: object = {}) => {
    await ask(id, { email, ...more })
    const token = tokenOf((await mailsOf(ctx)).findLast((mail) => mail.recipient === email)!)
    return { token, answer: await anyone('POST', `${API}/guests/confirm`, { token }) }
  }
  return { ctx, clock, app, alice, bea, announce, ask, comes, anyone, asAlice, asBea: await as(bea.account.id) }
}

async function mailsOf(ctx: Ctx): Promise<Sent[]> {
  const rows = await ctx.db('mails').orderBy('id').select('kind', 'recipient', 'sealed')
  return rows.map((row: { kind: string; recipient: string; sealed: Buffer }) => ({ ...row, values: openMail(ctx, row.sealed) }))
}

const tokenOf = (mail: Sent): string => new globalThis.URL(mail.values['link']!).searchParams.get('jeton')!

t.test('a guest asks, opens the mail, confirms, and gives the seat back by the same link', async (t) => {
  const { ctx, announce, ask, anyone, asAlice } = await scene(t)
  const id = await announce({ capacity: 5, seatsEach: 4, checkIn: true })
  t.equal((await ask(id, { seats: 3, message: 'Avec mes enfants' })).status, 202)
  const [mail] = await mailsOf(ctx)
  t.match(mail, { kind: 'guest-confirm', recipient: 'marie@example.org', values: { title: 'Fête du jardin', name: '' } })
  t.match((await anyone('GET', `${URL}/${id}`)).json, { participantCount: 0 }, 'no seat is taken before the mail was opened')
  const token = tokenOf(mail!)
  t.match(
    (await anyone('GET', `${API}/guests?token=${token}`)).json,
    { state: 'unconfirmed', seats: 3, eventId: id },
    'reading changes nothing'
  )
  const confirmed = await anyone('POST', `${API}/guests/confirm`, { token })
  t.match(confirmed, { status: 200, json: { state: 'accepted', name: 'Marie Hoarau', code: /^[A-Z0-9]{6}$/ } })
  t.match((await anyone('POST', `${API}/guests/confirm`, { token })).json, { state: 'accepted' }, 'twice is once')
  t.match((await anyone('GET', `${URL}/${id}`)).json, { participantCount: 3, remainingCapacity: 2 })
  t.same((await anyone('GET', `${URL}/${id}/participants`)).json, [], 'nobody else sees guests')
  t.match((await asAlice('GET', `${URL}/${id}/participants`)).json, [
    { account: null, guest: { name: 'Marie Hoarau', email: 'marie@example.org' }, seats: 3, message: 'Avec mes enfants' }
  ])
  t.match((await asAlice('GET', '/api/v1/notifications?types[]=event_guest')).json, [{ type: 'event_guest', status: { id } }])
  t.match(
    (await mailsOf(ctx)).map(({ kind }) => kind),
    ['guest-confirm', 'guest-seat']
  )
  t.match((await anyone('POST', `${API}/guests/leave`, { token })).json, { state: 'left', code: null })
  t.match((await anyone('GET', `${URL}/${id}`)).json, { participantCount: 0 })
  t.match((await anyone('POST', `${API}/guests/confirm`, { token })).json, { state: 'accepted' }, 'and may come back')
})

t.test('the same link opened twice at the same moment is one seat, one code, one mail', async (t) => {
  const { ctx, announce, ask, anyone } = await scene(t)
  const id = await announce({ capacity: 1, checkIn: true })
  await ask(id)
  const token = tokenOf((await mailsOf(ctx))[0]!)
  const answers = await Promise.all(Array.from({ length: 5 }, () => anyone('POST', `${API}/guests/confirm`, { token })))
  t.same([...new Set(answers.map(({ status, json }) => `${status} ${json.state}`))], ['200 accepted'])
  t.equal(new Set(answers.map(({ json }) => json.code)).size, 1)
  t.same(
    (await mailsOf(ctx)).map(({ kind }) => kind),
    ['guest-confirm', 'guest-seat']
  )
})

t.test('a link of another making opens nothing, and what is not allowed has a name', async (t) => {
  const { ctx, announce, ask, comes, anyone, asAlice, asBea } = await scene(t)
  const id = await announce({ capacity: 5 })
  const { token } = await comes(id, 'marie@example.org')
  const other = await comes(id, 'paul@example.org')
  for (const forged of [`${token.slice(0, -2)}xx`, `${other.token.split('.')[0]}.${token.split('.')[1]}`, 'x'.repeat(50), '1.x', '']) {
    t.match(await anyone('POST', `${API}/guests/leave`, { token: forged }), { status: 404, json: { code: 'link.invalid' } })
    t.equal((await anyone('GET', `${API}/guests?token=${forged}`)).status, 404)
  }
  for (const [more, code] of [
    [{ email: 'no address' }, 'email.invalid'],
    [{ name: 'Gagnez sur www.evil.example' }, 'event.guest-name'],
    [{ seats: 2 }, 'event.seats']
  ] as const)
    t.match(await ask(id, more), { status: 422, json: { code } }, code)
  const closed = await announce({ guests: false })
  t.match(await ask(closed), { status: 422, json: { code: 'event.guests' } })
  const elsewhere = await announce({ joinMode: 'none', guests: true })
  t.match(await ask(elsewhere), { status: 422, json: { code: 'event.guests' } }, 'where nobody registers, no guest does')
  await asAlice('PATCH', `${URL}/${id}`, { status: 'CANCELLED' })
  t.match(await ask(id, { email: 'late@example.org' }), { status: 422, json: { code: 'event.cancelled' } })
  t.same(
    (await ctx.db('participations').orderBy('id').select('guest_email')).map((row) => row.guest_email),
    ['marie@example.org', 'paul@example.org']
  )
  const secret = await announce({ visibility: 'members', as: 'jardin' })
  t.equal((await ask(secret)).status, 404, 'what one cannot see one cannot join')
  t.equal((await asBea('POST', `${URL}/${id}/check-in`, { code: 'ABCDEF' })).status, 403)
})

t.test('the mailbox alone learns what is known of it, and gets no flood', async (t) => {
  const { ctx, announce, ask, comes } = await scene(t)
  const id = await announce()
  await comes(id, 'marie@example.org', { message: 'Le vrai mot' })
  const again = await ask(id, { name: 'Un Autre', message: 'Un autre mot' })
  t.match(again, { status: 202, json: {} })
  t.match(await ctx.db('participations').select('guest_name', 'message', 'state'), [
    { guest_name: 'Marie Hoarau', message: 'Le vrai mot', state: 'accepted' }
  ])
  t.equal((await mailsOf(ctx)).at(-1)!.kind, 'guest-seat')
  for (let n = 0; n < 8; n += 1) await ask(await announce({ title: `Fête ${n}` }), { email: 'victim@example.org' })
  const mails = (await mailsOf(ctx)).filter(({ recipient }) => recipient === 'victim@example.org')
  t.equal(mails.length, 5, 'whoever asks, from wherever')
})

t.test('guests wait in line with the others, with all who come along, and nobody is overtaken', async (t) => {
  const { ctx, announce, comes, anyone, asAlice, asBea } = await scene(t)
  const id = await announce({ capacity: 3, waitingList: true, seatsEach: 3 })
  const first = await comes(id, 'a@example.org', { seats: 2 })
  const second = await comes(id, 'b@example.org', { seats: 2 })
  t.match(second.answer.json, { state: 'pending' }, 'one seat is left, two are asked for')
  t.match((await asBea('POST', `${URL}/${id}/join`)).json, { participation: { state: 'waiting', position: 2 } }, 'she would overtake')
  await anyone('POST', `${API}/guests/leave`, { token: first.token })
  await doChores(ctx)
  t.match((await anyone('GET', `${API}/guests?token=${second.token}`)).json, { state: 'accepted' })
  t.match((await asBea('GET', `${URL}/${id}`)).json, { participation: { state: 'accepted' }, participantCount: 3, remainingCapacity: 0 })
  t.equal((await mailsOf(ctx)).at(-1)!.kind, 'guest-seat', 'and is told')
  const asked = await announce({ joinMode: 'restricted', title: 'Sur demande', capacity: 1, waitingList: true })
  await asAlice('POST', `${URL}/${asked}/join`)
  const guest = await comes(asked, 'c@example.org')
  t.match(guest.answer.json, { state: 'pending' }, 'full, and still asked')
  const [participant] = (await asAlice('GET', `${URL}/${asked}/participants?state=pending`)).json
  t.equal((await asAlice('POST', `${URL}/${asked}/participants/${participant.id}/refuse`)).status, 200)
  t.match((await mailsOf(ctx)).at(-1), { kind: 'guest-refused', recipient: 'c@example.org' })
})

t.test('a hundred ask at once for the last three seats, guests and people, and three get one', async (t) => {
  const { ctx, app, announce, ask } = await scene(t)
  const id = await announce({ capacity: 3 })
  const people = await Promise.all(Array.from({ length: 88 }, (_none, n) => citizen(ctx, `voisin${n}`)))
  const tokens = await Promise.all(people.map(({ account }) => createToken(ctx, account.id, 'read write')))
  // One address may ask for so many mails only.
  for (let n = 0; n < 12; n += 1) await ask(id, { email: `g${n}@example.org` })
  const links = (await mailsOf(ctx)).map(tokenOf)
  const answers = await Promise.all([
    ...Array.from({ length: 100 - links.length }, (_none, n) =>
      app.inject({ method: 'POST', url: `${URL}/${id}/join`, headers: { authorization: `Bearer ${tokens[n]}` } })
    ),
    ...links.map((token) => app.inject({ method: 'POST', url: `${API}/guests/confirm`, payload: { token } }))
  ])
  t.equal(answers.length, 100)
  t.ok(answers.every(({ statusCode }) => statusCode === 200 || statusCode === 422))
  t.equal((await ctx.db('participations').where({ object_id: id, state: 'accepted' })).length, 3)
  t.match(await ctx.db('events').where({ object_id: id }).first(), { participants: 3 })
})

t.test('questions are asked of everybody, and only organisers read the answers', async (t) => {
  const { announce, asAlice, asBea, anyone, ask, comes, app, ctx, alice } = await scene(t)
  const questions = [
    { label: 'Que mangez-vous ?', kind: 'choice', options: ['de tout', 'végétarien'], required: true },
    { label: 'Allergies' }
  ]
  const id = await announce({ questions })
  t.match((await anyone('GET', `${URL}/${id}`)).json.questions, [
    { id: 'q1', kind: 'choice' },
    { id: 'q2', kind: 'text' }
  ])
  t.match(await asBea('POST', `${URL}/${id}/join`), { status: 422, json: { code: 'event.answer-missing', field: 'answers.q1' } })
  t.match(await ask(id, { answers: { q1: 'du sable' } }), { status: 422, json: { code: 'event.answer' } })
  t.match((await asBea('POST', `${URL}/${id}/join`, { answers: { q1: 'végétarien', q2: '' } })).json, {
    participation: { state: 'accepted', answers: { q1: 'végétarien' } }
  })
  await comes(id, 'marie@example.org', { answers: { q1: 'de tout', q2: 'noix' } })
  const list = (await asAlice('GET', `${URL}/${id}/participants`)).json
  t.match(list, [
    { account: { acct: 'bea' }, answers: [{ question: 'Que mangez-vous ?', answer: 'végétarien' }] },
    { guest: { email: 'marie@example.org' }, answers: [{ answer: 'de tout' }, { question: 'Allergies', answer: 'noix' }] }
  ])
  const headers = { authorization: `Bearer ${await createToken(ctx, alice.account.id, 'read')}` }
  const { body } = await app.inject({ url: `${URL}/${id}/participants.csv`, headers })
  t.match(body.split('\r\n')[0], /;Que mangez-vous \?;Allergies$/)
  t.match(body.split('\r\n')[2], /^Marie Hoarau;;marie@example.org;participe;.*;de tout;noix$/)
  for (const wrong of [
    [{ label: 'Seul', kind: 'choice', options: ['un'] }],
    [
      { id: 'a', label: 'x' },
      { id: 'a', label: 'y' }
    ]
  ])
    t.match(await asAlice('POST', URL, { ...EVENT, questions: wrong }), { status: 422, json: { code: 'event.questions' } })
})

t.test('the door: a code comes in once, the list ticks off and takes back', async (t) => {
  const { announce, asAlice, asBea, comes } = await scene(t)
  const id = await announce({ checkIn: true, seatsEach: 2 })
  const { code } = (await comes(id, 'marie@example.org', { seats: 2 })).answer.json
  const mine = (await asBea('POST', `${URL}/${id}/join`)).json.participation.code
  t.match(mine, /^[A-Z0-9]{6}$/)
  t.match(await asAlice('POST', `${URL}/${id}/check-in`, { code: `${code.slice(0, 3).toLowerCase()}-${code.slice(3)}` }), {
    status: 200,
    json: { arrived: 2, participant: { guest: { name: 'Marie Hoarau' } } }
  })
  t.match(await asAlice('POST', `${URL}/${id}/check-in`, { code }), { status: 409, json: { code: 'event.checked-in' } })
  t.match(await asAlice('POST', `${URL}/${id}/check-in`, { code: 'ZZZZZZ' }), { status: 404, json: { code: 'event.code' } })
  const [, bea] = (await asAlice('GET', `${URL}/${id}/participants`)).json
  t.match(await asAlice('PUT', `${URL}/${id}/participants/${bea.id}/arrival`), { json: { arrived: 3 } })
  t.match(await asAlice('DELETE', `${URL}/${id}/participants/${bea.id}/arrival`), { json: { arrived: 2 } })
  t.equal((await asBea('PUT', `${URL}/${id}/participants/${bea.id}/arrival`)).status, 403)
})

t.test('a message reaches each alone, once, where they are: here, elsewhere, by mail', async (t) => {
  const { ctx, announce, asAlice, asBea, comes, bea, clock } = await scene(t)
  const id = await announce({ as: 'jardin' })
  await asBea('POST', `${URL}/${id}/join`)
  await comes(id, 'marie@example.org')
  const dora = await remotePerson(ctx, 'dora@mobilizon.example')
  await ctx.db('participations').insert({ id: '99', object_id: id, actor_id: dora.id, state: 'accepted', created_at: clock.now() })
  t.equal((await asBea('POST', `${URL}/${id}/messages`, { content: 'Bonjour' })).status, 403)
  const sent = await asAlice('POST', `${URL}/${id}/messages`, { content: 'Prenez des bottes.\nIl a plu.' })
  t.match(sent, { status: 202, json: { sent: 0, finishedAt: null } })
  await doChores(ctx)
  await doChores(ctx)
  t.match((await asAlice('GET', `${URL}/${id}/messages`)).json, [{ sent: 3, finishedAt: String }])
  const notes = await ctx.db('objects').where({ type: 'Note', visibility: 'direct' }).select('id', 'content')
  t.equal(notes.length, 2, 'one for each who has an account')
  t.match((await asBea('GET', '/api/v1/conversations')).json, [
    { unread: true, last_status: { visibility: 'direct', account: { acct: 'jardin' } } }
  ])
  const readers = await ctx
    .db('object_recipients')
    .whereIn(
      'object_id',
      notes.map((note) => note.id)
    )
    .orderBy('actor_id')
    .pluck('actor_id')
  t.same(readers.toSorted(), [bea.actor.id, dora.id].toSorted())
  const mail = (await mailsOf(ctx)).find(({ kind }) => kind === 'guest-message')
  t.match(mail, { recipient: 'marie@example.org', values: { content: 'Prenez des bottes.\nIl a plu.' } })
  for (let n = 0; n < 4; n += 1) await asAlice('POST', `${URL}/${id}/messages`, { content: `Encore ${n}` })
  t.match(await asAlice('POST', `${URL}/${id}/messages`, { content: 'Trop' }), { status: 422, json: { code: 'event.messages-many' } })
})

t.test('guests hear what becomes of the event, and are forgotten a month after it', async (t) => {
  const { ctx, clock, announce, asAlice, comes, ask, anyone } = await scene(t)
  const id = await announce()
  const { token } = await comes(id, 'marie@example.org', { message: 'Un mot' })
  await ask(id, { email: 'never@example.org' })
  await asAlice('PATCH', `${URL}/${id}`, { start: '2026-12-13T14:00' })
  t.match((await mailsOf(ctx)).at(-1), { kind: 'guest-moved', recipient: 'marie@example.org', values: { line: /13 décembre/ } })
  clock.advance(new Date('2026-12-12T12:00:00Z').getTime() - ctx.clock.now().getTime())
  t.equal(await sendReminders(ctx), 1)
  t.equal(await sendReminders(ctx), 0, 'once')
  t.equal((await mailsOf(ctx)).at(-1)!.kind, 'guest-reminder')
  await prune(ctx.db, ctx.clock.now())
  t.equal((await ctx.db('participations').where({ state: 'unconfirmed' })).length, 0, 'who never confirmed is gone')
  clock.advance(40 * 86_400_000)
  await prune(ctx.db, ctx.clock.now())
  t.match(await ctx.db('participations').select('guest_email', 'guest_name', 'message', 'state'), [
    { guest_email: null, guest_name: null, message: '', state: 'accepted' }
  ])
  t.match((await anyone('GET', `${URL}/${id}`)).json, { participantCount: 1 }, 'the seat stays counted')
  t.equal((await anyone('GET', `${API}/guests?token=${token}`)).status, 404)
})
