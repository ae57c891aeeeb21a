// What a decision about a server means for everything that stands here, comes in or waits to leave.
import t from 'tap'
import { namedHost } from '../../core/iri.ts'
import { policyOf } from '../../db/hosts.ts'
import { boostersOf, likersOf } from '../../db/relationships.ts'
import { searchActors } from '../../db/search.ts'
import { homeTimeline, publicTimeline, tagTimeline } from '../../db/timelines.ts'
import { fetchObject } from '../../protocol/remote-objects.ts'
import { publish } from '../../protocol/outbox.ts'
import { activity, create, localFollow, note, PUBLIC, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { testInternet } from '../../test/internet.ts'
import { citizen, localPerson, remotePerson } from '../../test/people.ts'
import { mediaProxyUrl, readProxied } from '../media/proxy.ts'
import { createNote } from '../wall/create-note.ts'
import { exportHostList, obfuscated, previewHostList, readHostList } from './host-list.ts'
import { removeHostPolicy, saveFederationSettings, saveHostPolicies, saveHostPolicy } from './hosts.ts'

type Tap = Parameters<typeof testContext>[0]
const PAGE = { maxId: null, sinceId: null, minId: null, limit: 20 }

async function scene(t: Tap) {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const { actor: admin } = await citizen(ctx, 'maire', { role: 'admin' })
  const alice = await localPerson(ctx, 'alice')
  const bob = await remotePerson(ctx, 'bob@bad.example')
  const carol = await remotePerson(ctx, 'carol@good.example')
  for (const other of [bob, carol]) await localFollow(ctx, alice, other)
  return { ...context, admin, alice, bob, carol }
}

t.test('D01: every spelling of a host is the same host, and what is no host is refused', async (t) => {
  const same: [string, string][] = [
    ['bad.example', 'bad.example'],
    ['BAD.example', 'bad.example'],
    [' bad.example. ', 'bad.example'],
    ['bad.example:443', 'bad.example'],
    ['bad.example:8443', 'bad.example'],
    ['https://bad.example/about?x#y', 'bad.example'],
    ['@mallory@bad.example', 'bad.example'],
    ['*.bad.example', 'bad.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['bad。example', 'bad.example'],
    ['ｂａｄ.example', 'bad.example'],
    ['0x7f.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['[0:0:0:0:0:0:0:1]:8443', '[::1]']
  ]
  for (const [spelling, host] of same) t.equal(namedHost(spelling), host, spelling)
  for (const wrong of ['', '.', 'com', 'a b.example', 'b*d.example', 'bad..example', 'bad.example@', '<script>'])
    t.equal(namedHost(wrong), null, wrong)
})

t.test('D01: no spelling of a blocked host gets in, nor its sub-domains; look-alikes do', async (t) => {
  const { ctx, admin } = await scene(t)
  await saveHostPolicy(ctx, admin.id, { host: 'https://BAD.example./', action: 'block' })
  await saveHostPolicy(ctx, admin.id, { host: 'bücher.example', action: 'block' })
  await saveHostPolicy(ctx, admin.id, { host: '203.0.113.9', action: 'block' })
  for (const origin of [
    'https://bad.example',
    'https://BAD.example',
    'https://bad.example.',
    'https://bad.example:8443',
    'https://a.sub.bad.example',
    'https://xn--bcher-kva.example',
    'https://203.0.113.9'
  ]) {
    const actor = { iri: `${origin}/users/mallory` }
    t.equal(await receive(ctx, create(actor, note(actor))), 'refused-blocked', origin)
  }
  for (const host of ['notbad.example', 'bad.example.org', 'example', '3.0.113.9']) t.equal(await policyOf(ctx, host), null, host)
  t.same(await ctx.db('objects').select('id'), [])
})

t.test('D02, D04, S19: any involved host that is blocked stops an activity, and nothing is fetched from it', async (t) => {
  const { ctx, admin, bob, carol, alice } = await scene(t)
  const internet = await testInternet(t, ctx)
  const bad = internet.host('bad.example')
  const theirs = note(bob)
  bad.on(new URL(theirs.id).pathname, theirs)
  await saveHostPolicy(ctx, admin.id, { host: 'bad.example', action: 'block' })
  const blocked: [string, Record<string, unknown>, string?][] = [
    ['as actor', create(bob, theirs)],
    ['as signer', create(carol, note(carol)), bob.iri],
    ['as author', create(carol, note(carol, { attributedTo: bob.iri }))],
    ['as parent', create(carol, note(carol, { inReplyTo: theirs.id }))],
    ['as quoted post', create(carol, note(carol, { quoteUrl: theirs.id }))],
    ['as quoted post of FEP-044f', create(carol, note(carol, { quote: theirs.id }))],
    ['as what is boosted', activity('Announce', carol, theirs.id, { to: [PUBLIC] })],
    ['as what is liked', activity('Like', carol, theirs.id)],
    ['as target', activity('Add', carol, note(carol).id, { target: `${bob.iri}/featured` })],
    ['inside an announced activity', activity('Announce', carol, create(bob, theirs), { to: [PUBLIC] })]
  ]
  for (const [how, json, signer] of blocked) t.equal(await receive(ctx, json, signer), 'refused-blocked', how)
  await t.rejects(
    fetchObject(ctx, theirs.id).then((row) => row ?? Promise.reject(new Error('nothing'))),
    { message: 'nothing' }
  )
  t.same(bad.seen, [], 'nobody asked there')
  t.same(await ctx.db('objects').select('id'), [])
  const mention = create(
    carol,
    note(carol, { cc: [bob.iri, alice.iri], tag: [{ type: 'Mention', href: bob.iri, name: '@bob@bad.example' }] })
  )
  t.equal(await receive(ctx, mention), 'created', 'a word about somebody there is not theirs')
  const picture = { type: 'Image', mediaType: 'image/png', url: 'https://bad.example/a.png' }
  t.equal(await receive(ctx, create(carol, note(carol, { attachment: [picture] }))), 'created')
  const [signature, encoded] = new URL(mediaProxyUrl(ctx, picture.url)).pathname.split('/').slice(-2)
  await t.rejects(readProxied(ctx, signature!, encoded!), { code: 'media.unknown' })
  t.same(bad.seen, [], 'nor for a picture')
})

t.test('D02: who liked and boosted from a blocked server is named no more', async (t) => {
  const { ctx, admin, alice, bob, carol } = await scene(t)
  const post = await createNote(ctx, alice, { text: 'Bonjour' })
  for (const actor of [bob, carol]) {
    t.equal(await receive(ctx, activity('Like', actor, post.iri)), 'liked')
    t.equal(await receive(ctx, activity('Announce', actor, post.iri, { to: [PUBLIC] })), 'boosted')
  }
  t.equal((await likersOf(ctx, post.id, PAGE)).length, 2)
  await saveHostPolicy(ctx, admin.id, { host: 'bad.example', action: 'block' })
  for (const listed of [likersOf, boostersOf])
    t.same(
      (await listed(ctx, post.id, PAGE)).map(({ id }) => id),
      [carol.id]
    )
})

t.test('D04: a blocked host behind the handle’s domain is blocked too', async (t) => {
  const { ctx, admin, alice } = await scene(t)
  const split = await remotePerson(ctx, 'sam@web.example', { domain: 'bad.example' })
  await localFollow(ctx, alice, split)
  t.equal(await receive(ctx, create(split, note(split))), 'created')
  await saveHostPolicy(ctx, admin.id, { host: 'bad.example', action: 'block' })
  t.equal(await receive(ctx, create(split, note(split))), 'refused-blocked')
  t.same(await publicTimeline(ctx, { actorId: alice.id }, {}, PAGE), [])
})

t.test('D05: a block cancels what waits, ends follows both ways, hides what is stored, and says goodbye to nobody', async (t) => {
  const { ctx, admin, alice, bob, carol } = await scene(t)
  t.equal(await receive(ctx, create(bob, note(bob))), 'created')
  t.equal(await receive(ctx, create(carol, note(carol))), 'created')
  t.equal(await receive(ctx, activity('Follow', bob, alice.iri)), 'followed')
  const say = () =>
    publish(ctx, ctx.db, { actor: alice, type: 'Like', object: `${bob.iri}/1`, to: [bob.iri, carol.iri], cc: [], visibility: 'direct' })
  await say()
  const sent = await ctx.db('activities').count({ n: '*' })
  t.equal((await homeTimeline(ctx, alice.id, PAGE)).length, 2)
  await saveHostPolicy(ctx, admin.id, { host: 'bad.example', action: 'block', reason: 'pourriel' })
  t.same(await ctx.db('deliveries').where({ state: 'waiting' }).distinct('host').pluck('host'), ['good.example'])
  t.ok((await ctx.db('deliveries').where({ host: 'bad.example' }).pluck('state')).every((state) => state === 'cancelled'))
  t.same(await ctx.db('follows').pluck('followed_id'), [carol.id])
  t.equal((await homeTimeline(ctx, alice.id, PAGE)).length, 1)
  t.same(await ctx.db('notifications').where({ owner_id: alice.id }), [])
  t.same(await ctx.db('activities').count({ n: '*' }), sent, 'nothing was published for it')
  await say()
  t.equal((await ctx.db('deliveries').where({ state: 'waiting', host: 'bad.example' })).length, 0, 'and nothing waits for it later')
  t.match(await ctx.db('decisions').first(), { moderator_id: admin.id, action: 'host-block', host: 'bad.example', reason: 'pourriel' })
  await removeHostPolicy(ctx, admin.id, 'BAD.example')
  t.equal((await publicTimeline(ctx, { actorId: alice.id }, {}, PAGE)).length, 2, 'shown again')
  t.same(await ctx.db('follows').pluck('followed_id'), [carol.id], 'follows stay ended')
})

t.test('limit: shown to followers alone, found by the whole handle, notifies only whoever follows', async (t) => {
  const { ctx, admin, alice, bob } = await scene(t)
  const zoe = await localPerson(ctx, 'zoe')
  await saveHostPolicy(ctx, admin.id, { host: 'bad.example', action: 'limit' })
  const tag = { type: 'Hashtag', name: '#compost', href: 'https://bad.example/tags/compost' }
  const post = create(bob, note(bob, { tag: [tag] }))
  t.equal(await receive(ctx, post), 'created')
  for (const [who, viewer, length] of [
    ['a follower', { actorId: alice.id }, 1],
    ['anybody else', { actorId: zoe.id }, 0],
    ['a visitor', { actorId: null }, 0]
  ] as const) {
    t.equal((await publicTimeline(ctx, viewer, {}, PAGE)).length, length, who)
    t.equal((await tagTimeline(ctx, viewer, 'compost', {}, PAGE)).length, length, who)
    t.equal((await searchActors(ctx, 'bob', 10, 0, viewer)).length, length, who)
  }
  t.equal((await searchActors(ctx, 'bob@bad.example', 10, 0, { actorId: zoe.id })).length, 1)
  for (const owner of [alice, zoe]) {
    const hello = note(bob, { cc: [owner.iri], tag: [{ type: 'Mention', href: owner.iri, name: `@${owner.username}` }] })
    await receive(ctx, create(bob, hello))
  }
  t.same(await ctx.db('notifications').pluck('owner_id'), [alice.id])
})

t.test('only listed servers: all others are as blocked, and come back with the setting', async (t) => {
  const { ctx, admin, alice, bob, carol } = await scene(t)
  await receive(ctx, create(bob, note(bob)))
  await saveHostPolicy(ctx, admin.id, { host: 'good.example', action: 'allow' })
  await saveFederationSettings(ctx, admin.id, { listedOnly: true })
  t.equal(await policyOf(ctx, 'bad.example'), 'block')
  t.equal(await policyOf(ctx, 'commune.test'), null, 'we ourselves are no stranger')
  t.equal(await receive(ctx, create(bob, note(bob))), 'refused-blocked')
  t.equal(await receive(ctx, create(carol, note(carol))), 'created')
  t.equal((await publicTimeline(ctx, { actorId: alice.id }, {}, PAGE)).length, 1)
  await publish(ctx, ctx.db, { actor: alice, type: 'Like', object: `${bob.iri}/1`, to: [bob.iri, carol.iri], cc: [], visibility: 'direct' })
  t.same(await ctx.db('deliveries').pluck('host'), ['good.example'])
  await saveFederationSettings(ctx, admin.id, { listedOnly: false })
  t.equal((await publicTimeline(ctx, { actorId: alice.id }, {}, PAGE)).length, 2)
})

t.test('a list in Mastodon’s format is read, previewed with its mistakes, written at once, and given back', async (t) => {
  const { ctx, admin } = await scene(t)
  const list = [
    '#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate',
    'bad.example,suspend,false,true,"Spam, ""really""\nand more",true',
    'Quiet.example.,silence,false,false,,false',
    'pictures.example,noop,true,false,,false',
    'quiet.example,suspend,false,false,,false',
    'b*d.example,suspend,false,false,,false',
    'commune.test,suspend,false,false,,false',
    'not a host,suspend,false,false,,false',
    'odd.example,perhaps,false,false,,false',
    ''
  ].join('\r\n')
  const preview = await previewHostList(ctx, list)
  t.match(preview.policies, [
    { host: 'bad.example', action: 'block', rejectReports: true, publicComment: 'Spam, "really"\nand more', obfuscate: true, now: null },
    { host: 'quiet.example', action: 'limit' },
    { host: 'pictures.example', action: 'reject_media' }
  ])
  t.same(
    preview.problems.map(({ line, reason }) => [line, reason]),
    [
      [6, 'twice'],
      [7, 'obfuscated'],
      [8, 'own'],
      [9, 'host'],
      [10, 'severity']
    ]
  )
  t.same(await ctx.db('domain_policies'), [], 'a preview writes nothing')
  t.equal(await saveHostPolicies(ctx, admin.id, preview.policies), 3)
  const exported = await exportHostList(ctx)
  t.equal(
    exported,
    [
      '#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate',
      'bad.example,suspend,false,true,"Spam, ""really""\nand more",true',
      'pictures.example,noop,true,false,,false',
      'quiet.example,silence,false,false,,false',
      ''
    ].join('\n')
  )
  t.match(await previewHostList(ctx, exported), { policies: [], unchanged: 3, problems: [] })
  const decided = { host: 'bad.example', action: 'limit' as const, reason: 'Pour nous', publicComment: 'Pour tous', obfuscate: true }
  await saveHostPolicy(ctx, admin.id, decided)
  t.match(await previewHostList(ctx, 'quiet.example\nbad.example'), {
    policies: [{ host: 'quiet.example' }, { ...decided, action: 'block' }]
  })
  await saveHostPolicy(ctx, admin.id, { ...decided, action: 'block' })
  t.match(await previewHostList(ctx, 'bad.example'), { policies: [], unchanged: 1 }, 'names alone wipe out no reasons')
  t.match(readHostList('one.example\n\ntwo.example\n', ['commune.test']).inputs, [
    { host: 'one.example', action: 'block' },
    { host: 'two.example' }
  ])
  t.match(obfuscated('bad.example'), /^b.*\*.*e$/)
})

t.test('neither ourselves nor what is above us can be judged', async (t) => {
  const { ctx, admin } = await scene(t)
  await t.rejects(saveHostPolicy(ctx, admin.id, { host: 'commune.test', action: 'block' }), { code: 'host.own' })
  await t.rejects(saveHostPolicy(ctx, admin.id, { host: 'b*d.example', action: 'block' }), { code: 'host.invalid' })
  await t.rejects(removeHostPolicy(ctx, admin.id, 'unknown.example'), { code: 'host.no-policy' })
  t.same(await ctx.db('decisions'), [])
})
