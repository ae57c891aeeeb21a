// One question in several communes: asked and answered over the wire, each counted at home, each count believed by its signature alone.
import { sign } from 'node:crypto'
import t from 'tap'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { insertLocalKey } from '../../db/keys.ts'
import type { ActorRow } from '../../db/rows.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { doChores } from '../../jobs/chores.ts'
import { getActorByIri } from '../../protocol/actors.ts'
import { activity, PUBLIC, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { freshKey, testInternet, type Host, type RemoteActor } from '../../test/internet.ts'
import { citizen, remotePerson } from '../../test/people.ts'

const URL = '/api/communer/v1/votes'
const HOUR = 3_600_000
type Json = ReturnType<typeof JSON.parse>

interface Scene {
  ctx: Ctx
  clock: Awaited<ReturnType<typeof testContext>>['clock']
  peer: Host
  /** The commune of peer.test. */
  saintPaul: RemoteActor
  row: ActorRow
  maire: (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => Promise<{ status: number; json: Json }>
  anyone: Scene['maire']
  commune: ActorRow
}

async function scene(t: Parameters<typeof testContext>[0]): Promise<Scene> {
  const { ctx, clock } = await testContext(t, { startAt: new Date('2026-10-05T08:00:00Z') })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const peer = (await testInternet(t, ctx)).host('peer.test')
  const saintPaul = peer.actor('saint_paul', { type: 'Group', 'communer:kind': 'commune' })
  const row = await getActorByIri(ctx, saintPaul.iri)
  const commune = (await ctx.db<ActorRow>('actors').where({ kind: 'commune', local: true }).first())!
  await insertLocalKey(ctx, ctx.db, commune.id, `${commune.iri}#main-key`)
  const mayor = await citizen(ctx, 'maire', { role: 'admin' })
  await ctx
    .db('groups')
    .insert({ actor_id: commune.id, openness: 'open', posting: 'moderators', created_at: clock.now() })
    .onConflict()
    .ignore()
  await ctx
    .db('memberships')
    .insert({ group_id: commune.id, actor_id: mayor.actor.id, role: 'owner', state: 'active', created_at: clock.now() })
  const as = async (accountId: string | null): Promise<Scene['maire']> => {
    const headers = accountId === null ? {} : { authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` }
    return async (method, url, payload) => {
      const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
      return { status: answer.statusCode, json: answer.json() }
    }
  }
  return { ctx, clock, peer, saintPaul, row, commune, maire: await as(mayor.account.id), anyone: await as(null) }
}

const question = ({ commune, clock }: Scene, more: object = {}): object => ({
  as: commune.username,
  title: 'Une navette le samedi ?',
  method: 'single',
  options: [{ name: 'Le matin' }, { name: 'Le soir' }],
  electorate: 'residents',
  closes_at: new Date(clock.now().getTime() + 48 * HOUR).toISOString(),
  ...more
})

const sent = async ({ ctx }: Scene, type: string): Promise<Json[]> =>
  (await ctx.db('activities').where({ type }).orderBy('id').pluck<string[]>('body')).map((body) => JSON.parse(body) as Json)

/** What Saint-Paul publishes of its own vote once counted. */
function counted(scene: Scene, voteUri: string, more: Json = {}, key = scene.saintPaul.privateKey): Json {
  const id = `${scene.peer.origin}/ap/objects/7`
  const text = JSON.stringify({
    type: 'communer:VoteResult',
    vote: id,
    carries: voteUri,
    method: 'single',
    options: ['Le matin', 'Le soir'],
    result: {
      electorate: 40,
      voted: 9,
      paper: 2,
      electors: { method: 'single', ballots: 9, blank: 1, figures: [3, 5], leaders: [1] },
      decision: { outcome: 'chosen', options: [1], majority: null, quorum: null }
    },
    ...more
  })
  return {
    id,
    type: 'Page',
    attributedTo: scene.saintPaul.iri,
    to: [PUBLIC],
    'communer:kind': 'vote',
    'communer:result': text,
    'communer:resultSignature': {
      creator: scene.saintPaul.keyIri,
      signatureAlgorithm: 'rsa-sha256',
      signatureValue: sign('sha256', Buffer.from(text), key).toString('base64')
    }
  }
}

/** A vote of ours that Saint-Paul said yes to. */
async function carried(scene: Scene): Promise<Json> {
  const { json: vote } = await scene.maire('POST', URL, question(scene))
  await scene.maire('POST', `${URL}/${vote.id}/communes`, { commune: 'peer.test' })
  const [invite] = await sent(scene, 'Invite')
  const embedded = { id: invite.id, type: 'Invite', actor: scene.commune.iri, object: vote.uri, target: scene.saintPaul.iri }
  const more = { result: `${scene.peer.origin}/ap/objects/7` }
  t.equal(await receive(scene.ctx, activity('Accept', scene.saintPaul, embedded, more)), 'joined')
  return vote
}

t.test('a commune is asked, says yes, and what it counted and signed stands beside ours, never added to it', async (t) => {
  const all = await scene(t)
  const { json: vote } = await all.maire('POST', URL, question(all))
  const asked = await all.maire('POST', `${URL}/${vote.id}/communes`, { commune: 'https://peer.test/' })
  t.match(asked.json, [{ account: { acct: 'saint_paul@peer.test' }, state: 'asked', result: null }])
  t.equal((await all.maire('POST', `${URL}/${vote.id}/communes`, { commune: 'peer.test' })).status, 409, 'once')
  t.same((await all.anyone('GET', `${URL}/${vote.id}/communes`)).json, [], 'who is asked is nobody else’s business')
  const [invite] = await sent(all, 'Invite')
  t.match(invite, { actor: all.commune.iri, object: vote.uri, target: all.saintPaul.iri, to: [all.saintPaul.iri] })
  const embedded = { id: invite.id, type: 'Invite', actor: all.commune.iri, object: vote.uri, target: all.saintPaul.iri }
  const theirs = `${all.peer.origin}/ap/objects/7`
  const yes = activity('Accept', all.saintPaul, embedded, { result: theirs })
  t.equal(await receive(all.ctx, yes), 'joined')
  t.equal(await receive(all.ctx, activity('Reject', all.saintPaul, embedded)), 'unchanged', 'a word is a word')
  t.match((await all.anyone('GET', `${URL}/${vote.id}/communes`)).json, [{ state: 'carried', vote_uri: theirs, result: null }])

  all.peer.on('/ap/objects/7', { ...counted(all, vote.uri), 'communer:result': undefined })
  all.clock.advance(48 * HOUR + 2 * 60_000)
  await doChores(all.ctx)
  t.match((await all.anyone('GET', `${URL}/${vote.id}/communes`)).json, [{ result: null, problem: null }], 'they are still counting')
  all.peer.on('/ap/objects/7', counted(all, vote.uri))
  all.clock.advance(6 * 60_000)
  await doChores(all.ctx)
  t.match((await all.anyone('GET', `${URL}/${vote.id}/communes`)).json, [
    { problem: null, result: { electors_count: 40, voters_count: 9, paper: 2, blank: 1, figures: [3, 5], outcome: 'chosen', options: [1] } }
  ])
  t.match((await all.anyone('GET', `${URL}/${vote.id}`)).json, { voters_count: 0, figures: { electors: { figures: [0, 0] } } })
  t.equal(await all.ctx.db('chores').where({ kind: 'votes-together' }).first(), undefined, 'nothing is left to do')
})

t.test('a count that another signed, of another question or with other answers is not shown', async (t) => {
  const cases: [string, (all: Scene, uri: string) => Json, string][] = [
    ['a key that is not theirs', (all, uri) => counted(all, uri, {}, freshKey().privateKey), 'signature'],
    [
      'another text',
      (all, uri) => {
        const document = counted(all, uri)
        return { ...document, 'communer:result': String(document['communer:result']).replace('[3,5]', '[5,3]') }
      },
      'signature'
    ],
    ['another question', (all) => counted(all, 'https://commune.test/ap/objects/other'), 'other'],
    ['other answers', (all, uri) => counted(all, uri, { options: ['Le matin', 'Jamais'] }), 'other'],
    ['nonsense', (all, uri) => ({ ...counted(all, uri), 'communer:result': '{"type":"communer:VoteResult"}' }), 'other']
  ]
  for (const [what, document, problem] of cases)
    await t.test(what, async (t) => {
      const all = await scene(t)
      const vote = await carried(all)
      all.peer.on('/ap/objects/7', document(all, vote.uri))
      all.clock.advance(48 * HOUR + 2 * 60_000)
      await doChores(all.ctx)
      t.match((await all.anyone('GET', `${URL}/${vote.id}/communes`)).json, [{ result: null, problem }])
    })
})

t.test('only who was asked answers, with a vote on its own server; a question can be taken back', async (t) => {
  const all = await scene(t)
  const { json: vote } = await all.maire('POST', URL, question(all))
  await all.maire('POST', `${URL}/${vote.id}/communes`, { commune: '@saint_paul@peer.test' })
  const [invite] = await sent(all, 'Invite')
  const embedded = { id: invite.id, type: 'Invite', actor: all.commune.iri, object: vote.uri }
  const eve = all.peer.actor('eve')
  await getActorByIri(all.ctx, eve.iri)
  t.equal(await receive(all.ctx, activity('Accept', eve, embedded, { result: `${all.peer.origin}/ap/objects/7` })), 'refused-owner')
  t.equal(await receive(all.ctx, activity('Accept', all.saintPaul, embedded, { result: 'https://evil.test/7' })), 'refused-document')
  t.match((await all.maire('GET', `${URL}/${vote.id}/communes`)).json, [{ state: 'asked' }])
  t.equal((await all.maire('DELETE', `${URL}/${vote.id}/communes/${all.row.id}`)).status, 200)
  t.match(await sent(all, 'Undo'), [{ object: { id: invite.id, type: 'Invite' }, to: [all.saintPaul.iri] }])
  t.equal(
    await receive(all.ctx, activity('Accept', all.saintPaul, embedded, { result: `${all.peer.origin}/ap/objects/7` })),
    'unknown-follow'
  )
})

t.test('every refusal has its name', async (t) => {
  const all = await scene(t)
  const { json: vote } = await all.maire('POST', URL, question(all))
  const ask = async (commune: string, id: string = vote.id): Promise<string> =>
    (await all.maire('POST', `${URL}/${id}/communes`, { commune })).json.code
  all.peer.actor('bob')
  t.equal(await ask('@bob@peer.test'), 'vote.not-commune')
  t.equal(await ask('@personne@peer.test'), 'vote.commune-unknown')
  t.equal(await ask(`@${all.commune.username}`), 'vote.commune-own')
  const { json: ours } = await all.maire('POST', URL, question(all, { electorate: 'members' }))
  t.equal(await ask('peer.test', ours.id), 'vote.not-shared')
  all.clock.advance(47.5 * HOUR)
  t.equal(await ask('peer.test'), 'vote.too-late')
  t.equal((await all.anyone('POST', `${URL}/${vote.id}/communes`, { commune: 'peer.test' })).status, 401)
})

/** Saint-Paul's own vote, which it asks us to hold too. */
function theirs(all: Scene, rules: object = {}): Json {
  const closesAt = new Date(all.clock.now().getTime() + 48 * HOUR).toISOString()
  const shared = {
    title: 'Une navette le samedi ?',
    description: 'Entre **nos deux** communes.',
    language: 'fr',
    method: 'single',
    options: [
      { name: 'Le matin', meaning: 'Avant le marché' },
      { name: 'Le soir', meaning: '' }
    ],
    most: null,
    fewest: null,
    maxScore: null,
    dots: null,
    electorate: 'residents',
    share: null,
    base: 'expressed',
    quorum: null,
    secret: false,
    reason: 'optional',
    results: 'after_voting',
    changeable: true,
    opensAt: all.clock.now().toISOString(),
    closesAt,
    paperHours: 2,
    ...rules
  }
  return {
    id: `${all.peer.origin}/ap/objects/7`,
    type: 'Page',
    name: 'Une navette le samedi ?',
    content: '<p>Une navette le samedi ?</p>',
    attributedTo: all.saintPaul.iri,
    to: [PUBLIC],
    published: all.clock.now().toISOString(),
    'communer:kind': 'vote',
    'communer:voteRules': JSON.stringify(shared)
  }
}

t.test('what another commune asks is opened here by its own rules, and it is told where', async (t) => {
  const all = await scene(t)
  all.peer.on('/ap/objects/7', theirs(all))
  const invite = activity('Invite', all.saintPaul, `${all.peer.origin}/ap/objects/7`, { target: all.commune.iri, to: [all.commune.iri] })
  t.equal(await receive(all.ctx, invite), 'invited')
  t.equal(await receive(all.ctx, { ...invite, id: `${all.saintPaul.iri}#again` }), 'unchanged')
  const { json: requests } = await all.maire('GET', `${URL}/requests`)
  t.match(requests, [{ title: 'Une navette le samedi ?', account: { acct: 'saint_paul@peer.test' } }])
  t.match((await all.maire('GET', '/api/v1/notifications?types[]=vote_request')).json, [{ account: { acct: 'saint_paul@peer.test' } }])
  const opened = await all.maire('POST', `${URL}/requests/${requests[0].id}`, { accept: true })
  t.match(opened.json, {
    title: 'Une navette le samedi ?',
    carries: `${all.peer.origin}/ap/objects/7`,
    electorate: 'residents',
    reason: 'optional',
    options: [{ name: 'Le matin', meaning: 'Avant le marché' }, { name: 'Le soir' }],
    open_to_all: false
  })
  t.match(await sent(all, 'Accept'), [
    { actor: all.commune.iri, object: { id: invite['id'] }, result: opened.json.uri, to: [all.saintPaul.iri] }
  ])
  t.same((await all.maire('GET', `${URL}/requests`)).json, [])
  t.same((await all.maire('GET', '/api/v1/notifications?types[]=vote_request')).json, [], 'the notice has done its work')
  t.equal((await all.maire('POST', `${URL}/requests/${requests[0].id}`, { accept: true })).json.code, 'vote.request-answered')
  t.equal((await all.ctx.db('votes')).length, 1)
  t.equal((await all.maire('POST', `${URL}/${opened.json.id}/communes`, { commune: 'peer.test' })).json.code, 'vote.carried')
  all.clock.advance(51 * HOUR)
  await doChores(all.ctx)
  const { json: signed } = await all.anyone('GET', `${URL}/${opened.json.id}/result`)
  t.match(JSON.parse(signed.document), { vote: opened.json.uri, carries: `${all.peer.origin}/ap/objects/7` }, 'signed with what it carries')
})

t.test('what is asked can be declined, taken back, and is refused where its rules cannot be followed', async (t) => {
  const all = await scene(t)
  const iri = `${all.peer.origin}/ap/objects/7`
  const invite = activity('Invite', all.saintPaul, iri, { target: all.commune.iri, to: [all.commune.iri] })
  all.peer.on('/ap/objects/7', theirs(all, { electorate: 'members' }))
  const mallory = await remotePerson(all.ctx, 'mallory@evil.test')
  t.equal(await receive(all.ctx, activity('Invite', mallory, iri, { target: all.commune.iri, to: [all.commune.iri] })), 'unknown-object')
  t.equal(await receive(all.ctx, invite), 'invited')
  const [request] = (await all.maire('GET', `${URL}/requests`)).json
  t.equal((await all.maire('POST', `${URL}/requests/${request.id}`, { accept: true })).json.code, 'vote.rules-unread')
  t.same(await all.ctx.db('votes'), [], 'nothing was opened')
  t.equal(await receive(all.ctx, activity('Undo', all.saintPaul, invite)), 'undone')
  t.same((await all.maire('GET', `${URL}/requests`)).json, [])
  const again = { ...invite, id: `${all.saintPaul.iri}#later` }
  t.equal(await receive(all.ctx, again), 'invited')
  const [second] = (await all.maire('GET', `${URL}/requests`)).json
  t.equal((await all.maire('POST', `${URL}/requests/${second.id}`, { accept: false })).json, null)
  t.match(await sent(all, 'Reject'), [{ object: { id: again.id }, to: [all.saintPaul.iri] }])
  t.equal(await receive(all.ctx, { ...invite, id: `${all.saintPaul.iri}#once-more` }), 'unchanged', 'who said no is not asked again')
})

t.test('who asks for too much at once is not heard', async (t) => {
  const all = await scene(t)
  const outcomes: (string | null)[] = []
  for (let number = 10; number < 17; number++) {
    const id = `${all.peer.origin}/ap/objects/${number}`
    all.peer.on(`/ap/objects/${number}`, { ...theirs(all), id })
    outcomes.push(await receive(all.ctx, activity('Invite', all.saintPaul, id, { target: all.commune.iri, to: [all.commune.iri] })))
  }
  t.same(outcomes, [...Array.from({ length: 5 }, () => 'invited'), 'unchanged', 'unchanged'])
  t.equal((await all.maire('GET', `${URL}/requests`)).json.length, 5)
})
