// Ideas: proposed, backed from here and elsewhere, owed an answer, answered in public, done; each step in the journal, each refusal with its name.
import sharp from 'sharp'
import t from 'tap'
import { findIdea } from '../../db/ideas.ts'
import { uploadMedia } from '../../features/media/media.ts'
import { watchThreshold, remindDuty } from '../../features/ideas/duties.ts'
import { doChores } from '../../jobs/chores.ts'
import { accept } from '../../test/arrivals.ts'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'
import { remotePerson } from '../../test/people.ts'
import { drain } from '../../test/queue.ts'

const API = '/api/communer/v1'
const COMPOST = { title: 'Un second composteur', text: 'Près de l’école, le premier déborde. #compost', themes: ['waste', 'environment'] }

async function townHall({ ctx, app }: ClientScene, role = 'agent'): Promise<Client> {
  const hall = await client(ctx, app, role, 'read write admin:read admin:write')
  await ctx.db('accounts').where({ id: hall.account.id }).update({ role })
  return hall
}

async function propose(by: Client, input: object = COMPOST): Promise<Json> {
  const made = await by.call('POST', `${API}/ideas`, input)
  if (made.status !== 201) throw new Error(JSON.stringify(made.json))
  return made.json
}

const steps = async (by: Client, id: string): Promise<string[]> =>
  (await by.call('GET', `${API}/ideas/${id}/journal`)).json.map((entry: Json) => [entry.what, entry.to].filter(Boolean).join(' '))

t.test('the picture of an idea is changed, described and taken away while nobody backs it', async (t) => {
  const { alice, bea, ctx } = await clientScene(t)
  const upload = async (by: Client, words: string): Promise<string> => {
    const png = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#2a7' } })
      .png()
      .toBuffer()
    return (await uploadMedia(ctx, by.actor.id, png, { description: words })).id
  }
  const idea = await propose(alice, { ...COMPOST, media_ids: [await upload(alice, 'Le bac')] })
  const images = async (): Promise<string[]> =>
    (await alice.call('GET', `/api/v1/statuses/${idea.id}`)).json.media_attachments.map((one: Json) => one.description)
  t.same(await images(), ['Le bac'])
  const second = await upload(alice, 'Les deux bacs')
  t.equal((await alice.call('PATCH', `${API}/ideas/${idea.id}`, { media_ids: [second] })).status, 200)
  t.same(await images(), ['Les deux bacs'])
  t.equal(
    (await alice.call('PATCH', `${API}/ideas/${idea.id}`, { media_ids: [await upload(bea, 'Le sien')] })).json.code,
    'media.not-found'
  )
  t.same(await images(), ['Les deux bacs'], 'nobody takes the picture of somebody else')
  await alice.call('PATCH', `${API}/ideas/${idea.id}`, { media_ids: [] })
  t.same(await images(), [])
})

t.test('an idea is proposed, found while somebody types the same, and changed only until somebody backs it', async (t) => {
  const { alice, bea, anyone, ctx } = await clientScene(t)
  const idea = await propose(alice)
  t.match(idea, { title: 'Un second composteur', state: 'open', themes: ['waste', 'environment'], can: { edit: true, withdraw: true } })
  t.match(idea.url, `/idees/${idea.id}`)
  const row = (await ctx.db('objects').where({ id: idea.id }).first())!
  t.match(row.doc, {
    type: 'Page',
    'communer:kind': 'idea',
    'communer:phase': 'support',
    'communer:supportThreshold': 30,
    name: COMPOST.title
  })
  t.match(row.doc.summary, /favoris/, 'servers that show a title and a line say how one backs it from there')
  t.match((await anyone('GET', `${API}/ideas/similar?title=${encodeURIComponent('Deuxième composteur pour l’école')}`)).json, [
    { id: idea.id }
  ])
  t.same((await anyone('GET', `${API}/ideas/similar?title=Piscine`)).json, [])
  t.match(
    (await alice.call('PATCH', `${API}/ideas/${idea.id}`, { title: 'Un second bac à compost' })).json.title,
    'Un second bac à compost'
  )
  t.equal((await bea.call('PATCH', `${API}/ideas/${idea.id}`, { title: 'Le mien' })).status, 403)
  await bea.call('PUT', `${API}/ideas/${idea.id}/back`)
  t.equal((await alice.call('PATCH', `${API}/ideas/${idea.id}`, { title: 'Autre chose' })).json.code, 'idea.backed')
  for (const [input, code] of [
    [{ ...COMPOST, title: 'Oui' }, 'idea.title'],
    [{ ...COMPOST, text: 'Voilà' }, 'idea.text'],
    [{ ...COMPOST, themes: ['food', 'waste', 'sport', 'energy'] }, 'idea.themes'],
    [{ ...COMPOST, place: { latitude: 91, longitude: 0 } }, 'idea.place']
  ] as [object, string][])
    t.match(await alice.call('POST', `${API}/ideas`, input), { status: 422, json: { code } })
  t.same(await steps(alice, idea.id), ['proposed open', 'edited'])
})

t.test('backers are counted by class, never together: residents, other accounts here, the fediverse', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone, ctx } = scene
  const idea = await propose(alice)
  const lives = (by: Client, here: boolean) => by.call('PUT', `${API}/residence`, { lives_here: here })
  await lives(bea, true)
  await bea.call('PUT', `${API}/ideas/${idea.id}/back`)
  await bea.call('PUT', `${API}/ideas/${idea.id}/back`)
  await alice.call('PUT', `${API}/ideas/${idea.id}/back`)
  const far = await remotePerson(ctx, 'marc@mastodon.test')
  await accept(ctx, { id: `${far.iri}#like`, type: 'Like', actor: far.iri, object: idea.uri }, far.iri)
  await drain(ctx)
  const backers = async () => (await anyone('GET', `${API}/ideas/${idea.id}`)).json.backers
  t.same(await backers(), { residents: 1, verified: 0, members: 1, public: 1, joined: 0, paper: 0 })
  const hall = await townHall(scene)
  await hall.call('PUT', `${API}/residents/${bea.actor.id}`, { verified: true })
  t.same(
    await backers(),
    { residents: 1, verified: 1, members: 1, public: 1, joined: 0, paper: 0 },
    'what the town hall confirms counts at once'
  )
  await lives(bea, false)
  t.same(await backers(), { residents: 0, verified: 0, members: 2, public: 1, joined: 0, paper: 0 })
  await alice.call('DELETE', `${API}/ideas/${idea.id}/back`)
  t.same(await backers(), { residents: 0, verified: 0, members: 1, public: 1, joined: 0, paper: 0 })
  t.equal((await bea.call('GET', `${API}/ideas/${idea.id}`)).json.mine.backed, true)
  const people = await Promise.all(['c', 'd', 'e', 'f', 'g', 'h'].map((name) => client(ctx, scene.app, `${name}ath`)))
  await Promise.all(people.flatMap((one) => [one, one].map((same) => same.call('PUT', `${API}/ideas/${idea.id}/back`))))
  t.equal((await backers()).members, 7, 'twelve clicks at once of six people are six')
})

t.test(
  'enough residents oblige the commune to answer by a date; it is reminded, answers in public, and its promises are kept or not',
  async (t) => {
    const scene = await clientScene(t)
    const { alice, bea, anyone, ctx, clock } = scene
    const admin = await townHall(scene, 'admin')
    await admin.call('PUT', `${API}/admin/ideas/rules`, { threshold: 2, days: 10, counts: 'declared' })
    const idea = await propose(alice)
    const path = `${API}/ideas/${idea.id}`
    for (const one of [alice, bea]) {
      await one.call('PUT', `${API}/residence`, { lives_here: true })
      await one.call('PUT', `${path}/back`)
    }
    while ((await doChores(ctx)) > 0);
    const owed = (await anyone('GET', path)).json
    const due = new Intl.DateTimeFormat('sv-SE', { timeZone: ctx.site!.timezone }).format(new Date(clock.now().getTime() + 10 * 86_400_000))
    t.match(owed, { dueOn: due, isOverdue: false, threshold: 2 })
    await watchThreshold(ctx, idea.id)
    t.same(await steps(alice, idea.id), ['proposed open', `threshold ${due}`], 'once')
    const notices = async (): Promise<string[]> =>
      (await ctx.db('notifications').where({ owner_id: admin.actor.id, type: 'idea_due' }).pluck('id')) as string[]
    const [first] = await notices()
    t.ok(first, 'the town hall is told')
    const next = await remindDuty(ctx, idea.id)
    t.ok(next!.getTime() < Date.parse(`${due}T12:00:00Z`), 'and reminded before the date')
    t.not((await notices())[0], first)
    clock.advance(11 * 86_400_000)
    t.match((await anyone('GET', `${API}/ideas?tab=due`)).json, [{ id: idea.id, isOverdue: true }])
    t.equal((await bea.call('PUT', `${path}/answer`, { answer: 'accepted', text: 'Oui' })).status, 403)
    t.equal((await admin.call('PUT', `${path}/answer`, { answer: 'refused', text: ' ' })).json.code, 'answer.reason')
    t.equal((await admin.call('PUT', `${path}/progress`, { progress: 10, commitments: [] })).json.code, 'answer.not-accepted')
    const answered = await admin.call('PUT', `${path}/answer`, {
      answer: 'accepted',
      text: 'Un bac est commandé.',
      cost: '300 €',
      period: 'au printemps'
    })
    t.match(answered.json, { answer: { state: 'accepted', cost: '300 €', by: { username: 'admin' } }, dueOn: null, isOverdue: false })
    const [said] = (await anyone('GET', `/api/v1/statuses/${idea.id}/context`)).json.descendants
    t.match(said, { account: { username: (await ctx.db('actors').where({ id: ctx.site!.communeActorId }).first()).username } })
    t.match(said.content, /Un bac est commandé/)
    t.match((await ctx.db('objects').where({ id: idea.id }).first()).doc, { 'communer:phase': 'accepted', 'communer:answer': 'accepted' })
    t.equal(await ctx.db('object_edits').where({ object_id: idea.id }).first(), undefined, 'its words were not edited')
    t.equal(
      Number((await ctx.db('notifications').where({ type: 'idea_answered' }).count('* as n').first())!['n']),
      2,
      'who backs it is told'
    )
    t.equal(await remindDuty(ctx, idea.id), null, 'and nobody is reminded any more')
    const promise = { text: 'Poser le bac', due: '2031-03-01', done: null }
    await admin.call('PUT', `${path}/progress`, { progress: 20, commitments: [promise] })
    await admin.call('PUT', `${path}/progress`, { progress: 20, commitments: [{ ...promise, due: '2031-04-01' }] })
    t.equal((await admin.call('PUT', `${path}/progress`, { progress: 101, commitments: [] })).json.code, 'answer.progress')
    t.equal(
      (await admin.call('PUT', `${path}/progress`, { progress: 50, commitments: [{ ...promise, due: 'soon' }] })).json.code,
      'answer.commitment'
    )
    await admin.call('PUT', `${path}/progress`, { progress: 100, commitments: [{ ...promise, due: '2031-04-01', done: '2031-03-30' }] })
    t.same((await steps(alice, idea.id)).slice(2), [
      'answer accepted',
      'progress 20',
      'promised 2031-03-01',
      'postponed 2031-04-01',
      'progress 100',
      'kept 2031-03-30'
    ])
    t.match((await anyone('GET', `${API}/ideas?tab=done`)).json, [{ id: idea.id }])
    t.match((await anyone('GET', `${API}/ideas?tab=answered`)).json, [{ id: idea.id }])
  }
)

t.test('people help, object with a reason, join what says the same, and go on as a project', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone, ctx } = scene
  const hall = await townHall(scene)
  const idea = await propose(alice)
  const path = `${API}/ideas/${idea.id}`
  t.equal((await bea.call('PUT', `${path}/help`, { kinds: ['prayers'], words: '' })).json.code, 'idea.help')
  t.match((await bea.call('PUT', `${path}/help`, { kinds: ['skills', 'time'], words: 'Je soude.' })).json, {
    helps: 1,
    mine: { help: { kinds: ['skills', 'time'] } }
  })
  t.equal((await bea.call('PUT', `${path}/objection`, { reason: 'Non' })).json.code, 'idea.reason')
  t.match((await bea.call('PUT', `${path}/objection`, { reason: 'L’odeur, l’été.' })).json, { objections: 1 })
  t.match((await anyone('GET', `${path}/objections`)).json, [{ words: 'L’odeur, l’été.', account: { username: 'bea' } }])
  t.match((await anyone('GET', `${path}/helps`)).json, [{ words: 'Je soude.', kinds: ['skills', 'time'] }])
  t.match((await bea.call('DELETE', `${path}/objection`)).json, { objections: 0 })
  const twin = await propose(bea, { ...COMPOST, title: 'Composteur numéro deux' })
  t.equal((await alice.call('POST', `${API}/ideas/${twin.id}/merge`, { into: idea.id })).status, 403)
  t.equal((await hall.call('POST', `${API}/ideas/${twin.id}/merge`, { into: twin.id })).json.code, 'idea.same')
  t.match((await hall.call('POST', `${API}/ideas/${twin.id}/merge`, { into: idea.id })).json, {
    state: 'merged',
    mergedInto: { id: idea.id }
  })
  t.equal((await alice.call('PUT', `${API}/ideas/${twin.id}/back`)).json.code, 'idea.closed')
  t.same(
    (await anyone('GET', `${API}/ideas`)).json.map(({ id }: Json) => id),
    [idea.id]
  )
  await bea.call('PUT', `${path}/back`)
  await alice.call('POST', `${API}/groups`, { username: 'compost', name: 'Compost du bourg', kind: 'project' })
  t.equal((await bea.call('PUT', `${path}/project`, { username: 'compost' })).status, 403)
  t.match((await alice.call('PUT', `${path}/project`, { username: 'compost' })).json, { project: { username: 'compost' } })
  t.equal((await alice.call('PUT', `${path}/project`, { username: 'compost' })).json.code, 'idea.has-project')
  t.ok(await ctx.db('notifications').where({ type: 'idea_project', owner_id: bea.actor.id }).first())
  const other = await propose(bea, { ...COMPOST, title: 'Des bancs sous les arbres' })
  await bea.call('POST', `${API}/ideas/${other.id}/withdraw`, { reason: 'Ils sont déjà prévus.' })
  t.match((await anyone('GET', `${API}/ideas/${other.id}`)).json, { state: 'withdrawn' })
  t.match((await bea.call('GET', `${API}/ideas/${other.id}/journal`)).json.at(-1), {
    what: 'withdrawn',
    reason: 'Ils sont déjà prévus.',
    by: { username: 'bea' }
  })
  await alice.call('DELETE', `/api/v1/statuses/${idea.id}`)
  t.equal(await findIdea(ctx.db, idea.id), null, 'deleted, nothing of it is left')
})

t.test('lists: what needs a voice leaves out one’s own and what one backs; themes, words and pages', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const bench = await propose(alice, { title: 'Des bancs au soleil', text: 'Place de la mairie, trois bancs.', themes: ['culture'] })
  const compost = await propose(alice)
  const ids = async (call: Client['call'], query: string): Promise<string[]> =>
    (await call('GET', `${API}/ideas?${query}`)).json.map(({ id }: Json) => id)
  t.same(await ids(anyone, ''), [compost.id, bench.id])
  await bea.call('PUT', `${API}/ideas/${bench.id}/back`)
  t.same(await ids(anyone, 'tab=backed'), [bench.id, compost.id])
  t.same(await ids(bea.call, 'tab=voice'), [compost.id])
  t.same(await ids(alice.call, 'tab=voice'), [])
  t.same(await ids(alice.call, 'tab=mine'), [compost.id, bench.id])
  t.equal((await anyone('GET', `${API}/ideas?tab=mine`)).status, 401)
  t.same(await ids(anyone, 'theme=culture'), [bench.id])
  t.same(await ids(anyone, 'q=mairies'), [bench.id])
  const pond = await propose(alice, {
    title: 'Une mare au parc',
    text: 'Pour les grenouilles.',
    place: { name: 'Parc', latitude: 48.1, longitude: -1.6 }
  })
  const map = async (query: string) => (await anyone('GET', `${API}/map?bbox=-2,48,-1,49&${query}`)).json.features
  t.match(await map('kind=idea'), [{ properties: { kind: 'idea', name: 'Une mare au parc', url: `/idees/${pond.id}`, text: 'Parc' } }])
  t.same(await map('kind=idea&theme=sport'), [])
  const page = await anyone('GET', `${API}/ideas?limit=2`)
  t.same(await ids(anyone, new URL(page.headers.link.match(/<([^>]+)>/)[1]).search.slice(1)), [bench.id])
})

t.test('on the map stand the ideas that have a place, under the filters of the list', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone } = scene
  const at = (latitude: number, longitude: number) => ({ name: 'Au port', latitude, longitude })
  const compost = await propose(alice, { ...COMPOST, place: at(-21.17, 55.28) })
  const bench = await propose(alice, {
    title: 'Un banc au port',
    text: 'Pour les bateaux.',
    themes: ['mobility'],
    place: at(-21.18, 55.29)
  })
  await propose(alice, { title: 'Une idée sans lieu', text: 'Partout et nulle part.' })
  await propose(alice, { title: 'Une idée bien loin', text: 'Dans une autre ville.', place: at(48.85, 2.35) })
  const box = 'bbox=55.2,-21.3,55.4,-21.1'
  t.match(await anyone('GET', `${API}/ideas/map?bbox=55.4,-21.3,55.2,-21.1`), { status: 422, json: { code: 'map.box' } })
  t.equal((await anyone('GET', `${API}/ideas/map?${box}&tab=mine`)).status, 401)
  t.equal((await anyone('GET', `${API}/ideas/map`)).status, 422)
  const names = async (query: string, call = anyone): Promise<string[]> =>
    (await call('GET', `${API}/ideas/map?${box}${query}`)).json.features.map(({ properties }: Json) => properties.name)
  t.same(await names(''), [bench.title, compost.title])
  t.same(await names('&theme=waste'), [compost.title])
  t.same(await names('&q=bancs'), [bench.title])
  t.same(await names('&tab=answered'), [])
  t.same(await names('&tab=mine', bea.call), [])
  t.match((await anyone('GET', `${API}/ideas/map?${box}&q=banc`)).json, {
    isCut: false,
    features: [
      {
        geometry: { type: 'Point', coordinates: [55.29, -21.18] },
        properties: { kind: 'idea', url: `/idees/${bench.id}`, text: 'Au port' }
      }
    ]
  })
  await alice.call('POST', `${API}/ideas/${bench.id}/withdraw`, { reason: 'Il y en a un.' })
  t.same(await names(''), [compost.title])
})

t.test('who backs an idea that is joined to another is counted there, once, and signs nothing', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone, ctx, app } = scene
  const hall = await townHall(scene)
  const carl = await client(ctx, app, 'carl', 'read write')
  const dan = await remotePerson(ctx, 'dan@mastodon.example')
  await ctx.db('residents').insert({ actor_id: bea.actor.id, declared_at: ctx.clock.now() })
  const idea = await propose(hall)
  const twin = await propose(alice, { ...COMPOST, title: 'Composteur numéro deux' })
  const third = await propose(alice, { ...COMPOST, title: 'Composteur numéro trois' })
  const back = (by: Client, id: string) => by.call('PUT', `${API}/ideas/${id}/back`)
  const like = (id: string) => ({ id: `${dan.iri}#likes/${id}`, type: 'Like', actor: dan.iri, object: id })
  for (const by of [bea, carl]) await back(by, twin.id)
  for (const by of [bea, alice]) await back(by, idea.id)
  await back(alice, third.id)
  await accept(ctx, like(twin.uri))
  await drain(ctx)
  const counts = async (id: string = idea.id): Promise<Json> => (await anyone('GET', `${API}/ideas/${id}`)).json.backers
  t.match(await counts(twin.id), { residents: 1, members: 1, public: 1, joined: 0, paper: 0 })
  const merge = (id: string, into: string) => hall.call('POST', `${API}/ideas/${id}/merge`, { into })
  t.equal((await merge(third.id, twin.id)).status, 200)
  t.match(await counts(twin.id), { residents: 1, members: 2, public: 1, joined: 1, paper: 0 })
  t.equal((await merge(twin.id, third.id)).json.code, 'idea.closed', 'nothing is joined to what is joined itself')
  t.equal((await merge(twin.id, idea.id)).status, 200)
  t.match(
    await counts(),
    { residents: 1, members: 2, public: 0, joined: 1, paper: 0 },
    'Bea and Alice backed both, Carl the other; Dan is of elsewhere'
  )
  t.equal((await ctx.db('likes').where({ object_id: idea.id })).length, 2, 'nobody likes what they did not like')
  t.match((await carl.call('GET', `${API}/ideas/${idea.id}`)).json.mine, { backed: false })
  await back(carl, idea.id)
  t.match(await counts(), { residents: 1, members: 2, joined: 0, paper: 0 }, 'backing it oneself counts no second time')
  await carl.call('POST', `/api/v1/statuses/${idea.id}/unfavourite`)
  await carl.call('POST', `/api/v1/statuses/${twin.id}/unfavourite`)
  t.match(await counts(), { residents: 1, members: 1, joined: 0, paper: 0 }, 'taken back, it counts no more')
  await carl.call('POST', `/api/v1/statuses/${twin.id}/favourite`)
  t.match(await counts(), { residents: 1, members: 2, joined: 1, paper: 0 })
  t.match(await counts(twin.id), { members: 2, public: 1 }, 'what is joined keeps the counts it had')
  await ctx.db('residents').insert({ actor_id: carl.actor.id, declared_at: ctx.clock.now() })
  t.match(await counts(), { residents: 2, members: 1, joined: 1, paper: 0 })
  await hall.call('PUT', `${API}/ideas/${idea.id}/answer`, { answer: 'accepted', text: 'Oui.' })
  t.ok(await ctx.db('notifications').where({ owner_id: carl.actor.id, type: 'idea_answered' }).first(), 'and they hear of the answer')
  await alice.call('DELETE', `/api/v1/statuses/${twin.id}`)
  t.match(await counts(), { residents: 1, members: 1, joined: 0, paper: 0 }, 'deleted, it brings nobody any more')
})

t.test('joined backers can reach the threshold; a like after an idea was withdrawn changes nothing', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone, ctx, clock } = scene
  const hall = await townHall(scene, 'admin')
  await hall.call('PUT', `${API}/admin/ideas/rules`, { threshold: 2, days: 30, counts: 'declared' })
  const [idea, twin, gone] = [
    await propose(hall),
    await propose(hall, { ...COMPOST, title: 'Numéro deux' }),
    await propose(hall, { ...COMPOST, title: 'Numéro trois' })
  ]
  for (const { actor } of [alice, bea]) await ctx.db('residents').insert({ actor_id: actor.id, declared_at: clock.now() })
  await alice.call('PUT', `${API}/ideas/${idea.id}/back`)
  await bea.call('PUT', `${API}/ideas/${twin.id}/back`)
  await alice.call('PUT', `${API}/ideas/${gone.id}/back`)
  while ((await doChores(ctx)) > 0);
  t.equal((await anyone('GET', `${API}/ideas/${idea.id}`)).json.dueOn, null)
  await hall.call('POST', `${API}/ideas/${twin.id}/merge`, { into: idea.id })
  while ((await doChores(ctx)) > 0);
  t.ok((await anyone('GET', `${API}/ideas/${idea.id}`)).json.dueOn, 'the two together oblige the commune to answer')
  await hall.call('POST', `${API}/ideas/${gone.id}/withdraw`, { reason: 'Elle est faite.' })
  await bea.call('POST', `/api/v1/statuses/${gone.id}/favourite`)
  const dan = await remotePerson(ctx, 'dan@mastodon.example')
  await accept(ctx, { id: `${dan.iri}#likes/late`, type: 'Like', actor: dan.iri, object: gone.uri })
  await drain(ctx)
  while ((await doChores(ctx)) > 0);
  t.match((await anyone('GET', `${API}/ideas/${gone.id}`)).json, { backers: { residents: 1, public: 0 }, dueOn: null })
  t.equal((await hall.call('POST', `${API}/ideas/${idea.id}/merge`, { into: gone.id })).json.code, 'idea.closed')
})

t.test('a Dislike from elsewhere is against without a reason: shown by itself, never among those who said why', async (t) => {
  const { alice, bea, anyone, ctx } = await clientScene(t)
  const idea = await propose(alice)
  const [dan, eve] = [await remotePerson(ctx, 'dan@lemmy.example'), await remotePerson(ctx, 'eve@lemmy.example')]
  await bea.call('PUT', `${API}/ideas/${idea.id}/objection`, { reason: 'L’odeur, l’été.' })
  const act = async (type: string, by: { iri: string }, signer = by.iri): Promise<void> => {
    await accept(ctx, { id: `${by.iri}#${type}`, type, actor: by.iri, object: idea.uri }, signer)
    await drain(ctx)
  }
  const seen = async () => (await anyone('GET', `${API}/ideas/${idea.id}`)).json
  await act('Like', dan)
  t.match(await seen(), { backers: { public: 1 }, against: 0 })
  await act('Dislike', dan, eve.iri)
  t.match(await seen(), { backers: { public: 1 }, against: 0 }, 'nobody dislikes in the name of somebody else')
  await act('Dislike', dan)
  await act('Dislike', dan)
  t.match(await seen(), { backers: { public: 0 }, against: 1, objections: 1 })
  t.equal((await anyone('GET', `${API}/ideas/${idea.id}/objections`)).json.length, 1)
  await act('Like', dan)
  await accept(ctx, {
    id: `${dan.iri}#undo`,
    type: 'Undo',
    actor: dan.iri,
    object: { id: `${dan.iri}#Dislike`, type: 'Dislike', actor: dan.iri, object: idea.uri }
  })
  await drain(ctx)
  t.match(await seen(), { against: 0, objections: 1 })
})
