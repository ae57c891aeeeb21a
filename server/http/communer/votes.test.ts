// Votes through the native API, on real tables: who may, what stands, deadlines, secrecy, paper, the signed result.
import { createHash, verify } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { receive } from '../../test/arrivals.ts'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { tally } from '../../core/tally/count.ts'
import { hashReceipt } from '../../db/votes-urn.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { doChores } from '../../jobs/chores.ts'
import { closeDueVote } from '../../protocol/local-votes.ts'
import { testContext } from '../../test/context.ts'
import { citizen, localGroup, remotePerson } from '../../test/people.ts'

const URL = '/api/communer/v1/votes'
const HOUR = 3_600_000

// One instance serves the whole file; each test has its own group and vote.
const { ctx, clock } = await testContext(t, { startAt: new Date('2026-10-05T08:00:00Z') })
ctx.log.error = ((what: { err?: Error }) => process.stderr.write(`${what.err?.stack}\n`)) as typeof ctx.log.error
const app = await buildApp(ctx)
t.teardown(() => app.close())

type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: object
) => Promise<{ status: number; json: ReturnType<typeof JSON.parse> }>
interface Person extends Awaited<ReturnType<typeof citizen>> {
  call: Call
}

async function caller(ctx: Ctx, app: FastifyInstance, accountId: string | null): Promise<Call> {
  const headers = accountId === null ? {} : { authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` }
  return async (method, url, payload) => {
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, json: answer.json() }
  }
}
async function person(name: string, more: object = {}): Promise<Person> {
  const made = await citizen(ctx, name, { status: 'active', ...more })
  return { ...made, call: await caller(ctx, app, made.account.id) }
}

const owner = await person('olga')
const anyone = await caller(ctx, app, null)
const people: Person[] = []
for (let at = 0; at < 100; at += 1) people.push(await person(`p${at}`))

let serial = 0
async function group(members: Person[]): Promise<string> {
  serial += 1
  const as = `groupe${serial}`
  const { id } = await localGroup(ctx, as, owner.actor)
  await ctx
    .db('memberships')
    .insert(members.map(({ actor }) => ({ group_id: id, actor_id: actor.id, role: 'member', state: 'active', created_at: clock.now() })))
  return as
}
const later = (hours: number): string => new Date(clock.now().getTime() + hours * HOUR).toISOString()
async function open(as: string, more: object = {}) {
  const { status, json } = await owner.call('POST', URL, {
    as,
    title: 'Peindre la salle des fêtes',
    method: 'yes_no',
    electorate: 'members',
    closes_at: later(48),
    ...more
  })
  if (status !== 201) throw new Error(JSON.stringify(json))
  return json
}
const [YES, NO, BLANK] = [0, 1, 2].map((chosen) => [0, 1, 2, 3].map((at) => (at === chosen ? 1 : null))) as [number[], number[], number[]]
const ballot = (who: Person, id: string, marks: (number | null)[], more: object = {}) =>
  who.call('POST', `${URL}/${id}/ballot`, { marks, ...more })
/** Does what is due, as often as there is something. */
async function work(): Promise<void> {
  while ((await doChores(ctx)) > 0);
}

t.test('a vote of a group: members vote and change their mind, others are told why not, figures come after one’s own vote', async (t) => {
  const [anna, ben, carl, stranger] = people as [Person, Person, Person, Person]
  const vote = await open(await group([anna, ben, carl]), { options: [{ name: '', meaning: 'On repeint en mai' }] })
  t.match(vote, {
    state: 'open',
    options: [{ name: 'Oui', meaning: 'On repeint en mai' }, { name: 'Non' }, { name: 'Blanc' }, { name: 'Je manque d’information' }],
    electors_count: 4,
    voters_count: 0,
    figures: null,
    mine: { voted: null, list: 'elector' }
  })
  t.match(await ballot(stranger, vote.id, YES), { status: 403, json: { code: 'vote.members-only' } })
  t.match(await anyone('POST', `${URL}/${vote.id}/ballot`, { marks: YES }), { status: 401 })
  t.match(await ballot(anna, vote.id, [1, 1, null, null]), { status: 422, json: { code: 'ballot.one', field: 'marks' } })
  t.match(await ballot(anna, vote.id, [1]), { status: 422, json: { code: 'ballot.mark' } })
  t.match(await ballot(anna, vote.id, YES, { reason: 'parce que' }), { status: 422, json: { code: 'ballot.no-reason' } })
  t.match(await ballot(anna, vote.id, NO), { status: 200, json: { receipt: null, again: false } })
  t.match(await ballot(anna, vote.id, YES), { status: 200, json: { receipt: null, again: true, vote: { mine: { marks: YES } } } })
  t.equal((await ben.call('GET', `${URL}/${vote.id}`)).json.figures, null, 'who has not voted sees no figures')
  t.match((await anna.call('GET', `${URL}/${vote.id}`)).json.figures, { electors: { figures: [1, 0, 0, 0], ballots: 1 }, others: null })
  t.equal((await anyone('GET', `${URL}/${vote.id}/ballots`)).json.named.length, 0)

  // The database itself holds the rules.
  for (const change of [
    { results: 'always' },
    { method: 'consent' },
    { electorate: 'accounts' },
    { closes_at: clock.now() },
    { secret: true }
  ])
    await t.rejects(ctx.db('votes').where({ object_id: vote.id }).update(change), /rules of a vote do not change/)

  await ballot(ben, vote.id, NO)
  clock.advance(47 * HOUR)
  await work()
  const soon = await ctx.db('notifications').where({ type: 'vote_soon', object_id: vote.id }).select('owner_id')
  t.same(soon.map((row) => row.owner_id).sort(), [carl.actor.id, owner.actor.id].sort(), 'those who have not voted')
  clock.advance(HOUR)
  t.match(await ballot(carl, vote.id, YES), { status: 409, json: { code: 'vote.closed' } }, 'at the very end it is over')
  await work()
  const closed = (await anyone('GET', `${URL}/${vote.id}`)).json
  t.match(closed, {
    state: 'closed',
    voters_count: 2,
    electors_count: 4,
    figures: { decision: { outcome: 'tie', options: [0, 1], majority: { reached: 1, of: 2 } } }
  })
  const named = (await anyone('GET', `${URL}/${vote.id}/ballots`)).json.named
  t.same(
    tally(
      'yes_no',
      4,
      named.map((one: { marks: number[] }) => one.marks)
    ),
    closed.figures.electors,
    'anyone counts again'
  )
  const told = await ctx.db('notifications').where({ type: 'vote_closed', object_id: vote.id })
  t.equal(told.length, 3)
  const said = await ctx.db('objects').where({ in_reply_to_id: vote.id }).first()
  t.match(said.source, /Égalité : Oui, Non\.\nVotants : 2 sur 4\./)

  // Signed by the organiser, over exactly these bytes.
  const { document, signature } = (await anyone('GET', `${URL}/${vote.id}/result`)).json
  const key = await ctx.db('actor_keys').where({ actor_id: closed.organizer.id }).first()
  t.ok(verify('sha256', Buffer.from(document), key.public_pem, Buffer.from(signature, 'base64')))
  t.notOk(verify('sha256', Buffer.from(document.replace('"tie"', '"adopted"')), key.public_pem, Buffer.from(signature, 'base64')))
  await t.rejects(ctx.db('votes').where({ object_id: vote.id }).update({ result: '{}' }), /result of a vote does not change/)
  await t.rejects(ctx.db('vote_ballots').where({ vote_id: vote.id }).update({ marks: '[]' }), /the vote is closed/)

  t.match(await anna.call('POST', `${URL}/${vote.id}/outcome`, { text: 'On attend.' }), { status: 403 })
  t.match(await owner.call('POST', `${URL}/${vote.id}/outcome`, { text: 'On attend.', review_on: '2020-01-01' }), {
    json: { code: 'vote.review' }
  })
  const concluded = await owner.call('POST', `${URL}/${vote.id}/outcome`, { text: 'On attend le devis.', review_on: '2026-11-02' })
  t.match(concluded, { status: 200, json: { outcome: { text: 'On attend le devis.', review_on: '2026-11-02' } } })
  clock.advance(40 * 24 * HOUR)
  await work()
  t.match(await ctx.db('notifications').where({ type: 'vote_review', object_id: vote.id }), [{ owner_id: owner.actor.id }])
})

t.test('each electorate lets in its own; what cannot be is refused by its name', async (t) => {
  const [anna, ben, carl, dora] = people as [Person, Person, Person, Person]
  const agent = await person('agent', { role: 'agent' })
  const as = await group([anna, ben])
  const may = async (vote: { id: string }, who: Person) => (await who.call('GET', `${URL}/${vote.id}`)).json.mine.list

  const list = await open(as, { electorate: 'list', electors: ['@p0', 'p2@commune.test'] })
  t.same([await may(list, anna), await may(list, ben), await may(list, carl)], ['elector', null, 'elector'])
  const role = await open(as, { electorate: 'role', roles: ['owner', 'moderator'] })
  t.same([await may(role, owner), await may(role, anna)], ['elector', null])

  t.match(await carl.call('PUT', '/api/communer/v1/residence', { lives_here: true }), { json: { residence: 'declared' } })
  await dora.call('PUT', '/api/communer/v1/residence', { lives_here: true })
  t.match(await carl.call('PUT', `/api/communer/v1/residents/${carl.actor.id}`, { verified: true }), { status: 403 })
  t.match(await agent.call('PUT', `/api/communer/v1/residents/${carl.actor.id}`, { verified: true }), { json: { residence: 'verified' } })
  const residents = await open(as, { electorate: 'residents' })
  const verified = await open(as, { electorate: 'verified_residents' })
  t.same([await may(residents, carl), await may(residents, dora), await may(residents, anna)], ['elector', 'elector', null])
  t.same([await may(verified, carl), await may(verified, dora)], ['elector', null])
  t.match(await ballot(dora, verified.id, YES), { status: 403, json: { code: 'vote.verified-only' } })
  t.equal(verified.electors_count, 1)

  const refusals: [object, string][] = [
    [{ closes_at: later(0.01) }, 'vote.duration'],
    [{ closes_at: 'demain' }, 'vote.date'],
    [{ method: 'single', options: [{ name: 'Un seul' }] }, 'vote.options'],
    [{ method: 'single', options: [{ name: 'A' }, { name: ' A ' }] }, 'vote.duplicate'],
    [{ electorate: 'list', electors: ['personne'] }, 'vote.elector-unknown'],
    [{ electorate: 'role' }, 'vote.roles'],
    [{ secret: true }, 'vote.secret-few'],
    [{ secret: true, reason: 'optional', electorate: 'accounts' }, 'vote.secret-reason'],
    [{ secret: true, open_to_all: true, electorate: 'accounts' }, 'vote.secret-open'],
    [{ visibility: 'members', open_to_all: true }, 'vote.open-members']
  ]
  for (const [more, code] of refusals) {
    const answer = await owner.call('POST', URL, {
      as,
      title: 'Un vote',
      method: 'yes_no',
      electorate: 'members',
      closes_at: later(2),
      ...more
    })
    t.match(answer, { status: 422, json: { code } }, code)
  }
  t.match(await anna.call('POST', URL, { as: 'rien', title: 'Un vote', method: 'yes_no', electorate: 'members', closes_at: later(2) }), {
    status: 404
  })
  const hidden = await open(as, { visibility: 'members' })
  t.equal((await carl.call('GET', `${URL}/${hidden.id}`)).status, 404, 'only members see it')
  t.equal((await anna.call('GET', `${URL}/${hidden.id}`)).status, 200)
})

t.test('an objection needs its reason; a reason can be asked for; blank is no choice', async (t) => {
  const [anna] = people as [Person]
  const as = await group([anna])
  const consent = await open(as, { method: 'consent' })
  t.match(await ballot(anna, consent.id, [null, null, 1]), { status: 422, json: { code: 'ballot.reason', field: 'reason' } })
  t.match(await ballot(anna, consent.id, [null, null, 1], { reason: 'Trop cher' }), { status: 200 })
  const asked = await open(as, { method: 'approval', reason: 'required', options: [{ name: 'A' }, { name: 'B' }] })
  t.match(await ballot(anna, asked.id, [1, null]), { json: { code: 'ballot.reason' } })
  t.match(await ballot(anna, asked.id, [null, null], { reason: 'Aucun' }), { status: 200 })
  const final = await open(as, { changeable: false })
  await ballot(anna, final.id, YES)
  t.match(await ballot(anna, final.id, NO), { status: 409, json: { code: 'vote.already' } })
})

t.test('200 ballots of 100 people at once leave 100, and who is last before the end is in or out, never half', async (t) => {
  for (const secret of [false, true]) {
    const vote = await open(await group(people), { secret, changeable: false })
    const answers = await Promise.all(people.flatMap((who) => [ballot(who, vote.id, YES), ballot(who, vote.id, NO)]))
    t.equal(answers.filter(({ status }) => status === 200).length, 100, 'one of two each')
    t.equal(answers.filter(({ json }) => json.code === 'vote.already').length, 100)
    t.equal((await ctx.db('vote_voters').where({ vote_id: vote.id })).length, 100)
    clock.advance(48 * HOUR)
    await work()
    const { figures, voters_count: voters } = (await anyone('GET', `${URL}/${vote.id}`)).json
    t.equal(voters, 100)
    t.equal(figures.electors.figures[0] + figures.electors.figures[1], 100)
  }
  const vote = await open(await group(people))
  clock.advance(48 * HOUR - 1)
  const casts = people.map((who) => ballot(who, vote.id, YES))
  clock.advance(1)
  const [, ...answers] = await Promise.all([work(), ...casts])
  await work()
  const counted = answers.filter(({ status }) => status === 200).length
  t.ok(answers.every(({ status, json }) => status === 200 || json.code === 'vote.closed'))
  t.equal((await anyone('GET', `${URL}/${vote.id}`)).json.voters_count, counted, 'who was told yes is counted, who was told no is not')
})

t.test('closed late after an outage, by two workers at once, after a crash halfway: counted once', async (t) => {
  const [anna, ben] = people as [Person, Person]
  const vote = await open(await group([anna, ben]))
  await ballot(anna, vote.id, YES)
  clock.advance(72 * HOUR)
  await ctx.db.raw(`create function crash() returns trigger language plpgsql as $$ begin raise exception 'the power went'; end $$`)
  await ctx.db.raw('create trigger crash before insert on notifications for each row execute function crash()')
  await t.rejects(closeDueVote(ctx, vote.id), /the power went/)
  await ctx.db.raw('drop function crash cascade')
  t.match(await ctx.db('votes').where({ object_id: vote.id }).first(), { closed_at: null, result: null })
  await Promise.all([closeDueVote(ctx, vote.id), closeDueVote(ctx, vote.id), work()])
  await work()
  t.equal((await ctx.db('objects').where({ in_reply_to_id: vote.id })).length, 1, 'announced once')
  t.match((await anyone('GET', `${URL}/${vote.id}`)).json, { state: 'closed', figures: { decision: { outcome: 'adopted' } } })
  const updates = await ctx.db('activities').where({ object_iri: vote.uri, type: 'Update' })
  t.equal(updates.length, 1)
})

t.test('a secret vote cannot be led back to voters with the whole database, its row versions and the logs', async (t) => {
  const voters = people.slice(0, 30)
  const logged: string[] = []
  for (const level of ['trace', 'debug', 'info', 'warn'] as const)
    ctx.log[level] = ((...said: unknown[]) => logged.push(JSON.stringify(said))) as (typeof ctx.log)[typeof level]
  const statements: string[] = []
  const listen = ({ sql, bindings }: { sql: string; bindings: unknown[] }): void =>
    void statements.push(`${sql} ${JSON.stringify(bindings)}`)
  const vote = await open(await group(people), {
    secret: true,
    method: 'single',
    options: [{ name: 'Pont' }, { name: 'Bac' }, { name: 'Rien' }]
  })
  ctx.db.on('query', listen)
  // The first half for one, the others for another: order, if it were kept, would tell at once.
  const choice = (at: number): (number | null)[] => [0, 1, 2].map((option) => (option === (at < 15 ? 0 : 1) ? 1 : null))
  const receipts: string[] = []
  const seals: number[] = []
  for (const [at, who] of voters.entries()) {
    const cast = await ballot(who, vote.id, choice(at))
    t.match(cast, {
      status: 200,
      json: { receipt: /^([A-Z2-9]{4}-){4}[A-Z2-9]{4}$/, vote: { figures: null, mine: { voted: 'elector', marks: null } } }
    })
    receipts.push(cast.json.receipt)
    seals.push((await ctx.db('vote_urns').where({ vote_id: vote.id }).first()).sealed.length)
    clock.advance(60_000)
  }
  ctx.db.removeListener('query', listen)
  const steps = seals.slice(1).map((size, at) => size - seals[at]!)
  t.equal(new Set(steps).size, 1, 'each ballot is as long as the others, whatever it says')

  // No statement and no line of the log holds marks or a receipt in the clear.
  const hashes = receipts.map(hashReceipt)
  for (const text of [...statements, ...logged]) {
    t.notOk(receipts.some((receipt) => text.includes(receipt)) || hashes.some((hash) => text.includes(hash)))
    t.notMatch(text, /\[1,null,null\]|\[null,1,null\]/)
  }
  // Every table, read whole: nothing but that somebody has voted.
  const tables: { tablename: string }[] = (await ctx.db.raw(`select tablename from pg_tables where schemaname = 'public'`)).rows
  for (const { tablename } of tables) {
    const rows = JSON.stringify((await ctx.db.raw(`select x::text from "${tablename}" x`)).rows)
    t.notOk(
      receipts.some((receipt) => rows.includes(receipt)),
      `no receipt in ${tablename}`
    )
    t.notOk(
      hashes.some((hash) => rows.includes(hash)),
      `no hash in ${tablename}`
    )
  }
  const columns = await ctx.db('vote_voters').columnInfo()
  t.same(Object.keys(columns).sort(), ['actor_id', 'class', 'vote_id'])
  t.same(Object.keys(await ctx.db('vote_urns').columnInfo()).sort(), ['sealed', 'vote_id'])
  t.equal((await ctx.db('vote_ballots').where({ vote_id: vote.id })).length, 0)
  await t.rejects(
    ctx.db('vote_ballots').insert({ vote_id: vote.id, actor_id: voters[0]!.actor.id, marks: '[1]', cast_at: clock.now() }),
    /secret ballot has no name/
  )
  // The age and place of rows: the urn is one row, as old as the last vote only.
  const urn = (await ctx.db.raw('select xmin::text, ctid::text from vote_urns where vote_id = ?', [vote.id])).rows
  const ages = (await ctx.db.raw('select distinct xmin::text from vote_voters where vote_id = ?', [vote.id])).rows
  t.equal(urn.length, 1)
  t.equal(ages.length, 30, 'voters have an order; ballots have none to lay beside it')

  // A change of mind goes through the receipt alone.
  t.match(await ballot(voters[0]!, vote.id, choice(20)), { status: 409, json: { code: 'vote.receipt-needed' } })
  t.match(await ballot(voters[0]!, vote.id, choice(20), { receipt: 'AAAA-AAAA' }), { status: 422, json: { code: 'vote.receipt-unknown' } })
  const again = await ballot(voters[0]!, vote.id, choice(20), { receipt: receipts[0]! })
  t.match(again, { status: 200, json: { again: true } })
  t.match(
    (await anyone('POST', `${URL}/${vote.id}/receipt`, { receipt: receipts[0]! })).json,
    { found: false },
    'the former ballot is gone'
  )
  receipts[0] = again.json.receipt
  t.match((await anyone('POST', `${URL}/${vote.id}/receipt`, { receipt: receipts[0]! })).json, { found: true, marks: null })
  t.same((await anyone('GET', `${URL}/${vote.id}/ballots`)).json.hashes, [], 'nothing is published before the end')

  clock.advance(48 * HOUR)
  await work()
  const closed = (await anyone('GET', `${URL}/${vote.id}`)).json
  t.match(closed.figures, { electors: { figures: [14, 16, 0], ballots: 30 }, decision: { outcome: 'chosen', options: [1] } })
  t.equal((await ctx.db('vote_urns').where({ vote_id: vote.id })).length, 0, 'the urn is destroyed')
  const published: { hash: string; marks: (number | null)[] }[] = (await anyone('GET', `${URL}/${vote.id}/ballots`)).json.hashes
  t.same(
    published.map(({ hash }) => hash),
    published.map(({ hash }) => hash).sort(),
    'in the order of hashes, which is that of chance'
  )
  t.same(
    tally(
      'single',
      3,
      published.map(({ marks }) => marks)
    ),
    closed.figures.electors,
    'anyone counts again'
  )
  for (const [at, receipt] of receipts.entries()) {
    const mine = published.find(({ hash }) => hash === createHash('sha256').update(receipt.replaceAll('-', '')).digest('hex'))
    t.same(mine?.marks, choice(at === 0 ? 20 : at), 'every voter finds her ballot')
  }
  const { document } = (await anyone('GET', `${URL}/${vote.id}/result`)).json
  const lines = published.map(({ hash, marks }) => `${hash} ${marks.map((mark) => mark ?? '-').join(',')}`).sort()
  t.equal(
    JSON.parse(document).ballotsSha256,
    createHash('sha256').update(lines.join('\n')).digest('hex'),
    'the list is part of what is signed'
  )
})

t.test('where few voted in secret, no figures are shown, and the outcome is', async (t) => {
  const vote = await open(await group(people.slice(0, 20)), { secret: true })
  for (const who of people.slice(0, 3)) await ballot(who, vote.id, YES)
  clock.advance(48 * HOUR)
  await work()
  const closed = (await anyone('GET', `${URL}/${vote.id}`)).json
  t.match(closed, { voters_count: 3, figures: { electors: null, decision: { outcome: 'adopted', majority: null } } })
  t.ok((await anyone('GET', `${URL}/${vote.id}/ballots`)).json.hashes.every(({ marks }: { marks: null }) => marks === null))
  const stored = JSON.stringify(await ctx.db('votes').where({ object_id: vote.id }).select('result', 'proof'))
  t.notMatch(stored, /"figures":\[3/)
  t.match((await ctx.db('objects').where({ in_reply_to_id: vote.id }).first()).source, /Adopté\.\nVotants : 3 sur 21\.\nVote consultatif/)
})

t.test('ballots on paper: entered by one, confirmed by another, counted and named as such', async (t) => {
  const [anna, ben] = people as [Person, Person]
  const [one, two] = [await person('guichet1', { role: 'agent' }), await person('guichet2', { role: 'agent' })]
  const vote = await open(await group([anna, ben]), { paper_hours: 24 })
  const papers = `${URL}/${vote.id}/papers`
  await ballot(anna, vote.id, NO)
  t.match(await anna.call('PUT', `${papers}/1`, { marks: YES }), { status: 403 })
  clock.advance(49 * HOUR)
  t.match((await anyone('GET', `${URL}/${vote.id}`)).json, { state: 'counting' }, 'the box is opened when the vote has ended')
  for (let slip = 1; slip <= 10; slip += 1)
    t.equal((await one.call('PUT', `${papers}/${slip}`, { marks: slip < 8 ? YES : BLANK })).status, 200)
  t.match(await one.call('PUT', `${papers}/11`, { marks: [1, 1, null, null] }), { status: 422, json: { code: 'ballot.one' } })
  t.match(await one.call('PUT', `${papers}/3`, { marks: NO }), { status: 200 }, 'a mistake is corrected')
  t.match(await one.call('POST', `${papers}/confirm`, { slips: [1] }), { status: 409, json: { code: 'vote.slip-own' } })
  await t.rejects(ctx.db('vote_papers').where({ slip: 1, vote_id: vote.id }).update({ confirmed_by: one.actor.id }), /check constraint/)
  t.match((await two.call('GET', papers)).json[2], { slip: 3, marks: NO, is_mine: false, confirmed: false })
  t.match(await two.call('POST', `${papers}/confirm`, { slips: [1, 2, 3, 4, 5, 6, 7, 8, 9] }), { json: { confirmed: 9 } })
  t.match(await one.call('PUT', `${papers}/2`, { marks: NO }), { status: 409, json: { code: 'vote.slip-confirmed' } })
  t.equal((await one.call('DELETE', `${papers}/10`)).status, 200)
  clock.advance(24 * HOUR)
  await work()
  t.match((await anyone('GET', `${URL}/${vote.id}`)).json, {
    voters_count: 10,
    figures: { paper: 9, electors: { figures: [6, 2, 2, 0] }, on_paper: { figures: [6, 1, 2, 0] }, decision: { outcome: 'adopted' } }
  })
})

t.test('lists: open, closing soon, decided, about an idea, mine', async (t) => {
  const [anna] = people as [Person]
  const as = await group([anna])
  const idea = await anna.call('POST', '/api/v1/statuses', { status: 'Une idée' })
  const short = await open(as, { title: 'Bientôt', about: idea.json.id })
  const long = await open(as, { title: 'Longtemps', closes_at: later(30 * 24) })
  const titles = async (query: string, call = anyone) =>
    (await call('GET', `${URL}?${query}`)).json.map((vote: { title: string }) => vote.title)
  t.same(await titles(`group=${as}`), ['Bientôt', 'Longtemps'])
  t.same(await titles(`group=${as}&state=closing`), ['Bientôt'])
  t.same(await titles(`about=${idea.json.id}`), ['Bientôt'])
  await ballot(anna, long.id, YES)
  t.same(await titles('mine=true&state=open', anna.call), ['Longtemps'])
  t.same(await titles('mine=true&state=open'), [])
  clock.advance(48 * HOUR)
  await work()
  t.same(await titles(`group=${as}&state=decided`), ['Bientôt'])
  t.match((await ctx.db('objects').where({ id: short.id }).first()).doc, {
    'communer:kind': 'vote',
    'communer:about': idea.json.uri,
    'communer:binding': false,
    url: `https://commune.test/votes/${short.id}`
  })
})

t.test('answers from the fediverse: once each, in time, to a choice there is, and counted apart', async (t) => {
  const as = await group(people.slice(0, 3))
  const vote = await open(as, {
    method: 'multiple',
    options: [{ name: 'Samedi' }, { name: 'Mercredi' }, { name: 'Jamais' }],
    most: 2,
    open_to_all: true,
    results: 'always',
    closes_at: later(2)
  })
  const marc = await remotePerson(ctx, 'marc@mastodon.test')
  let number = 0
  const answer = (name: string, by = marc) => {
    number += 1
    const id = `${by.iri}#votes/${number}`
    return receive(ctx, {
      id: `${id}/activity`,
      type: 'Create',
      actor: by.iri,
      to: [owner.actor.iri],
      object: { id, type: 'Note', name, attributedTo: by.iri, inReplyTo: vote.uri, to: [owner.actor.iri] }
    })
  }
  t.equal(await answer('Samedi'), 'voted')
  t.equal(await answer('Samedi'), 'unchanged', 'twice is once')
  t.equal(await answer('Dimanche'), 'vote-not-open', 'no such choice')
  t.equal(await answer('Mercredi'), 'voted', 'servers send one answer a choice')
  t.equal(await answer('Jamais'), 'unchanged', 'two at most')
  await ballot(people[0]!, vote.id, [null, null, 1])
  const { json } = await anyone('GET', `${URL}/${vote.id}`)
  t.match(json, {
    voters_count: 1,
    others_count: 1,
    figures: { electors: { figures: [0, 0, 1] }, others: { figures: [1, 1, 0], ballots: 1 } }
  })
  const closed = await open(as, { closes_at: later(2) })
  t.equal((await ctx.db('objects').where({ id: closed.id }).first()).type, 'Page', 'what is not open to all is no question elsewhere')
  clock.advance(3 * HOUR)
  t.equal(await answer('Samedi', await remotePerson(ctx, 'late@mastodon.test')), 'vote-not-open', 'too late')
})

t.test('an app that takes a vote for a poll is told where it is cast, and nothing is counted', async (t) => {
  const vote = await open(await group(people.slice(0, 2)), { secret: false, open_to_all: true })
  const status = (await anyone('GET', `/api/v1/statuses/${vote.id}`)).json
  const answer = await people[0]!.call('POST', `/api/v1/polls/${vote.id}/votes`, { choices: [0] })
  t.match(answer, { status: 422, json: { code: 'poll.on-page' } })
  t.match(JSON.stringify(answer.json), new RegExp(`/votes/${vote.id}`), 'with the address')
  t.ok(status.poll !== undefined)
  t.match((await anyone('GET', `${URL}/${vote.id}`)).json, { state: 'open' })
  t.equal((await ctx.db('poll_votes').where({ object_id: vote.id })).length, 0)
})
