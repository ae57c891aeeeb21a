// Tasks: made of what was decided, given, taken, done, late; each step in the journal of the decision, each refusal with its name.
import t from 'tap'
import { doChores } from '../../jobs/chores.ts'
import { client, clientScene, type Client, type Json } from '../../test/client.ts'

const API = '/api/communer/v1'
const TEXT = 'La halle ouvre le samedi à 8 h.\n\nElle ferme à midi.'
type Tap = Parameters<typeof clientScene>[0]

/** An adopted proposal of Alice, the agent who adopted it, Bea who is nobody in particular. */
async function scene(t: Tap) {
  const found = await clientScene(t, { startAt: new Date('2026-10-05T08:00:00Z') })
  const hall = await client(found.ctx, found.app, 'agente', 'read write')
  await found.ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  const proposed = await found.alice.call('POST', `${API}/proposals`, { title: 'Ouvrir la halle le samedi', text: TEXT })
  const id: string = proposed.json.id
  const adopt = () => hall.call('PUT', `${API}/proposals/${id}/answer`, { answer: 'accepted', text: 'Dès le printemps.' })
  const make = (by: Client, tasks: object[], about = id) => by.call('POST', `${API}/tasks`, { about, tasks })
  const steps = async (path = `proposals/${id}`): Promise<string[]> =>
    (await found.anyone('GET', `${API}/${path}/journal`)).json.map(({ what }: Json) => what)
  const told = async (person: Client): Promise<string[]> =>
    found.ctx.db('notifications').where({ owner_id: person.actor.id }).whereLike('type', 'task%').orderBy('id').pluck('type')
  return { ...found, hall, id, adopt, make, steps, told }
}

t.test('tasks are made of what is decided, by who answers for it; what is wrong is refused with its name', async (t) => {
  const { alice, bea, anyone, hall, ctx, id, adopt, make, steps } = await scene(t)
  const task = { title: 'Réparer la porte' }
  t.match(await make(alice, [task]), { status: 409, json: { code: 'task.not-decided' } })
  t.equal((await alice.call('GET', `${API}/tasks/suggestions?about=${id}`)).json.can, false)
  await adopt()
  t.equal((await anyone('POST', `${API}/tasks`, { about: id, tasks: [task] })).status, 401)
  t.match(await make(bea, [task]), { status: 403, json: { code: 'permission.denied' } })
  t.equal((await make(alice, [task], '1')).status, 404)
  for (const [tasks, code] of [
    [[], 'task.none'],
    [[{ title: ' a ' }], 'task.title'],
    [[{ ...task, due: '2026-02-30' }], 'task.due'],
    [[{ ...task, people: ['personne'] }], 'task.person'],
    [[{ ...task, people: 'abcdefghijk'.split('') }], 'task.people'],
    [[task, { title: '' }], 'task.title']
  ] as [object[], string][])
    t.match(await make(alice, tasks), { status: 422, json: { code } }, code)
  t.equal((await ctx.db('tasks').first()) ?? null, null, 'of several, one that is wrong makes none')
  t.match((await alice.call('GET', `${API}/tasks/suggestions?about=${id}`)).json, {
    can: true,
    tasks: [{ title: 'La halle ouvre le samedi à 8 h', text: '', due: null }, { title: 'Elle ferme à midi' }]
  })
  const commitments = [
    { text: 'Poser les étals', due: '2027-03-01', done: null },
    { text: 'Nettoyer', due: '2026-10-01', done: '2026-10-01' }
  ]
  await alice.call('PUT', `${API}/proposals/${id}/progress`, { progress: 10, commitments })
  t.same((await hall.call('GET', `${API}/tasks/suggestions?about=${id}`)).json.tasks, [
    { title: 'Poser les étals', text: '', due: '2027-03-01' }
  ])
  const { status, json: made } = await make(alice, [
    { ...task, text: 'Elle grince.', due: '2026-11-20', people: ['@bea'] },
    { title: 'Afficher les horaires' }
  ])
  t.equal(status, 201)
  t.match(made, [
    {
      title: 'Réparer la porte',
      url: `/taches/${made[0].id}`,
      state: 'todo',
      late: false,
      due: '2026-11-20',
      account: { username: 'alice' },
      people: [{ username: 'bea' }],
      about: { id, kind: 'proposal', title: 'Ouvrir la halle le samedi' }
    },
    { title: 'Afficher les horaires', due: null, people: [] }
  ])
  t.match(
    await make(hall, [{ title: 'Voter le budget' }]),
    { status: 201, json: [{ account: { group: true } }] },
    'the town hall speaks for the commune'
  )
  t.equal((await anyone('GET', `${API}/tasks?about=${id}`)).json.length, 3)
  t.equal((await anyone('GET', `${API}/tasks`)).status, 404)
  t.same((await steps()).slice(-4), ['task_made', 'task_given', 'task_made', 'task_made'])
})

t.test('on the wire a task is a Note that says all of it, in the conversation of its decision', async (t) => {
  const { alice, bea, ctx, id, adopt, make } = await scene(t)
  await adopt()
  const { json } = await make(alice, [{ title: "Réparer l'entrée", text: 'Elle grince.', due: '2026-11-20', people: ['bea'] }])
  const subject = (await ctx.db('objects').where({ id }).first()).doc
  const doc = async () => (await ctx.db('objects').where({ id: json[0].id }).first()).doc
  t.match(await doc(), {
    type: 'Note',
    'communer:kind': 'task',
    'communer:taskStatus': 'todo',
    'communer:due': '2026-11-20T00:00:00Z',
    'communer:assignee': [bea.actor.iri],
    'communer:about': subject.id,
    context: subject.context,
    inReplyTo: subject.id,
    url: `https://commune.test/taches/${json[0].id}`
  })
  const { content } = await doc()
  t.equal(
    content,
    `<p><strong>Tâche : Réparer l&#39;entrée</strong></p><p>Elle grince.</p><p>À faire, pour le 20 novembre 2026. <a href="https://commune.test/taches/${json[0].id}">Voir la tâche</a></p>`
  )
  t.equal('name' in (await doc()), false)
  await bea.call('PUT', `${API}/tasks/${json[0].id}/state`, { state: 'done' })
  t.match(await doc(), { 'communer:taskStatus': 'done', content: /Faite, pour le/ })
  const sent = (type: string) => ctx.db('activities').where({ type }).orderBy('id', 'desc').first()
  t.match((await sent('Update')).body, /"communer:taskStatus":"done"/)
  await alice.call('DELETE', `/api/v1/statuses/${json[0].id}`)
  t.match(await doc(), { type: 'Tombstone' })
  t.equal((await ctx.db('tasks').first()) ?? null, null)
  t.equal((await ctx.db('task_people').first()) ?? null, null)
})

t.test('who does it takes it, gives it back, says where it stands; others do not', async (t) => {
  const { alice, bea, anyone, hall, ctx, app, id, adopt, make, steps, told } = await scene(t)
  const carl = await client(ctx, app, 'carl', 'read write')
  await adopt()
  const path = `${API}/tasks/${(await make(alice, [{ title: 'Réparer la porte', due: '2026-11-20' }])).json[0].id}`
  t.equal((await anyone('POST', `${path}/take`)).status, 401)
  t.match((await anyone('GET', path)).json.can, { take: false, release: false, move: [], edit: false })
  t.match(await bea.call('PUT', `${path}/state`, { state: 'done' }), { status: 403 })
  t.match(await bea.call('PATCH', path, { title: 'Autre chose' }), { status: 403 })
  t.match((await bea.call('POST', `${path}/take`)).json, { mine: true, can: { take: false, release: true, edit: false } })
  await bea.call('POST', `${path}/take`)
  t.same((await bea.call('GET', `${API}/tasks?mine=true&tab=open`)).json.length, 1)
  t.equal((await carl.call('GET', `${API}/tasks?mine=true`)).json.length, 0)
  t.equal((await anyone('GET', `${API}/tasks?mine=true`)).status, 401)
  t.match(
    await bea.call('PUT', `${path}/state`, { state: 'cancelled', reason: 'Non' }),
    { status: 403 },
    'who does it does not give it up for all'
  )
  t.match(await bea.call('PUT', `${path}/state`, { state: 'blocked', reason: ' ' }), { status: 422, json: { code: 'task.reason' } })
  t.match((await bea.call('PUT', `${path}/state`, { state: 'blocked', reason: 'Il manque le bois.' })).json, { state: 'blocked' })
  t.match((await bea.call('POST', `${path}/release`, { reason: 'Je pars.' })).json, { mine: false, people: [] })
  t.same(await told(bea), [], 'what one takes oneself is no news')
  t.match((await hall.call('PATCH', path, { people: ['carl'], due: '2026-12-01' })).json, {
    people: [{ username: 'carl' }],
    due: '2026-12-01'
  })
  t.same(await told(carl), ['task_given'])
  t.match((await carl.call('PUT', `${path}/state`, { state: 'done' })).json, {
    state: 'done',
    can: { edit: false, take: false, release: false }
  })
  await carl.call('PUT', `${path}/state`, { state: 'done' })
  t.same([await told(alice), await told(hall)], [['task_done'], ['task_done']], 'who made it and who gave it hear of it, once')
  t.match(await bea.call('POST', `${path}/take`), { status: 409, json: { code: 'task.closed' } })
  t.match(await alice.call('PATCH', path, { title: 'Trop tard' }), { status: 409, json: { code: 'task.closed' } })
  t.same((await bea.call('GET', `${API}/tasks?about=${id}&tab=open`)).json, [])
  const seen = ['task_made', 'task_taken', 'task_blocked', 'task_released', 'task_due', 'task_given', 'task_done']
  t.same((await steps()).slice(-7), seen)
  t.same(
    await steps(path.slice(API.length + 1)),
    seen.map((what) => what.slice(5))
  )
  t.match((await anyone('GET', `${API}/proposals/${id}/journal`)).json.at(-5), {
    what: 'task_blocked',
    from: 'Réparer la porte',
    by: { username: 'bea' },
    reason: 'Il manque le bois.'
  })
})

t.test('its day comes and goes: said once each, caught up after an outage, and late it stands on the desk', async (t) => {
  const { alice, bea, hall, ctx, clock, adopt, make, told } = await scene(t)
  const chores = async (): Promise<void> => {
    while ((await doChores(ctx)) > 0);
  }
  const late = async (): Promise<string[]> =>
    (await hall.call('GET', `${API}/desk`)).json.flatMap(({ kind, title, late: isLate }: Json) =>
      kind === 'task' && isLate ? [title] : []
    )
  await adopt()
  const due = async (title: string, day: string): Promise<string> => (await make(alice, [{ title, due: day, people: ['bea'] }])).json[0].id
  const door = await due('Réparer la porte', '2026-11-20')
  const near = await due('Afficher les horaires', '2026-10-06')
  await due('Compter les étals', '2026-11-20')
  await chores()
  t.same(await told(bea), ['task_given', 'task_given', 'task_given'], 'nobody is reminded of what was given a day before')
  await bea.call('PUT', `${API}/tasks/${near}/state`, { state: 'done' })
  clock.set('2026-11-17T04:59:00Z')
  await chores()
  t.equal((await told(bea)).includes('task_soon'), false)
  clock.set('2026-11-17T05:01:00Z')
  await chores()
  await chores()
  t.equal((await told(bea)).filter((type) => type === 'task_soon').length, 2)
  t.equal((await ctx.db('notifications').where({ type: 'task_soon', owner_id: alice.actor.id }).first()) ?? null, null)
  t.same(await late(), [])
  clock.set('2026-11-25T12:00:00Z')
  t.equal((await alice.call('GET', `${API}/tasks/${door}`)).json.late, true)
  t.same(await late(), ['Réparer la porte', 'Compter les étals'])
  await chores()
  await chores()
  for (const person of [alice, bea]) t.equal((await told(person)).filter((type) => type === 'task_late').length, 2)
  t.equal((await told(bea)).includes('task_soon'), false, 'the word of before gave way')
  await bea.call('PUT', `${API}/tasks/${door}/state`, { state: 'done' })
  t.same(await late(), ['Compter les étals'])
  await alice.call('PATCH', `${API}/tasks/${door}`, { due: '2026-12-30' })
  t.equal((await ctx.db('chores').where({ kind: 'task-due' }).first()) ?? null, null, 'what is done or told waits for nothing')
})

t.test('after an outage over both moments the later word alone is said; a day that moves is told anew', async (t) => {
  const { alice, bea, ctx, clock, adopt, make, told } = await scene(t)
  await adopt()
  const id = (await make(alice, [{ title: 'Réparer la porte', due: '2026-11-20', people: ['bea'] }])).json[0].id
  clock.set('2026-11-22T12:00:00Z')
  while ((await doChores(ctx)) > 0);
  t.same(await told(bea), ['task_given', 'task_late'])
  await alice.call('PATCH', `${API}/tasks/${id}`, { due: '2026-12-10' })
  clock.set('2026-12-08T12:00:00Z')
  while ((await doChores(ctx)) > 0);
  t.same(await told(bea), ['task_given', 'task_soon'])
})

t.test('a decision that is reopened or deleted leaves its tasks as they are', async (t) => {
  const { alice, bea, anyone, hall, ctx, id, adopt, make } = await scene(t)
  await adopt()
  const path = `${API}/tasks/${(await make(hall, [{ title: 'Réparer la porte', people: ['bea'] }])).json[0].id}`
  await hall.call('PUT', `${API}/proposals/${id}/answer`, { answer: 'examining', text: '' })
  t.match(await make(alice, [{ title: 'Encore une' }]), { status: 409 })
  t.equal((await bea.call('PUT', `${path}/state`, { state: 'doing' })).json.state, 'doing')
  await alice.call('DELETE', `/api/v1/statuses/${id}`)
  t.match((await anyone('GET', path)).json, { about: null, state: 'doing', people: [{ username: 'bea' }] })
  t.equal((await bea.call('PUT', `${path}/state`, { state: 'done' })).json.state, 'done')
  t.equal((await ctx.db('objects').where({ kind: 'task' }).first()).doc['communer:about'], undefined)
  t.match((await hall.call('PUT', `${path}/state`, { state: 'todo' })).json, { state: 'todo' })
})

t.test('what a group decides among its members is done among them', async (t) => {
  const { alice, bea, anyone, hall, ctx, make } = await scene(t)
  await alice.call('POST', `${API}/groups`, { username: 'halle', name: 'Amis de la halle', kind: 'organization' })
  const inside = { title: 'Ouvrir la halle entre nous', text: TEXT, as: 'halle', visibility: 'members' }
  const { id } = (await alice.call('POST', `${API}/proposals`, inside)).json
  await ctx.db('proposals').where({ object_id: id }).update({ state: 'adopted' })
  t.match(await make(hall, [{ title: 'Voir de loin' }], id), { status: 404 })
  t.match(await make(alice, [{ title: 'Pour Bea', people: ['bea'] }], id), { status: 422, json: { code: 'task.person' } })
  const made = await make(alice, [{ title: 'Entre nous' }], id)
  t.match(made, { status: 201, json: [{ account: { username: 'halle' } }] })
  const path = `${API}/tasks/${made.json[0].id}`
  for (const call of [anyone, bea.call]) t.equal((await call('GET', path)).status, 404)
  t.equal((await bea.call('POST', `${path}/take`)).status, 404)
  await bea.call('POST', `${API}/groups/halle/join`)
  t.equal((await bea.call('POST', `${path}/take`)).json.mine, true)
})

t.test('an idea the commune accepted has tasks too', async (t) => {
  const { alice, bea, anyone, hall, make, steps } = await scene(t)
  const { id } = (await bea.call('POST', `${API}/ideas`, { title: 'Un banc au port', text: 'Pour regarder les bateaux.' })).json
  t.match(await make(hall, [{ title: 'Choisir le banc' }], id), { status: 409, json: { code: 'task.not-decided' } })
  await hall.call('PUT', `${API}/ideas/${id}/answer`, { answer: 'accepted', text: 'Oui.' })
  t.match(await make(alice, [{ title: 'Choisir le banc' }], id), { status: 403 })
  t.match((await hall.call('GET', `${API}/tasks/suggestions?about=${id}`)).json.tasks, [{ title: 'Un banc au port', text: /bateaux/ }])
  t.equal((await make(bea, [{ title: 'Choisir le banc' }], id)).status, 201)
  t.match((await anyone('GET', `${API}/tasks?about=${id}`)).json, [{ about: { kind: 'idea', id } }])
  t.equal((await steps(`ideas/${id}`)).at(-1), 'task_made')
})

t.test('who wrote the decision is not told of each task, nor of each step', async (t) => {
  const { alice, hall, ctx, adopt, make } = await scene(t)
  await adopt()
  const { json } = await make(hall, [{ title: 'Réparer la porte' }, { title: 'Afficher les horaires' }])
  await hall.call('PUT', `${API}/tasks/${json[0].id}/state`, { state: 'doing' })
  const told = await ctx
    .db('notifications')
    .where({ owner_id: alice.actor.id, type: 'mention' })
    .whereIn('object_id', [json[0].id, json[1].id])
  t.same(told, [])
})
