// Cards that look like the same: found, shown to the town hall alone, made one or left two; once.
import t from 'tap'
import { runImport } from '../../features/directory/import.ts'
import { doChores } from '../../jobs/chores.ts'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'

const API = '/api/communer/v1'
const TWINS = `${API}/directory-twins`

async function townHall({ ctx, app }: ClientScene): Promise<Client> {
  const hall = await client(ctx, app, 'agente')
  await ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  return hall
}

/** Cards nobody answers for, each line a source of its own. */
async function imported({ ctx }: ClientScene, hall: Client, ...lines: string[]): Promise<void> {
  for (const [number, line] of lines.entries()) {
    const file = `id;titre;rna;telephone;street;locality;latitude;longitude\n${line}\n`
    const mapping = ['key', 'name', 'rna', 'phone', 'street', 'locality', 'latitude', 'longitude']
    const { id } = (await hall.call('POST', `${API}/directory/imports`, { file, mapping, source: `Fichier ${number}` })).json
    await runImport(ctx, id)
  }
}

const pairs = async (hall: Client): Promise<[string, string, string][]> =>
  (await hall.call('GET', TWINS)).json.map(({ why, cards }: Json) => [why, ...cards.map(({ account }: Json) => account.username)])

const answer = ({ json: [{ cards }] }: { json: Json }, keep: string | null): [string, object] => [
  `${TWINS}/${cards[0].id}/${cards[1].id}`,
  { keep: keep === null ? null : cards.find(({ account }: Json) => account.username === keep).id }
]

t.test('the same number, or nearly the same name at the same place, make a pair; other names and other places do not', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea } = scene
  const hall = await townHall(scene)
  await imported(
    scene,
    hall,
    'a;Amicale laïque;W352000001;;;Bourg;;',
    'b;Les amis du lavoir;;;;;48.1;-1.6',
    'c;Les amis du lavoirs;;;;;48.102;-1.6',
    'd;Les amis du lavoire;;;;;48.2;-1.6',
    'e;Boulodrome municipal;;;1 rue Haute;Bourg;;',
    'f;Boulodrome municipaux;;;1 RUE HAUTE;bourg;;',
    'g;Judo club;;;;Bourg;;',
    'h;Tennis club;;;;Bourg;;'
  )
  t.same(await pairs(hall), [
    ['near', 'les_amis_du_lavoir', 'les_amis_du_lavoirs'],
    ['address', 'boulodrome_municipal', 'boulodrome_municipaux']
  ])
  for (const username of ['amicale', 'laique'])
    await alice.call('POST', `${API}/groups`, { username, name: username, kind: 'organization' })
  await alice.call('PUT', `${API}/directory/laique`, { rna: 'W352000001' })
  t.same((await pairs(hall))[0], ['rna', 'amicale_laique', 'laique'])
  await alice.call('PUT', `${API}/directory/laique`, { rna: 'W352000002' })
  t.equal((await pairs(hall)).length, 2, 'a number corrected is no pair any more')
  await alice.call('PUT', `${API}/directory/laique`, { rna: 'W352000001', listed: false })
  t.equal((await pairs(hall)).length, 2, 'what is not in the directory is in no pair')
  for (const by of [alice, bea]) {
    t.equal((await by.call('GET', TWINS)).status, 403)
    t.equal((await by.call('POST', ...answer(await hall.call('GET', TWINS), null))).status, 403)
  }
})

t.test('people’s cards are never paired', async (t) => {
  const scene = await clientScene(t)
  const hall = await townHall(scene)
  for (const person of [scene.alice, scene.bea])
    await person.call('PUT', `${API}/directory/${person.actor.username}`, { listed: true, siret: '73282932000074' })
  t.same(await pairs(hall), [])
})

t.test('one is kept: what it lacks comes from the other, whose followers, claims and corrections go over', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone, ctx, app } = scene
  const hall = await townHall(scene)
  const carl = await client(ctx, app, 'carl')
  await imported(
    scene,
    hall,
    'a;Les amis du lavoir;W352000001;;;Bourg;48.1;-1.6',
    'b;Les amis du lavoirs;;02 99 00 00 00;3 rue Basse;Ailleurs;48.101;-1.6'
  )
  const found = await hall.call('GET', TWINS)
  const [, gone] = found.json[0].cards
  await bea.call('POST', `/api/v1/accounts/${gone.id}/follow`)
  await alice.call('POST', `${API}/directory/les_amis_du_lavoirs/claim`, { proof: 'Présidente' })
  await carl.call('POST', `${API}/directory/les_amis_du_lavoirs/suggestions`, { changes: {}, note: 'Fermé le lundi' })
  t.equal((await hall.call('POST', `${TWINS}/${gone.id}/${gone.id}`, { keep: gone.id })).status, 404)
  t.equal((await hall.call('POST', ...answer(found, 'les_amis_du_lavoir'))).status, 200)
  t.same(await pairs(hall), [])
  t.match((await anyone('GET', `${API}/directory/les_amis_du_lavoir`)).json.card, {
    rna: 'W352000001',
    phone: '02 99 00 00 00',
    address: { street: '3 rue Basse', locality: 'Bourg' },
    position: { latitude: 48.1 }
  })
  t.equal((await anyone('GET', `${API}/directory/les_amis_du_lavoirs`)).status, 404)
  t.same(
    (await anyone('GET', `${API}/directory?q=lavoir`)).json.map(({ account }: Json) => account.username),
    ['les_amis_du_lavoir']
  )
  t.match((await hall.call('GET', `${API}/directory/les_amis_du_lavoir/requests`)).json, {
    claims: [{ account: { username: 'alice' } }],
    suggestions: [{ account: { username: 'carl' }, note: 'Fermé le lundi' }]
  })
  await doChores(ctx)
  t.same(
    (await bea.call('GET', `/api/v1/accounts/${bea.actor.id}/following`)).json.map(({ username }: Json) => username),
    ['les_amis_du_lavoir']
  )
  const [old] = await ctx.db('actors').where({ username: 'les_amis_du_lavoirs' })
  const [kept] = await ctx.db('actors').where({ username: 'les_amis_du_lavoir' })
  t.match(old.doc, { movedTo: kept.iri, alsoKnownAs: [kept.iri] })
  t.match(kept.doc, { alsoKnownAs: [old.iri] })
  const moves = (await ctx.db('activities').where({ type: 'Move' })).map(({ actor_id, body }: Json) => ({
    actor_id,
    doc: JSON.parse(body)
  }))
  t.match(moves, [{ actor_id: old.id, doc: { object: old.iri, target: kept.iri } }])
  t.match(await ctx.db('card_twins'), [{ state: 'merged', kept_id: kept.id, by_id: hall.actor.id }])
  await imported(scene, hall, 'z;rien;;;;;;', 'b;Les amis du lavoirs;;02 99 11 11 11;;;;')
  t.equal((await anyone('GET', `${API}/directory/les_amis_du_lavoirs`)).status, 404, 'a later file does not bring it back')
})

t.test(
  'a card with an owner is not given up for one without; of two with owners the other one only goes, and its owner hears',
  async (t) => {
    const scene = await clientScene(t)
    const { alice, bea, anyone, ctx } = scene
    const hall = await townHall(scene)
    await imported(scene, hall, 'a;Les amis du lavoir;;;;Bourg;;')
    const make = async (by: Client, username: string): Promise<void> => {
      await by.call('POST', `${API}/groups`, { username, name: 'Les amis du lavoir', kind: 'organization' })
      await by.call('PUT', `${API}/directory/${username}`, { locality: 'Bourg' })
    }
    await make(alice, 'lavoir')
    const owned = await hall.call('GET', TWINS)
    t.equal((await hall.call('POST', ...answer(owned, 'les_amis_du_lavoir'))).json.code, 'twins.owned')
    t.equal((await hall.call('POST', ...answer(owned, 'lavoir'))).status, 200)
    await make(bea, 'lavoir_bis')
    t.equal((await hall.call('POST', ...answer(await hall.call('GET', TWINS), 'lavoir'))).status, 200)
    t.equal((await anyone('GET', `${API}/directory/lavoir_bis`)).status, 404)
    t.same(
      (await ctx.db('actors').whereNotNull('moved_to_id')).map(({ username }: Json) => username),
      ['les_amis_du_lavoir'],
      'a group with an owner stays what it is'
    )
    t.match((await bea.call('GET', '/api/v1/notifications')).json, [{ type: 'card_merged', communer: { group: { username: 'lavoir' } } }])
    t.same((await alice.call('GET', '/api/v1/notifications')).json, [])
  }
)

t.test('an address its owner hides is not given to the card that stays', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone } = scene
  const hall = await townHall(scene)
  for (const [by, username] of [
    [alice, 'brocante'],
    [bea, 'brocantes']
  ] as const) {
    await by.call('POST', `${API}/groups`, { username, name: 'La grande brocante', kind: 'organization' })
    await by.call('PUT', `${API}/directory/${username}`, { siret: '73282932000074' })
  }
  await bea.call('PUT', `${API}/directory/brocantes`, { street: '5 rue Cachée', latitude: 48.1, longitude: -1.6, precision: 'commune' })
  await hall.call('POST', ...answer(await hall.call('GET', TWINS), 'brocante'))
  t.match((await anyone('GET', `${API}/directory/brocante`)).json.card, { address: { street: '' }, position: null })
})

t.test('"not the same" is remembered, also when a card changes; of two who answer at once one is heard', async (t) => {
  const scene = await clientScene(t)
  const hall = await townHall(scene)
  await imported(scene, hall, 'a;Les amis du lavoir;;;;Bourg;;', 'b;Les amis du lavoirs;;;;Bourg;;')
  const found = await hall.call('GET', TWINS)
  await hall.call('POST', ...answer(found, null))
  await hall.call('PUT', `${API}/directory/les_amis_du_lavoir`, { latitude: 48.1, longitude: -1.6 })
  await hall.call('PUT', `${API}/directory/les_amis_du_lavoirs`, { latitude: 48.1, longitude: -1.6 })
  t.same(await pairs(hall), [])
  t.equal((await hall.call('POST', ...answer(found, 'les_amis_du_lavoir'))).json.code, 'twins.unknown')
  await imported(scene, hall, 'x;Club de la plage;;;;Bourg;;', 'y;Club de la plages;;;;Bourg;;')
  const beach = await hall.call('GET', TWINS)
  const answers = await Promise.all(['club_de_la_plage', 'club_de_la_plages'].map((keep) => hall.call('POST', ...answer(beach, keep))))
  t.same(answers.map(({ status }) => status).toSorted(), [200, 404])
  t.equal((await scene.anyone('GET', `${API}/directory?q=plage`)).json.length, 1, 'one is left, not none')
})
