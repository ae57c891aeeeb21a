// Rooms: opened by who looks after a group, and only who holds a function today proposes, amends and votes there.
import t from 'tap'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'

const API = '/api/communer/v1'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PROPOSAL = { title: 'Un second composteur', text: 'Le composteur du jardin déborde. On en achète un second.' }

async function scene(t: Parameters<typeof clientScene>[0]) {
  const scene = await clientScene(t, { startAt: new Date('2026-11-27T10:00:00Z') })
  const { alice, bea, ctx, app } = scene
  const made = await alice.call('POST', `${API}/groups`, { username: 'jardin', name: 'Le Jardin', openness: 'open' })
  if (made.status !== 201) throw new Error(JSON.stringify(made.json))
  await bea.call('POST', `${API}/groups/jardin/join`)
  const stranger = await client(ctx, app, 'paul')
  const openRoom = async (input: object): Promise<Json> => {
    const room = await alice.call('POST', `${API}/groups/jardin/rooms`, input)
    if (room.status !== 201) throw new Error(JSON.stringify(room.json))
    return room.json
  }
  const give = (functions: object[]) => alice.call('PUT', `${API}/groups/jardin/members/${bea.actor.id}/functions`, { functions })
  return { ...scene, stranger, openRoom, give }
}

const vote = (clock: ClientScene['clock'], more: object = {}) => ({
  as: 'jardin',
  title: 'On achète ?',
  method: 'yes_no',
  electorate: 'members',
  closes_at: new Date(clock.now().getTime() + 48 * HOUR_MS).toISOString(),
  ...more
})

t.test('who looks after the group opens, changes and archives rooms; everybody reads them', async (t) => {
  const { alice, bea, stranger, anyone, openRoom } = await scene(t)
  const path = `${API}/groups/jardin/rooms`
  for (const [by, status] of [
    [bea, 403],
    [stranger, 403]
  ] as const)
    t.equal((await by.call('POST', path, { name: 'La mienne' })).status, status)
  t.equal((await anyone('POST', path, { name: 'La mienne' })).status, 401)
  t.match((await alice.call('POST', path, { name: 'x' })).json, { code: 'room.name', field: 'name' })
  const many = Array.from({ length: 11 }, (_none, at) => `Fonction ${at}`)
  t.equal((await alice.call('POST', path, { name: 'Bureau', functions: many })).json.code, 'function.too-many')
  const room = await openRoom({ name: 'Bureau', topic: 'Les comptes', functions: ['Trésorière', 'TRESORIERE', 'Présidence'] })
  t.match(room, { functions: ['Trésorière', 'Présidence'], archived: false, can: { propose: false, manage: true } })
  t.match((await anyone('GET', path)).json, [{ id: room.id, name: 'Bureau', can: { propose: false, manage: false } }])
  t.equal((await bea.call('PATCH', `${path}/${room.id}`, { name: 'À moi' })).status, 403)
  t.match((await alice.call('PATCH', `${path}/${room.id}`, { topic: 'Tout' })).json, {
    name: 'Bureau',
    topic: 'Tout',
    functions: { length: 2 }
  })
  t.equal((await alice.call('POST', `${API}/groups`, { username: 'autre', name: 'Un autre groupe' })).status, 201)
  t.equal((await alice.call('PATCH', `${API}/groups/autre/rooms/${room.id}`, { name: 'Ailleurs' })).status, 404, 'by its own group alone')
})

t.test('functions are given by who looks after the group, with the days of a mandate', async (t) => {
  const { alice, bea, stranger, give, anyone } = await scene(t)
  t.equal((await bea.call('PUT', `${API}/groups/jardin/members/${bea.actor.id}/functions`, { functions: [{ name: 'Élue' }] })).status, 403)
  t.equal(
    (await alice.call('PUT', `${API}/groups/jardin/members/${stranger.actor.id}/functions`, { functions: [{ name: 'Élue' }] })).json.code,
    'group.not-member'
  )
  t.equal((await give([{ name: 'Élue', since: '2026-02-31' }])).json.code, 'function.day')
  t.equal((await give([{ name: 'Élue', since: '2027-01-01', until: '2026-01-01' }])).json.code, 'function.days')
  t.equal((await give([{ name: 'Trésorière', until: '2026-12-31' }, { name: 'tresoriere' }, { name: ' ' }])).status, 200)
  const members = (await anyone('GET', `${API}/groups/jardin/members`)).json
  t.match(members.find((one: Json) => one.account.username === 'bea').functions, [{ name: 'Trésorière', since: null, until: '2026-12-31' }])
  const names: string[] = (await anyone('GET', `${API}/groups/jardin/functions`)).json
  t.equal(names[0], 'Trésorière', 'those in use come first')
  t.ok(names.includes('Présidence'))
  await bea.call('POST', `${API}/groups/jardin/leave`)
  await bea.call('POST', `${API}/groups/jardin/join`)
  t.same(
    (await anyone('GET', `${API}/groups/jardin/members`)).json.find((one: Json) => one.account.username === 'bea').functions,
    [],
    'who leaves and comes back holds none'
  )
})

t.test('in a room with functions those propose and amend who hold one today; others read why not', async (t) => {
  const { alice, bea, stranger, clock, openRoom, give, ctx } = await scene(t)
  const room = await openRoom({ name: 'Bureau', functions: ['Trésorière'] })
  const propose = (by: Client, more: object = {}) => by.call('POST', `${API}/proposals`, { ...PROPOSAL, room: room.id, ...more })
  t.match(await propose(bea), { status: 403, json: { code: 'room.functions-only' } })
  t.match((await propose(bea)).json.detail ?? (await propose(bea)).json.error, /Trésorière/)
  t.equal((await propose(stranger)).status, 403)
  t.equal((await propose(alice)).status, 403, 'to look after a group is no function')
  t.equal((await propose(bea, { room: '404' })).json.code, 'room.none')
  await give([{ name: 'tresoriere', since: '2026-12-01', until: '2026-12-31' }])
  t.equal((await propose(bea)).json.code, 'room.functions-only', 'the mandate has not begun')
  clock.advance(5 * DAY_MS)
  const proposal = await propose(bea, { visibility: 'members' })
  t.match(proposal, {
    status: 201,
    json: { room: { id: room.id, name: 'Bureau', group: 'jardin' }, visibility: 'members', can: { amend: true } }
  })
  t.equal((await stranger.call('GET', `${API}/proposals/${proposal.json.id}`)).status, 404, 'written for members')
  const row = (await ctx.db('objects').where({ id: proposal.json.id }).first())!
  t.equal(row.actor_id, bea.actor.id, 'in her own name')
  const amendment = { version: 1, paragraph: 1, kind: 'replace', text: 'On en construit un second avec des palettes.' }
  const amend = (by: Client) => by.call('POST', `${API}/proposals/${proposal.json.id}/amendments`, amendment)
  t.equal((await amend(alice)).json.code, 'room.functions-only')
  t.equal((await alice.call('GET', `${API}/proposals/${proposal.json.id}`)).json.can.amend, false)
  t.equal((await amend(bea)).status, 201)
  t.equal((await alice.call('POST', `${API}/proposals/${proposal.json.id}/arguments`, { kind: 'for', text: 'Moins cher.' })).status, 201)
  t.match((await alice.call('GET', `${API}/groups/jardin/rooms/${room.id}/items`)).json, [
    { id: proposal.json.id, kind: 'proposal', state: 'open' }
  ])
  t.same((await stranger.call('GET', `${API}/groups/jardin/rooms/${room.id}/items`)).json, [])
  clock.advance(40 * DAY_MS)
  t.equal((await amend(bea)).json.code, 'room.functions-only', 'the mandate has ended')
})

t.test('a vote of a room is for those who hold its functions, whatever was asked for', async (t) => {
  const { alice, bea, stranger, clock, openRoom, give } = await scene(t)
  const room = await openRoom({ name: 'Bureau', functions: ['Trésorière'] })
  t.equal((await bea.call('POST', `${API}/votes`, vote(clock, { room: room.id }))).status, 403, 'a vote is opened in the name of the group')
  const opened = await alice.call('POST', `${API}/votes`, vote(clock, { room: room.id, electorate: 'accounts' }))
  t.match(opened, { status: 201, json: { electorate: 'functions', functions: ['Trésorière'], electors_count: 0, room: { id: room.id } } })
  const cast = (by: Client) => by.call('POST', `${API}/votes/${opened.json.id}/ballot`, { marks: [1, null, null, null] })
  t.match(await cast(bea), { status: 403, json: { code: 'vote.functions-only' } })
  t.equal((await cast(alice)).json.code, 'vote.functions-only')
  await give([{ name: 'Trésorière' }])
  t.equal((await cast(bea)).status, 200)
  t.equal((await alice.call('PATCH', `${API}/groups/jardin/rooms/${room.id}`, { functions: [] })).status, 200)
  t.equal((await cast(alice)).json.code, 'vote.functions-only', 'the rules of an open vote stand')
  t.equal((await cast(stranger)).status, 403)
  t.match((await alice.call('GET', `${API}/votes/${opened.json.id}`)).json, { electors_count: 1, voters_count: 1 })

  const everybody = await alice.call('POST', `${API}/votes`, vote(clock, { room: room.id, electorate: 'residents' }))
  t.match(everybody.json, { electorate: 'members', functions: [] }, 'a room without functions is for the members')
  t.equal((await alice.call('POST', `${API}/votes`, vote(clock, { electorate: 'functions', functions: [] }))).json.code, 'vote.functions')
  t.equal((await alice.call('POST', `${API}/groups`, { username: 'autre', name: 'Un autre groupe' })).status, 201)
  t.equal((await alice.call('POST', `${API}/votes`, vote(clock, { as: 'autre', room: room.id }))).json.code, 'room.none')
})

t.test('what is proposed in a room is decided there by a vote of its group', async (t) => {
  const { alice, bea, stranger, clock, openRoom, give } = await scene(t)
  const room = await openRoom({ name: 'Bureau', functions: ['Trésorière'] })
  await give([{ name: 'Trésorière' }])
  const { id } = (await bea.call('POST', `${API}/proposals`, { ...PROPOSAL, room: room.id })).json
  t.equal((await stranger.call('GET', `${API}/proposals/${id}`)).json.can.vote, null)
  t.equal((await alice.call('GET', `${API}/proposals/${id}`)).json.can.vote, 'jardin')
  const opened = await alice.call('POST', `${API}/votes`, vote(clock, { about: id }))
  t.match(opened.json, { electorate: 'functions', room: { id: room.id } })
  t.match((await bea.call('GET', `${API}/proposals/${id}`)).json, { state: 'voting', vote: { id: opened.json.id } })
  t.match((await bea.call('GET', `${API}/groups/jardin/rooms`)).json, [{ waiting: { proposals: 1, votes: 1 }, can: { propose: true } }])
})

t.test('in an archived room nothing new is written, and everything stays readable', async (t) => {
  const { alice, bea, clock, openRoom, anyone } = await scene(t)
  const room = await openRoom({ name: 'Été 2026' })
  const propose = () => bea.call('POST', `${API}/proposals`, { ...PROPOSAL, room: room.id })
  const { id } = (await propose()).json
  t.match((await alice.call('PATCH', `${API}/groups/jardin/rooms/${room.id}`, { archived: true })).json, { archived: true })
  t.match(await propose(), { status: 409, json: { code: 'room.archived' } })
  t.match((await alice.call('POST', `${API}/votes`, vote(clock, { room: room.id }))).json, { code: 'room.archived' })
  const amendment = { version: 1, paragraph: 1, kind: 'delete' }
  t.equal((await bea.call('POST', `${API}/proposals/${id}/amendments`, amendment)).json.code, 'room.archived')
  t.equal((await anyone('GET', `${API}/proposals/${id}`)).status, 200)
  await alice.call('PATCH', `${API}/groups/jardin/rooms/${room.id}`, { archived: false })
  t.equal((await propose()).status, 201)
})

t.test('who changes a text in a room is judged like who proposes it; withdrawing stays possible', async (t) => {
  const { alice, bea, clock, openRoom, give } = await scene(t)
  const room = await openRoom({ name: 'Bureau', functions: ['Trésorière'] })
  await give([{ name: 'Trésorière', until: '2026-12-31' }])
  const { id } = (await bea.call('POST', `${API}/proposals`, { ...PROPOSAL, room: room.id })).json
  const edit = (text: string) => bea.call('PATCH', `${API}/proposals/${id}`, { text, reason: 'Plus clair.' })
  const amended = await bea.call('POST', `${API}/proposals/${id}/amendments`, {
    version: 1,
    paragraph: 1,
    kind: 'insert',
    text: 'Il sera en bois.'
  })
  t.equal(amended.status, 201)
  t.equal((await edit('Le composteur du jardin déborde. On en achète deux.')).status, 200)
  const accept = () => bea.call('POST', `${API}/proposals/${id}/amendments/${amended.json.id}/accept`, {})

  await alice.call('PATCH', `${API}/groups/jardin/rooms/${room.id}`, { archived: true })
  t.equal((await edit('Le composteur du jardin déborde. On en achète trois.')).json.code, 'room.archived')
  t.equal((await accept()).json.code, 'room.archived')
  const argument = { kind: 'for', text: 'Le compost part vite.' }
  t.equal((await alice.call('POST', `${API}/proposals/${id}/arguments`, argument)).json.code, 'room.archived')
  await alice.call('PATCH', `${API}/groups/jardin/rooms/${room.id}`, { archived: false })
  t.equal((await alice.call('POST', `${API}/proposals/${id}/arguments`, argument)).status, 201)

  clock.advance(40 * DAY_MS)
  t.equal((await edit('Le composteur du jardin déborde. On en achète quatre.')).json.code, 'room.functions-only', 'the mandate has ended')
  t.equal((await accept()).json.code, 'room.functions-only')
  t.match((await bea.call('GET', `${API}/proposals/${id}`)).json, { version: 2, state: 'open' }, 'nothing of it was written')
  t.equal((await bea.call('POST', `${API}/proposals/${id}/withdraw`, { reason: 'Fin de mandat.' })).status, 200)
})

t.test('a vote of a room takes no answers of the public, and is no poll for other servers', async (t) => {
  const { alice, stranger, clock, openRoom, ctx } = await scene(t)
  for (const functions of [[], ['Trésorière']]) {
    const room = await openRoom({ name: 'Bureau', functions })
    const opened = await alice.call('POST', `${API}/votes`, vote(clock, { room: room.id, open_to_all: true }))
    t.match(opened, { status: 201, json: { open_to_all: false } })
    const object = await ctx.db('objects').where({ id: opened.json.id }).first('type', 'poll')
    t.match(object, { type: 'Page', poll: null })
    const cast = await stranger.call('POST', `${API}/votes/${opened.json.id}/ballot`, { marks: [1, null, null, null] })
    t.equal(cast.status, 403)
    if (functions.length > 0) t.match(cast.json.detail ?? cast.json.error, /Trésorière/, 'it is said whose vote it is')
  }
})

t.test('what only members see is not counted for others', async (t) => {
  const { alice, bea, stranger, anyone, openRoom } = await scene(t)
  const room = await openRoom({ name: 'Entre nous' })
  t.equal((await bea.call('POST', `${API}/proposals`, { ...PROPOSAL, room: room.id, visibility: 'members' })).status, 201)
  const path = `${API}/groups/jardin/rooms`
  t.match((await alice.call('GET', path)).json, [{ waiting: { proposals: 1, votes: 0 } }])
  t.match((await stranger.call('GET', path)).json, [{ waiting: { proposals: 0, votes: 0 } }])
  t.match((await anyone('GET', path)).json, [{ waiting: { proposals: 0, votes: 0 } }])
})
