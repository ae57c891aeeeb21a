// Proposals: written, amended by paragraph, argued, voted and answered; each step in the journal, each refusal with its name.
import sharp from 'sharp'
import t from 'tap'
import { findProposal } from '../../db/proposals.ts'
import { uploadMedia } from '../../features/media/media.ts'
import { doChores } from '../../jobs/chores.ts'
import { closeDueVote } from '../../protocol/local-votes.ts'
import { accept, create as createActivity, note } from '../../test/arrivals.ts'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'
import { remotePerson } from '../../test/people.ts'
import { drain } from '../../test/queue.ts'

const API = '/api/communer/v1'
const TEXT = 'La halle ouvre le samedi à 8 h.\n\nElle ferme à midi.\n\nLes places sont gratuites. #marché'
const HALL = { title: 'Ouvrir la halle le samedi', text: TEXT, themes: ['food', 'economy'] }
const DAY = 86_400_000

async function townHall({ ctx, app }: ClientScene): Promise<Client> {
  const hall = await client(ctx, app, 'agente', 'read write')
  await ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  return hall
}

async function made(answer: Promise<{ status: number; json: Json }>): Promise<Json> {
  const { status, json } = await answer
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(json)}`)
  return json
}
const propose = (by: Client, more: object = {}): Promise<Json> => made(by.call('POST', `${API}/proposals`, { ...HALL, ...more }))
const amend = (by: Client, id: string, more: object): Promise<Json> =>
  made(by.call('POST', `${API}/proposals/${id}/amendments`, { version: 1, kind: 'replace', ...more }))
const read = async (by: Client['call'], id: string): Promise<Json> => (await by('GET', `${API}/proposals/${id}`)).json
const texts = async (by: Client['call'], id: string): Promise<string[]> => (await read(by, id)).paragraphs.map(({ text }: Json) => text)
const steps = async (by: Client, id: string): Promise<string[]> =>
  (await by.call('GET', `${API}/proposals/${id}/journal`)).json.map(({ what }: Json) => what)

t.test('a proposal is published with its paragraphs, found, and refused with a reason when something is missing', async (t) => {
  const { alice, bea, anyone, ctx } = await clientScene(t)
  for (const [input, code] of [
    [{ ...HALL, title: 'Oui' }, 'proposal.title'],
    [{ ...HALL, text: 'Trop court' }, 'proposal.text'],
    [{ ...HALL, text: 'mot '.repeat(5001) }, 'proposal.too-long'],
    [{ ...HALL, themes: ['food', 'waste', 'sport', 'energy'] }, 'proposal.themes'],
    [{ ...HALL, visibility: 'members' }, 'proposal.members'],
    [{ ...HALL, idea: '1' }, 'proposal.idea']
  ] as [object, string][])
    t.match(await alice.call('POST', `${API}/proposals`, input), { status: 422, json: { code } })
  t.equal((await anyone('POST', `${API}/proposals`, HALL)).status, 401)
  const proposal = await propose(alice)
  t.match(proposal, {
    state: 'open',
    version: 1,
    url: `/propositions/${proposal.id}`,
    authors: [{ username: 'alice' }],
    paragraphs: [{ key: 1, text: 'La halle ouvre le samedi à 8 h.' }, { key: 2 }, { key: 3, html: /tags\/march/ }],
    can: { edit: true, amend: true, argue: true, answer: false, vote: null }
  })
  t.match((await ctx.db('objects').where({ id: proposal.id }).first()).doc, {
    type: 'Article',
    name: HALL.title,
    content: /<p>Elle ferme à midi\.<\/p>/,
    'communer:kind': 'proposal',
    'communer:phase': 'debate',
    'communer:version': 1,
    'communer:theme': ['food', 'economy']
  })
  t.match(await read(anyone, proposal.id), { can: { edit: false, amend: false, argue: false } })
  const ids = async (call: Client['call'], query: string): Promise<string[]> =>
    (await call('GET', `${API}/proposals?${query}`)).json.map(({ id }: Json) => id)
  t.same(await ids(anyone, 'tab=open&theme=food'), [proposal.id])
  t.same(await ids(anyone, 'q=halles'), [proposal.id])
  t.same(await ids(anyone, 'theme=sport'), [])
  t.same(await ids(alice.call, 'tab=mine'), [proposal.id])
  t.same(await ids(bea.call, 'tab=mine'), [])
  t.equal((await anyone('GET', `${API}/proposals?tab=mine`)).status, 401)
  t.equal((await bea.call('PUT', `/api/v1/statuses/${proposal.id}`, { status: 'Autre chose' })).status, 403)
})

t.test('authors change it: a version each time, with what changed; others may not', async (t) => {
  const { alice, bea, anyone, ctx } = await clientScene(t)
  const { id } = await propose(alice)
  const edit = { text: TEXT.replace('8 h', '9 h').replace('\n\nElle ferme à midi.', ''), reason: 'Plus simple.' }
  t.equal((await bea.call('PATCH', `${API}/proposals/${id}`, edit)).status, 403)
  t.match((await alice.call('PATCH', `${API}/proposals/${id}`, edit)).json, { version: 2, paragraphs: [{ key: 1 }, { key: 3 }] })
  t.equal((await alice.call('PATCH', `${API}/proposals/${id}`, edit)).json.version, 2, 'the same words are no new version')
  t.match((await anyone('GET', `${API}/proposals/${id}/versions`)).json, [
    { number: 2, reason: 'Plus simple.', account: { username: 'alice' } },
    { number: 1 }
  ])
  t.match((await anyone('GET', `${API}/proposals/${id}/versions/2`)).json, {
    against: 1,
    title: [{ kind: 'same' }],
    paragraphs: [
      { key: 1, kind: 'changed', parts: [{}, { kind: 'removed', text: '8' }, { kind: 'added', text: '9' }, {}] },
      { key: 2, kind: 'removed' },
      { key: 3, kind: 'same' }
    ]
  })
  t.match((await anyone('GET', `${API}/proposals/${id}/versions/1`)).json.paragraphs, [{ kind: 'added' }, {}, {}])
  t.equal((await anyone('GET', `${API}/proposals/${id}/versions/9`)).status, 404)
  t.match((await ctx.db('objects').where({ id }).first()).doc, { 'communer:version': 2, content: /9 h/ })
  t.ok(await ctx.db('object_edits').where({ object_id: id }).first(), 'the former words are in the history of the post too')
  t.same(await steps(alice, id), ['proposed', 'edited'])
})

t.test('an amendment is an answer everybody reads; accepted, its words are in the text and its author is one of the authors', async (t) => {
  const { alice, bea, anyone, ctx } = await clientScene(t)
  const { id } = await propose(alice)
  const path = `${API}/proposals/${id}/amendments`
  for (const [input, code] of [
    [{ version: 1, paragraph: 2, kind: 'replace', text: ' ' }, 'proposal.amendment-text'],
    [{ version: 1, paragraph: 2, kind: 'replace', text: 'Elle ferme à midi.' }, 'proposal.amendment-same'],
    [{ version: 1, paragraph: 9, kind: 'delete' }, 'proposal.paragraph'],
    [{ version: 1, paragraph: 0, kind: 'delete' }, 'proposal.paragraph'],
    [{ version: 2, paragraph: 1, kind: 'delete' }, 'proposal.paragraph']
  ] as [object, string][])
    t.match(await bea.call('POST', path, input), { status: 422, json: { code } })
  t.equal((await anyone('POST', path, { version: 1, paragraph: 1, kind: 'delete' })).status, 401)
  const amendment = await amend(bea, id, { paragraph: 2, text: 'Elle ferme à 13 h.', reason: 'Midi est trop tôt.' })
  t.match(amendment, {
    state: 'proposed',
    position: 2,
    diff: [{ text: 'Elle ferme à ' }, { kind: 'removed', text: 'midi' }, { kind: 'added', text: '13 h' }, { text: '.' }],
    can: { decide: false, withdraw: true, promote: false }
  })
  const [said] = (await anyone('GET', `/api/v1/statuses/${id}/context`)).json.descendants
  t.match(said, { id: amendment.id, in_reply_to_id: id, content: /paragraphe 2.*13 h.*trop tôt/s, account: { username: 'bea' } })
  t.equal((await bea.call('PUT', `/api/v1/statuses/${amendment.id}`, { status: 'Autre' })).json.error.length > 0, true)
  t.equal((await read(anyone, id)).amendments_waiting, 1)
  await alice.call('POST', `/api/v1/statuses/${amendment.id}/favourite`)
  t.match((await alice.call('GET', path)).json, [{ supports: 1, supported: true, can: { decide: true } }])
  t.equal((await bea.call('POST', `${path}/${amendment.id}/accept`, {})).status, 403)
  t.match((await alice.call('POST', `${path}/${amendment.id}/accept`, { reason: 'Bien vu.' })).json, {
    state: 'accepted',
    decision: 'Bien vu.'
  })
  t.match(await read(bea.call, id), {
    version: 2,
    authors: [{ username: 'alice' }, { username: 'bea' }],
    paragraphs: [{}, { key: 2, text: 'Elle ferme à 13 h.' }, {}],
    can: { edit: true }
  })
  t.match((await anyone('GET', `${API}/proposals/${id}/versions`)).json[0], { account: { username: 'bea' }, amendment_id: amendment.id })
  t.match((await ctx.db('objects').where({ id }).first()).doc, { 'communer:coauthor': [bea.actor.iri] })
  t.equal((await alice.call('POST', `${path}/${amendment.id}/accept`, {})).json.code, 'proposal.amendment-decided')
  t.match((await bea.call('GET', '/api/v1/notifications')).json, [{ type: 'amendment_decided', account: { username: 'alice' } }])
  t.equal((await bea.call('PATCH', `${API}/proposals/${id}`, { title: 'La halle, le samedi' })).json.version, 3, 'a co-author edits')
  t.same(await steps(alice, id), ['proposed', 'amendment', 'amendment_accepted', 'edited'])
})

t.test(
  'an amendment of an older version applies while its paragraph says the same, else it is outdated and may become a proposal',
  async (t) => {
    const { alice, bea, ctx } = await clientScene(t)
    const { id } = await propose(alice)
    const path = `${API}/proposals/${id}/amendments`
    const [late, fine, first] = [
      await amend(bea, id, { paragraph: 1, text: 'La halle ouvre le dimanche.' }),
      await amend(bea, id, { paragraph: 3, kind: 'insert', text: 'Il y a de la musique.\n\nEt du café.' }),
      await amend(bea, id, { paragraph: 0, kind: 'insert', text: 'Préambule.' })
    ]
    await alice.call('PATCH', `${API}/proposals/${id}`, { text: TEXT.replace('8 h', '9 h') })
    t.equal((await alice.call('POST', `${path}/${late.id}/accept`, {})).json.code, 'proposal.amendment-outdated')
    t.match(
      (await bea.call('GET', path)).json.find((one: Json) => one.id === late.id),
      { state: 'outdated', can: { promote: true } }
    )
    t.match(await bea.call('POST', path, { version: 1, paragraph: 1, kind: 'delete' }), {
      status: 409,
      json: { code: 'proposal.paragraph-changed' }
    })
    await amend(bea, id, { version: 1, paragraph: 2, kind: 'delete' })
    for (const one of [fine, first]) t.equal((await alice.call('POST', `${path}/${one.id}/accept`, {})).json.state, 'accepted')
    t.same(await texts(alice.call, id), [
      'Préambule.',
      'La halle ouvre le samedi à 9 h.',
      'Elle ferme à midi.',
      'Les places sont gratuites. #marché',
      'Il y a de la musique.',
      'Et du café.'
    ])
    t.equal((await alice.call('POST', `${path}/${late.id}/promote`, {})).status, 403)
    const [one, two] = await Promise.all(
      [late, late].map(() => bea.call('POST', `${path}/${late.id}/promote`, { title: 'La halle le dimanche' }))
    )
    t.same([one!.status, two!.status].sort(), [201, 409], 'twice at once is once')
    const own = [one!, two!].find(({ status }) => status === 201)!.json
    t.match(own, { authors: [{ username: 'bea' }], paragraphs: [{ key: 1, text: 'La halle ouvre le dimanche.' }, { key: 2 }, { key: 3 }] })
    const docs = await ctx.db('objects').whereIn('id', [id, own.id]).pluck('doc')
    t.equal(docs[0].context, docs[1].context, 'one conversation')
    t.match(
      (await bea.call('GET', path)).json.find((found: Json) => found.id === late.id),
      { promoted_id: own.id }
    )
  }
)

t.test('two amendments accepted at the same moment are both in the text, and many at once lose none', async (t) => {
  const { alice, bea, ctx } = await clientScene(t)
  const { id } = await propose(alice, {
    text: Array.from({ length: 12 }, (_one, at) => `Article ${at + 1}, tel que proposé.`).join('\n\n')
  })
  const waiting: Json[] = []
  for (let at = 1; at <= 12; at += 1) waiting.push(await amend(bea, id, { paragraph: at, text: `Article ${at}, amendé.` }))
  const rival = await made(
    alice.call('POST', `${API}/proposals/${id}/amendments`, { version: 1, paragraph: 1, kind: 'replace', text: 'Article 1, autrement.' })
  )
  const take = (one: Json) => alice.call('POST', `${API}/proposals/${id}/amendments/${one.id}/accept`, {})
  const answers = await Promise.all([rival, ...waiting].map(take))
  t.same(
    answers.slice(2).map(({ status }) => status),
    Array.from({ length: 11 }, () => 200)
  )
  t.same(
    answers
      .slice(0, 2)
      .map(({ status }) => status)
      .sort(),
    [200, 409],
    'of two for one paragraph the second is outdated'
  )
  const now = await texts(alice.call, id)
  t.same(
    now.slice(1),
    Array.from({ length: 11 }, (_one, at) => `Article ${at + 2}, amendé.`)
  )
  t.equal((await findProposal(ctx.db, id))!.version, 13)
  t.same(
    (await ctx.db('proposal_versions').where({ object_id: id }).orderBy('number').pluck('number')) as number[],
    Array.from({ length: 13 }, (_one, at) => at + 1)
  )
})

t.test('authors refuse with a reason; who amended takes it back; nobody has too many waiting', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const { id } = await propose(alice)
  const path = `${API}/proposals/${id}/amendments`
  const [refused, taken] = [await amend(bea, id, { paragraph: 1, kind: 'delete' }), await amend(bea, id, { paragraph: 2, kind: 'delete' })]
  t.equal((await alice.call('POST', `${path}/${refused.id}/refuse`, { reason: ' ' })).json.code, 'proposal.reason')
  t.equal((await bea.call('POST', `${path}/${refused.id}/refuse`, { reason: 'Non' })).status, 403)
  t.match((await alice.call('POST', `${path}/${refused.id}/refuse`, { reason: 'On en a besoin.' })).json, {
    state: 'refused',
    decision: 'On en a besoin.',
    decided_by: { username: 'alice' }
  })
  t.equal((await alice.call('POST', `${path}/${taken.id}/withdraw`, {})).status, 403)
  t.equal((await bea.call('POST', `${path}/${taken.id}/promote`, {})).json.code, 'proposal.amendment-waiting')
  t.equal((await bea.call('POST', `${path}/${taken.id}/withdraw`, {})).json.state, 'withdrawn')
  for (let at = 0; at < 20; at += 1) await amend(bea, id, { paragraph: 1, kind: 'insert', text: `Encore ${at}` })
  t.equal((await bea.call('POST', path, { version: 1, paragraph: 1, kind: 'insert', text: 'De trop' })).json.code, 'proposal.too-many')
  t.equal((await bea.call('POST', `${API}/proposals/${id}/withdraw`, { reason: 'Non' })).status, 403)
  t.equal((await alice.call('POST', `${API}/proposals/${id}/withdraw`, { reason: '' })).json.code, 'proposal.reason')
  t.equal((await alice.call('POST', `${API}/proposals/${id}/withdraw`, { reason: 'Déjà fait.' })).json.state, 'withdrawn')
  t.equal((await bea.call('POST', path, { version: 1, paragraph: 1, kind: 'delete' })).json.code, 'proposal.not-open')
  t.match((await anyone('GET', `${API}/proposals?tab=closed`)).json, [{ id }])
})

t.test('arguments are answers with their own support; from elsewhere an answer stays an answer', async (t) => {
  const { alice, bea, anyone, ctx } = await clientScene(t)
  const { id, uri } = await propose(alice)
  const path = `${API}/proposals/${id}/arguments`
  t.equal((await bea.call('POST', path, { kind: 'for', text: 'Oui' })).json.code, 'proposal.argument')
  for (const link of ['http://exemple.fr', 'javascript:alert(1)', 'https://a:b@exemple.fr'])
    t.equal((await bea.call('POST', path, { kind: 'source', text: 'À lire ici.', link })).json.code, 'proposal.link')
  const pro = await made(bea.call('POST', path, { kind: 'for', text: 'Cela fait vivre le bourg.' }))
  const source = await made(bea.call('POST', path, { kind: 'source', text: 'L’étude de 2024.', link: 'https://exemple.fr/etude' }))
  await alice.call('POST', `/api/v1/statuses/${source.id}/favourite`)
  t.match((await anyone('GET', path)).json, [
    { id: source.id, kind: 'source', link: 'https://exemple.fr/etude', supports: 1 },
    { id: pro.id, kind: 'for', supports: 0, account: { username: 'bea' } }
  ])
  t.match((await ctx.db('objects').where({ id: pro.id }).first()).doc, { 'communer:kind': 'argument', inReplyTo: uri, content: /Pour/ })
  t.same((await read(anyone, id)).arguments, { for: 1, against: 0, question: 0, source: 1 })
  const far = await remotePerson(ctx, 'marc@mastodon.test')
  const reply = note(far, { inReplyTo: uri, content: '<p>Contre !</p>', 'communer:kind': 'argument' })
  await accept(ctx, createActivity(far, reply), far.iri)
  await drain(ctx)
  t.equal((await anyone('GET', path)).json.length, 2)
  t.equal((await read(anyone, id)).replies_count, 3)
  await bea.call('DELETE', `/api/v1/statuses/${pro.id}`)
  t.equal((await anyone('GET', path)).json.length, 1)
})

t.test('what a group proposes to its members is seen and amended by them alone', async (t) => {
  const { alice, bea, anyone, ctx, app } = await clientScene(t)
  const carl = await client(ctx, app, 'carl')
  await alice.call('POST', `${API}/groups`, { username: 'halle', name: 'Amis de la halle', kind: 'organization' })
  await bea.call('POST', `${API}/groups/halle/join`)
  const { id } = await propose(alice, { as: 'halle', visibility: 'members' })
  t.equal((await anyone('GET', `${API}/proposals/${id}`)).status, 404)
  t.equal((await carl.call('GET', `${API}/proposals/${id}/amendments`)).status, 404)
  t.same((await carl.call('GET', `${API}/proposals`)).json, [])
  const inside = await amend(bea, id, { paragraph: 1, kind: 'delete' })
  t.equal((await carl.call('GET', `/api/v1/statuses/${inside.id}`)).status, 404, 'nor is its amendment')
  t.match((await alice.call('GET', '/api/v1/notifications')).json, [{ type: 'proposal_amended', account: { username: 'bea' } }])
  const open = await propose(alice, { as: 'halle', amendable_by: 'members' })
  t.equal((await read(carl.call, open.id)).can.amend, false)
  t.match(await carl.call('POST', `${API}/proposals/${open.id}/amendments`, { version: 1, paragraph: 1, kind: 'delete' }), {
    status: 403,
    json: { code: 'proposal.amend-members' }
  })
  t.equal((await amend(bea, open.id, { paragraph: 1, kind: 'delete' })).state, 'proposed')
  const elsewhere = await propose(carl)
  t.equal((await amend(alice, elsewhere.id, { paragraph: 1, kind: 'delete' })).state, 'proposed')
})

t.test('a proposal comes of an idea: one conversation, and the journal of both says so; a draft is nobody else’s', async (t) => {
  const { alice, bea, anyone, ctx } = await clientScene(t)
  const idea = await made(alice.call('POST', `${API}/ideas`, { title: 'La halle plus souvent', text: 'Elle est vide le samedi matin.' }))
  const draft = { title: HALL.title, text: 'Pas fini', themes: [], as: '', amendable_by: 'everyone', visibility: 'public', idea: idea.id }
  const kept = await made(bea.call('POST', `${API}/proposals/drafts`, draft))
  t.equal((await alice.call('GET', `${API}/proposals/drafts/${kept.id}`)).status, 404)
  t.equal((await alice.call('PUT', `${API}/proposals/drafts/${kept.id}`, draft)).status, 404)
  await alice.call('DELETE', `${API}/proposals/drafts/${kept.id}`)
  t.match((await bea.call('PUT', `${API}/proposals/drafts/${kept.id}`, { ...draft, text: TEXT })).json, { id: kept.id, text: TEXT })
  t.match((await bea.call('GET', `${API}/proposals/drafts`)).json, [{ id: kept.id, idea: idea.id }])
  const proposal = await propose(bea, { idea: idea.id, draft: kept.id })
  t.same((await bea.call('GET', `${API}/proposals/drafts`)).json, [], 'published, the draft is gone')
  t.match(proposal.idea, { id: idea.id, title: 'La halle plus souvent' })
  t.match((await anyone('GET', `${API}/ideas/${idea.id}/journal`)).json.at(-1), {
    what: 'proposal',
    to: proposal.id,
    by: { username: 'bea' },
    reason: HALL.title
  })
  t.match((await anyone('GET', `${API}/proposals?idea=${idea.id}`)).json, [{ id: proposal.id }])
  const docs = await ctx.db('objects').whereIn('id', [idea.id, proposal.id]).pluck('doc')
  t.equal(docs[0].context, docs[1].context)
})

async function voteScene(t: Parameters<typeof clientScene>[0]) {
  const scene = await clientScene(t)
  const { alice, bea, ctx, clock } = scene
  await alice.call('POST', `${API}/groups`, { username: 'halle', name: 'Amis de la halle', kind: 'organization' })
  await bea.call('POST', `${API}/groups/halle/join`)
  const { id } = await propose(alice, { as: 'halle' })
  const open = (by: Client, as: string) =>
    by.call('POST', `${API}/votes`, {
      as,
      about: id,
      title: 'Ouvre-t-on la halle le samedi ?',
      method: 'yes_no',
      electorate: 'members',
      closes_at: new Date(clock.now().getTime() + 3 * DAY).toISOString()
    })
  const close = async (vote: string): Promise<void> => {
    clock.advance(4 * DAY)
    await closeDueVote(ctx, vote)
    await closeDueVote(ctx, vote)
  }
  const cast = (by: Client, vote: string, choice: number) =>
    by.call('POST', `${API}/votes/${vote}/ballot`, { marks: [0, 1, 2, 3].map((at) => (at === choice ? 1 : null)) })
  return { ...scene, id, open, close, cast }
}

t.test('put to the vote its text stands still; the count adopts it, and the journal says so once', async (t) => {
  const { alice, bea, anyone, ctx, id, open, close, cast } = await voteScene(t)
  t.equal((await read(alice.call, id)).can.vote, 'halle')
  t.equal((await read(bea.call, id)).can.vote, null)
  await bea.call('POST', `${API}/groups`, { username: 'rivaux', name: 'Les rivaux', kind: 'group' })
  t.equal((await open(bea, 'rivaux')).status, 201)
  t.equal((await read(anyone, id)).state, 'open', 'a vote of others about it is a question and no more')
  const { json: vote } = await open(alice, 'halle')
  t.match(await read(anyone, id), { state: 'voting', vote: { id: vote.id } })
  t.match(vote, { about: id, about_url: `https://commune.test/propositions/${id}` }, 'a vote leads back to its text')
  t.match((await ctx.db('objects').where({ id }).first()).doc, { 'communer:phase': 'vote' })
  t.equal((await alice.call('PATCH', `${API}/proposals/${id}`, { title: 'Autre chose' })).json.code, 'proposal.voting')
  t.equal(
    (await bea.call('POST', `${API}/proposals/${id}/amendments`, { version: 1, paragraph: 1, kind: 'delete' })).json.code,
    'proposal.voting'
  )
  t.equal((await open(alice, 'halle')).json.code, 'proposal.voting')
  await made(bea.call('POST', `${API}/proposals/${id}/arguments`, { kind: 'against', text: 'Le dimanche suffit.' }))
  for (const by of [alice, bea]) t.equal((await cast(by, vote.id, 0)).status, 200)
  await close(vote.id)
  t.match(await read(anyone, id), { state: 'adopted', vote: { id: vote.id } })
  t.match((await ctx.db('objects').where({ id }).first()).doc, { 'communer:phase': 'accepted' })
  t.same((await steps(alice, id)).slice(1), ['vote', 'vote_adopted'])
  t.ok(await ctx.db('notifications').where({ owner_id: alice.actor.id, type: 'proposal_decided' }).first())
  t.match((await anyone('GET', `${API}/proposals?tab=adopted`)).json, [{ id }])
})

t.test('a vote rejects it, decides nothing, or is deleted: each is said, and undecided it is open again', async (t) => {
  const { alice, bea, anyone, ctx, id, open, close, cast } = await voteScene(t)
  const { json: nobody } = await open(alice, 'halle')
  await close(nobody.id)
  t.match(await read(anyone, id), { state: 'open', vote: null })
  const { json: gone } = await open(alice, 'halle')
  await alice.call('DELETE', `/api/v1/statuses/${gone.id}`)
  t.match(await read(anyone, id), { state: 'open', vote: null })
  while ((await doChores(ctx)) > 0);
  const { json: last } = await open(alice, 'halle')
  for (const by of [alice, bea]) await cast(by, last.id, 1)
  await close(last.id)
  t.equal((await read(anyone, id)).state, 'refused')
  t.same((await steps(alice, id)).slice(1), ['vote', 'vote_undecided', 'vote', 'vote_gone', 'vote', 'vote_refused'])
})

t.test('the commune answers in public; what it accepts is followed to its end', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone, ctx } = scene
  const hall = await townHall(scene)
  const { id } = await propose(alice)
  const path = `${API}/proposals/${id}`
  await bea.call('POST', `/api/v1/statuses/${id}/favourite`)
  t.equal((await read(anyone, id)).supports, 1)
  t.equal((await bea.call('PUT', `${path}/answer`, { answer: 'accepted', text: 'Oui' })).status, 403)
  t.equal((await hall.call('PUT', `${path}/answer`, { answer: 'refused', text: ' ' })).json.code, 'answer.reason')
  t.equal((await hall.call('PUT', `${path}/progress`, { progress: 10, commitments: [] })).json.code, 'answer.not-accepted')
  t.match((await hall.call('PUT', `${path}/answer`, { answer: 'examining', text: '' })).json, {
    state: 'open',
    answer: { state: 'examining' }
  })
  t.match((await hall.call('PUT', `${path}/answer`, { answer: 'accepted', text: 'Dès le printemps.', cost: '200 €' })).json, {
    state: 'adopted',
    answer: { state: 'accepted', cost: '200 €', by: { username: 'agente' } },
    can: { report: true, edit: false }
  })
  const said = (await anyone('GET', `/api/v1/statuses/${id}/context`)).json.descendants.at(-1)
  t.match(said.content, /accepte cette proposition.*printemps/s)
  t.ok(await ctx.db('notifications').where({ owner_id: bea.actor.id, type: 'proposal_decided' }).first())
  const promise = { text: 'Poser les étals', due: '2031-03-01', done: null }
  t.equal((await bea.call('PUT', `${path}/progress`, { progress: 10, commitments: [promise] })).status, 403)
  t.equal((await alice.call('PUT', `${path}/progress`, { progress: 20, commitments: [promise] })).json.progress, 20)
  t.match((await hall.call('PUT', `${path}/progress`, { progress: 100, commitments: [{ ...promise, done: '2031-02-01' }] })).json, {
    state: 'done'
  })
  t.match((await ctx.db('objects').where({ id }).first()).doc, { 'communer:phase': 'done', 'communer:progress': 100 })
  t.same((await steps(alice, id)).slice(1), ['answer', 'answer', 'progress', 'promised', 'progress', 'kept'])
  await alice.call('POST', `${API}/groups`, { username: 'halle', name: 'Amis de la halle', kind: 'organization' })
  const inside = await propose(alice, { as: 'halle', visibility: 'members' })
  await ctx.db('memberships').insert({
    group_id: (await ctx.db('actors').where({ username: 'halle' }).first()).id,
    actor_id: hall.actor.id,
    role: 'member',
    state: 'active',
    created_at: ctx.clock.now()
  })
  t.equal(
    (await hall.call('PUT', `${API}/proposals/${inside.id}/answer`, { answer: 'refused', text: 'Non' })).json.code,
    'proposal.private'
  )
})

t.test('deleted, nothing of it is left but an address that says so', async (t) => {
  const { alice, bea, anyone, ctx } = await clientScene(t)
  const { id } = await propose(alice)
  await amend(bea, id, { paragraph: 1, kind: 'delete' })
  await made(bea.call('POST', `${API}/proposals/${id}/arguments`, { kind: 'for', text: 'Très bien vu.' }))
  await alice.call('DELETE', `/api/v1/statuses/${id}`)
  for (const table of ['proposals', 'proposal_versions', 'proposal_authors', 'amendments', 'proposal_arguments'])
    t.equal(await ctx.db(table).first(), undefined, table)
  t.equal((await anyone('GET', `${API}/proposals/${id}`)).status, 404)
})

t.test('pictures hang on a proposal, are changed by its authors with a step in the journal, and are nobody else’s', async (t) => {
  const { alice, bea, ctx } = await clientScene(t)
  const upload = async (by: Client, words: string): Promise<string> => {
    const picture = sharp({ create: { width: 40, height: 20, channels: 3, background: '#2a7' } })
    return (await uploadMedia(ctx, by.actor.id, await picture.png().toBuffer(), { description: words })).id
  }
  const text = 'La halle ouvre le samedi à huit heures.\n\nElle ferme à treize heures.'
  const body = { title: 'Ouvrir la halle', text, media_ids: [await upload(alice, 'Le plan')] }
  t.equal((await bea.call('POST', `${API}/proposals`, body)).json.code, 'media.not-found', 'somebody else’s picture')
  const { id } = (await alice.call('POST', `${API}/proposals`, body)).json
  const pictures = async (): Promise<string[]> =>
    (await bea.call('GET', `/api/v1/statuses/${id}`)).json.media_attachments.map((one: Json) => one.description)
  t.same(await pictures(), ['Le plan'])
  const [{ id: first }] = (await bea.call('GET', `/api/v1/statuses/${id}`)).json.media_attachments
  const both = [first, await upload(alice, 'La halle')]
  t.equal((await bea.call('PATCH', `${API}/proposals/${id}`, { media_ids: [] })).status, 403)
  t.match((await alice.call('PATCH', `${API}/proposals/${id}`, { media_ids: both })).json, { version: 1 })
  t.same(await pictures(), ['Le plan', 'La halle'])
  await alice.call('PATCH', `${API}/proposals/${id}`, { text: 'La halle ouvre le samedi à sept heures.\n\nElle ferme à treize heures.' })
  t.same(await pictures(), ['Le plan', 'La halle'], 'another version keeps them')
  const steps = (await bea.call('GET', `${API}/proposals/${id}/journal`)).json.map((entry: Json) => entry.what)
  t.same(steps, ['proposed', 'pictures', 'edited'])
})
