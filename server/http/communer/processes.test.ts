// Processes: opened by the town hall alone, one phase at a time by the clock, and nobody gets round a phase, from here or from elsewhere.
import t from 'tap'
import { doChores } from '../../jobs/chores.ts'
import { activity, create, note, PUBLIC, receive } from '../../test/arrivals.ts'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'
import { remotePerson } from '../../test/people.ts'

const API = '/api/communer/v1'
const DAY_MS = 86_400_000
const WORDS = { title: 'Une place pour tous', text: 'Nous refaisons la place de l’église. #place', themes: ['culture'] }
const PHASES = [
  { kind: 'presentation', starts_on: '2026-12-01' },
  { kind: 'proposals', starts_on: '2026-12-10', call: 'Que voulez-vous y faire ?' },
  { kind: 'prioritisation', starts_on: '2027-01-01' },
  { kind: 'follow_up', starts_on: '2027-01-20', allows: [] }
]
const COURSE = { phases: PHASES, ends_on: '2027-02-28' }

async function scene(t: Parameters<typeof clientScene>[0]) {
  const scene = await clientScene(t, { startAt: new Date('2026-11-27T10:00:00Z') })
  const { ctx, clock } = scene
  const hall = await townHall(scene)
  /** Noon of a day in the commune, with everything done that was due until then. */
  const go = async (day: string): Promise<void> => {
    clock.advance(new Date(`${day}T12:00:00Z`).getTime() - clock.now().getTime())
    while ((await doChores(ctx)) > 0);
  }
  const open = async (more: object = {}): Promise<Json> => {
    const made = await hall.call('POST', `${API}/processes`, { ...WORDS, ...COURSE, ...more })
    if (made.status !== 201) throw new Error(JSON.stringify(made.json))
    return made.json
  }
  return { ...scene, hall, go, open }
}

async function townHall({ ctx, app }: ClientScene): Promise<Client> {
  const hall = await client(ctx, app, 'agent', 'read write')
  await ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  return hall
}

const IDEA = { title: 'Un banc à l’ombre', text: 'Sous le grand tilleul.' }
const PROPOSAL = { title: 'Planter trois tilleuls', text: 'Trois tilleuls le long du mur, et un banc sous chacun.' }

t.test('only the town hall opens, changes and stops a process; what is wrong is named', async (t) => {
  const { alice, anyone, hall, open } = await scene(t)
  t.equal((await alice.call('POST', `${API}/processes`, { ...WORDS, ...COURSE })).status, 403)
  t.equal((await anyone('POST', `${API}/processes`, { ...WORDS, ...COURSE })).status, 401)
  for (const [changes, code, field] of [
    [{ title: 'Non' }, 'process.title', 'title'],
    [{ text: 'Court' }, 'process.text', 'text'],
    [{ themes: ['food', 'health', 'waste', 'sport'] }, 'process.themes', 'themes'],
    [{ phases: [] }, 'process.phases', 'phases'],
    [{ phases: [{ kind: 'party', starts_on: '2026-12-01' }] }, 'process.phase-kind', 'phase-0'],
    [{ phases: [{ kind: 'proposals', starts_on: '2026-02-30' }] }, 'process.phase-day', 'phase-0'],
    [{ phases: [PHASES[1], PHASES[0]] }, 'process.phase-order', 'phase-1'],
    [{ ends_on: '2027-01-19' }, 'process.end', 'endsOn'],
    [{ phases: [{ kind: 'proposals', starts_on: '2026-10-01' }], ends_on: '2026-11-01' }, 'process.end-past', 'endsOn']
  ] as const) {
    const refused = await hall.call('POST', `${API}/processes`, { ...WORDS, ...COURSE, ...changes })
    t.match(refused, { status: 422, json: { code, field } }, code)
  }
  const { id, url } = await open()
  t.match(url, `/demarches/${id}`)
  t.equal((await alice.call('PATCH', `${API}/processes/${id}`, { title: 'La mienne' })).status, 403)
  t.equal((await alice.call('POST', `${API}/processes/${id}/stop`, { reason: 'Non' })).status, 403)
  t.equal((await alice.call('GET', `${API}/processes/${id}`)).json.source, null)
})

t.test('each phase begins on its day, is told once, and stands in the journal; after an outage only the last is told', async (t) => {
  const { anyone, ctx, go, open } = await scene(t)
  const { id, uri } = await open()
  const shown = async (): Promise<Json> => (await anyone('GET', `${API}/processes/${id}`)).json
  const told = async (): Promise<string[]> =>
    (await ctx.db('objects').where({ in_reply_to_id: id }).orderBy('id').pluck<string[]>('source')).map((text) => text.split('\n')[0]!)
  await go('2026-11-30')
  t.match(await shown(), { phase: 'upcoming', allows: [], phases: [{ state: 'next', starts_on: '2026-12-01', ends_on: '2026-12-09' }] })
  t.same(await told(), [])
  await go('2026-12-01')
  t.match(await shown(), { phase: 'presentation', allows: ['comment'], phases: [{ state: 'current' }, { state: 'next' }] })
  await go('2026-12-01')
  t.same(await told(), ['« Une place pour tous » : Présentation, jusqu’au 9 décembre 2026.'])
  await go('2027-01-02')
  t.match(await shown(), { phase: 'prioritisation', phases: [{ state: 'past' }, { state: 'past' }, { state: 'current' }] })
  t.same((await told()).slice(1), ['« Une place pour tous » : Priorités, jusqu’au 19 janvier 2027.'])
  const doc = (await ctx.db('objects').where({ id }).first())!.doc
  t.match(doc, { 'communer:kind': 'process', 'communer:phase': 'prioritisation', endTime: '2027-02-28T20:00:00Z' })
  t.match(doc['communer:phases'], [{ 'communer:phase': 'presentation' }, { summary: 'Que voulez-vous y faire ?' }])
  t.match(doc.content, /<li>Présentation, du 1er décembre 2026 au 9 décembre 2026\.<\/li>/)
  await go('2027-03-01')
  t.match(await shown(), { phase: 'ended', allows: ['comment'], can: { manage: false } })
  await go('2027-03-02')
  t.same((await told()).slice(2), ['La démarche « Une place pour tous » est terminée.'])
  t.same(
    (await anyone('GET', `${API}/processes/${id}/journal`)).json.map((entry: Json) => [entry.what, entry.to].filter(Boolean).join(' ')),
    ['proposed', 'phase presentation', 'phase proposals', 'phase prioritisation', 'phase follow_up', 'phases_over']
  )
  t.match((await anyone('GET', `${API}/processes`)).json, [])
  t.match((await anyone('GET', `${API}/processes?ended=true`)).json, [{ id, uri }])
})

t.test('a phase switches what people may do, and a refusal says from when on, or that it is over', async (t) => {
  const { alice, bea, hall, go, open, ctx } = await scene(t)
  const { id } = await open()
  const refused = async (by: Client, method: 'POST' | 'PUT', path: string, body?: object): Promise<string> => {
    const answer = await by.call(method, path, body)
    return answer.status === 409 ? `${answer.json.code}: ${answer.json.error ?? answer.json.detail}` : String(answer.status)
  }
  t.match(await refused(alice, 'POST', `${API}/ideas`, { ...IDEA, process: id }), /^process\.ideas-later: .*10 décembre 2026/)
  t.match(await refused(alice, 'POST', `${API}/proposals`, { ...PROPOSAL, process: id }), /^process\.proposals-later: /)
  t.match(
    await refused(alice, 'POST', '/api/v1/statuses', { status: 'Déjà ?', in_reply_to_id: id }),
    /^process\.comment-later: .*1er décembre 2026/
  )
  t.equal((await alice.call('POST', `${API}/ideas`, { ...IDEA, process: '404' })).json.code, 'process.none')
  const elsewhere = await alice.call('POST', `${API}/ideas`, IDEA)
  t.equal((await bea.call('PUT', `${API}/ideas/${elsewhere.json.id}/back`)).status, 200, 'what belongs to no process knows no phase')

  await go('2026-12-12')
  const idea = (await alice.call('POST', `${API}/ideas`, { ...IDEA, process: id })).json
  t.match(idea.process, { id, title: WORDS.title, phase: 'proposals', closed: [{ act: 'vote', until: '2027-01-01' }] })
  t.equal(
    (await ctx.db('objects').where({ id: idea.id }).first())!.doc['communer:process'],
    (await alice.call('GET', `${API}/processes/${id}`)).json.uri
  )
  t.equal((await bea.call('PUT', `${API}/ideas/${idea.id}/back`)).status, 200)
  const fromIdea = (await bea.call('POST', `${API}/proposals`, { ...PROPOSAL, idea: idea.id })).json
  t.equal(fromIdea.process.id, id, 'what is made of an idea stays in its process')
  const amendment = { version: 1, paragraph: 1, kind: 'replace', text: 'Quatre tilleuls le long du mur.' }
  t.equal((await alice.call('POST', `${API}/proposals/${fromIdea.id}/amendments`, amendment)).status, 201)
  t.equal((await alice.call('POST', `${API}/proposals/${fromIdea.id}/arguments`, { kind: 'for', text: 'Il fait chaud.' })).status, 201)
  t.match(
    (await hall.call('GET', `${API}/processes/${id}/items`)).json,
    [
      { id: idea.id, kind: 'idea', backers: 1 },
      { id: fromIdea.id, kind: 'proposal', backers: 0 }
    ],
    'most backed first'
  )
  t.match((await hall.call('GET', `${API}/processes/${id}`)).json.counts, { idea: 1, proposal: 1, vote: 0 })

  await go('2027-01-02')
  t.match(await refused(bea, 'POST', `${API}/ideas`, { ...IDEA, process: id }), /^process\.ideas-over: /)
  t.match(await refused(alice, 'POST', `${API}/proposals/${fromIdea.id}/amendments`, amendment), /^process\.amend-over: /)
  t.same((await alice.call('GET', `${API}/proposals/${fromIdea.id}`)).json.can.amend, false)
  t.equal((await alice.call('PUT', `${API}/ideas/${idea.id}/back`)).status, 200, 'backing is what this phase is for')

  await go('2027-01-21')
  t.match(await refused(hall, 'PUT', `${API}/ideas/${idea.id}/back`), /^process\.back-over: /)
  t.match(await refused(hall, 'POST', `/api/v1/statuses/${fromIdea.id}/favourite`), /^process\.back-over: /)
  t.equal((await alice.call('DELETE', `${API}/ideas/${idea.id}/back`)).status, 200, 'a backing may always be taken back')
  t.match(await refused(alice, 'POST', `${API}/proposals/${fromIdea.id}/arguments`, { kind: 'for', text: 'Encore.' }), /argue-over/)
  t.match(await refused(alice, 'POST', '/api/v1/statuses', { status: 'Et alors ?', in_reply_to_id: idea.id }), /^process\.comment-over: /)
  const whisper = { status: 'Qu’en dis-tu ?', in_reply_to_id: idea.id, visibility: 'direct' }
  t.equal((await bea.call('POST', '/api/v1/statuses', whisper)).status, 200, 'what is said to one person is not of the process')
  t.equal(
    (await hall.call('PUT', `${API}/ideas/${idea.id}/answer`, { answer: 'accepted', text: 'Oui.', cost: '', period: '' })).status,
    200,
    'the commune answers when it likes'
  )

  await go('2027-03-01')
  t.equal((await bea.call('POST', '/api/v1/statuses', { status: 'Merci !', in_reply_to_id: idea.id })).status, 200)
  const later = (await bea.call('POST', `${API}/proposals`, { ...PROPOSAL, idea: idea.id })).json
  t.equal(later.process, null, 'what comes of it afterwards stands by itself')
})

t.test('what comes from elsewhere is held to the phase too', async (t) => {
  const { alice, ctx, go, open } = await scene(t)
  const { id, uri } = await open()
  await go('2026-12-12')
  const idea = (await alice.call('POST', `${API}/ideas`, { ...IDEA, process: id })).json
  const [bob, carol] = [await remotePerson(ctx, 'bob@mastodon.test'), await remotePerson(ctx, 'carol@pleroma.test')]
  const reply = (more: object = {}) => create(bob, note(bob, { inReplyTo: idea.uri, to: [PUBLIC], ...more }))
  t.equal(await receive(ctx, activity('Like', bob, idea.uri)), 'liked')
  t.equal(await receive(ctx, reply()), 'created')
  const answered = (await ctx.db('objects').where({ in_reply_to_id: idea.id }).first())!

  await go('2027-01-21')
  const before = await ctx.db('objects').count('* as n')
  t.equal(await receive(ctx, activity('Like', carol, idea.uri)), 'refused-phase')
  t.equal(await receive(ctx, activity('EmojiReact', carol, idea.uri, { content: '🎉' })), 'refused-phase')
  t.equal(await receive(ctx, reply()), 'refused-phase')
  t.equal(await receive(ctx, reply({ inReplyTo: answered.iri })), 'refused-phase', 'deeper in its thread too')
  t.equal(await receive(ctx, reply({ inReplyTo: uri })), 'refused-phase', 'and under the process itself')
  t.same(await ctx.db('objects').count('* as n'), before, 'nothing of it was stored')
  t.match(await ctx.db('ideas').where({ object_id: idea.id }).first(), { public: 1 })
  t.same(await ctx.db('reactions').select(), [])
  t.equal(await receive(ctx, activity('Undo', bob, activity('Like', bob, idea.uri))), 'undone')
  t.equal(await receive(ctx, activity('Like', carol, answered.iri)), 'liked', 'answers are liked as everywhere')
})

t.test('days are moved with a reason, what has begun stays, and a stopped process says why', async (t) => {
  const { anyone, hall, ctx, clock, go, open } = await scene(t)
  const { id } = await open()
  await go('2026-12-02')
  const change = (body: object) => hall.call('PATCH', `${API}/processes/${id}`, body)
  const moved = { ...COURSE, phases: [PHASES[0], { ...PHASES[1], starts_on: '2026-12-20' }, PHASES[2]], ends_on: '2027-01-31' }
  t.equal((await change({ course: moved })).json.code, 'process.reason')
  t.match((await change({ course: { ...moved, phases: moved.phases.slice(1) }, reason: 'Vite' })).json, {
    code: 'process.phase-begun',
    field: 'phase-0'
  })
  const today = { ...moved, phases: [PHASES[0], { ...PHASES[1], starts_on: '2026-12-02' }] }
  t.match((await change({ course: today, reason: 'Vite' })).json, { code: 'process.phase-begun', field: 'phase-1' })
  t.match((await change({ course: moved, reason: 'La salle n’est libre que le 20.' })).json, {
    ends_on: '2027-01-31',
    phases: [{ ends_on: '2026-12-19' }, { starts_on: '2026-12-20' }, {}]
  })
  t.equal((await change({ text: 'Nous refaisons toute la place, et la rue.' })).status, 200, 'words change without a reason')
  await go('2026-12-10')
  t.equal((await anyone('GET', `${API}/processes/${id}`)).json.phase, 'presentation', 'the day that was moved begins nothing')
  await go('2026-12-20')
  t.equal((await anyone('GET', `${API}/processes/${id}`)).json.phase, 'proposals')

  t.equal((await hall.call('POST', `${API}/processes/${id}/stop`, { reason: ' ' })).json.code, 'process.reason')
  const stopped = await hall.call('POST', `${API}/processes/${id}/stop`, { reason: 'Le mur s’est écroulé.' })
  t.match(stopped.json, { phase: 'ended', stopped: 'Le mur s’est écroulé.', can: { manage: false } })
  t.equal((await change({ title: 'Encore une place' })).json.code, 'process.over')
  clock.advance(60 * DAY_MS)
  while ((await doChores(ctx)) > 0);
  t.same(
    (await anyone('GET', `${API}/processes/${id}/journal`)).json.map((entry: Json) => entry.what),
    ['proposed', 'phase', 'dates', 'edited', 'phase', 'stopped'],
    'phases that were planned do not begin any more'
  )
})

t.test('a deleted process leaves its ideas free', async (t) => {
  const { alice, bea, hall, ctx, go, open } = await scene(t)
  const { id } = await open()
  await go('2026-12-12')
  const idea = (await alice.call('POST', `${API}/ideas`, { ...IDEA, process: id })).json
  await go('2027-01-21')
  t.equal((await hall.call('DELETE', `/api/v1/statuses/${id}`)).status, 200)
  t.same(await ctx.db('process_phases').select(), [])
  t.equal((await bea.call('PUT', `${API}/ideas/${idea.id}/back`)).status, 200)
  t.equal((await alice.call('GET', `${API}/ideas/${idea.id}`)).json.process, null)
})
