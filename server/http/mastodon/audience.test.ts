// The two levels a village needs beside Mastodon's four, and who may answer: seen, hidden, refused, and told on the wire.
import t from 'tap'
import { create, localFollow, note, receive } from '../../test/arrivals.ts'
import { client, clientScene } from '../../test/client.ts'
import { remotePerson } from '../../test/people.ts'

async function scene(t: Parameters<typeof clientScene>[0]) {
  const test = await clientScene(t)
  const carl = await remotePerson(test.ctx, 'carl@elsewhere.example')
  await localFollow(test.ctx, carl, test.alice.actor)
  const say = async (status: string, more: object = {}) => (await test.alice.call('POST', '/api/v1/statuses', { status, ...more })).json
  const walls = async (who = test.bea.call) =>
    (await who('GET', '/api/v1/timelines/public?local=true')).json.map(({ id }: { id: string }) => id)
  return { ...test, carl, say, walls }
}

t.test('what is for this commune alone is on its wall for its people, nowhere else, and leaves for nobody', async (t) => {
  const { ctx, alice, bea, anyone, say, walls } = await scene(t)
  const post = await say('Coupure d’eau rue Haute #eau', { visibility: 'local' })
  t.match(post, { visibility: 'private', communer: { visibility: 'local' } }, 'an app that knows four words shows the narrower one')
  t.same(await walls(), [post.id])
  t.same(await walls(anyone), [])
  t.same((await bea.call('GET', '/api/v1/timelines/public')).json, [])
  t.equal((await anyone('GET', `/api/v1/statuses/${post.id}`)).status, 404)
  t.equal((await bea.call('GET', `/api/v1/statuses/${post.id}`)).status, 200)
  const found = async (who: typeof bea.call) =>
    (await who('GET', '/api/v2/search?q=coupure&type=statuses')).json.statuses?.map(({ id }: { id: string }) => id)
  const twin = await say('Coupure de gaz')
  t.same(await found(bea.call), [twin.id, post.id], 'its people find it by its words')
  await say('Coupure entre nous', { visibility: 'private' })
  t.same(await found(bea.call), [twin.id, post.id])
  for (const path of ['/api/v1/timelines/tag/eau']) t.same((await bea.call('GET', path)).json, [], path)
  t.equal((await bea.call('POST', `/api/v1/statuses/${post.id}/reblog`)).status, 422)
  const answer = (await bea.call('POST', '/api/v1/statuses', { status: 'Jusqu’à quand ?', in_reply_to_id: post.id, visibility: 'public' }))
    .json
  t.equal(answer.communer.visibility, 'local', 'an answer is for as few')
  const edited = (await alice.call('PUT', `/api/v1/statuses/${post.id}`, { status: 'Jusqu’à midi', visibility: 'public' })).json
  t.equal(edited.communer.visibility, 'local', 'no edit widens it')
  t.same(await ctx.db('deliveries').select('inbox'), [], 'nothing leaves')
})

t.test('who may answer: the commune’s people, a group’s members, nobody; here and from elsewhere', async (t) => {
  const { ctx, app, alice, bea, carl, anyone, say } = await scene(t)
  const closed = await say('Arrêté municipal', { reply_policy: 'nobody' })
  t.match(closed.communer, { reply_policy: 'nobody', can_reply: true }, 'its author may')
  t.match((await anyone('GET', `/api/v1/statuses/${closed.id}`)).json.communer, { reply_policy: 'nobody', can_reply: false })
  const reply = (id: string, who = bea) => who.call('POST', '/api/v1/statuses', { status: 'Ah ?', in_reply_to_id: id })
  t.match(await reply(closed.id), { status: 403, json: { error: /./ } })
  const own = (await reply(closed.id, alice)).json
  t.equal(own.in_reply_to_id, closed.id)
  t.equal((await reply(own.id)).status, 403, 'nor an answer to an answer')
  t.match((await bea.call('GET', `/api/v1/statuses/${own.id}`)).json.communer, { can_reply: false })
  const row = (await ctx.db('objects').where({ id: closed.id }).first())!
  t.match(row.doc, { commentsEnabled: false, interactionPolicy: { canReply: { automaticApproval: [alice.actor.iri] } } })
  const remote = note(carl, { inReplyTo: row.iri })
  t.equal(await receive(ctx, create(carl, remote)), 'refused-locked')
  t.same((await anyone('GET', `/api/v1/statuses/${closed.id}/context`)).json.descendants.length, 1)

  const change = (policy: string, who = alice) =>
    who.call('PUT', `/api/v1/statuses/${closed.id}/interaction_policy`, { reply_policy: policy })
  // Who answered before it was closed does not go on under their own answer.
  const before = await say('Ouvert d’abord')
  const first = (await reply(before.id)).json
  await alice.call('PUT', `/api/v1/statuses/${before.id}/interaction_policy`, { reply_policy: 'nobody' })
  t.equal((await reply(first.id)).status, 403)
  t.match((await bea.call('GET', `/api/v1/statuses/${first.id}`)).json.communer, { can_reply: false })
  t.equal((await reply(first.id, alice)).status, 200)
  t.equal((await change('everyone', bea)).status, 403)
  t.equal((await change('friends')).status, 422)
  t.match((await change('members')).json.communer, { reply_policy: 'members' })
  t.equal((await reply(closed.id)).status, 200, 'the people of the commune may')
  t.equal(await receive(ctx, create(carl, note(carl, { inReplyTo: row.iri }))), 'refused-locked')
  t.match((await change('everyone')).json.communer, { reply_policy: 'everyone', can_reply: true })
  const { doc } = (await ctx.db('objects').where({ id: closed.id }).first())!
  t.notOk('commentsEnabled' in doc || 'canReply' in doc.interactionPolicy)
  t.equal(await receive(ctx, create(carl, note(carl, { inReplyTo: row.iri }))), 'created')

  await alice.call('POST', '/api/communer/v1/groups', { name: 'Jardin', username: 'jardin' })
  const inGroup = await say('Clés du local', { as: 'jardin', reply_policy: 'members' })
  t.equal((await reply(inGroup.id)).status, 403)
  await bea.call('POST', '/api/communer/v1/groups/jardin/join')
  t.equal((await reply(inGroup.id)).status, 200)
  const dora = await client(ctx, app, 'dora')
  t.match((await dora.call('GET', `/api/v1/statuses/${inGroup.id}`)).json.communer, { can_reply: false })
  const group = (await ctx.db('actors').where({ username: 'jardin' }).first())!
  const published = (await ctx.db('objects').where({ id: inGroup.id }).first())!.doc
  t.match(published.interactionPolicy.canReply, { automaticApproval: [group.iri, `${group.iri}/members`] })
})

t.test('what a post from elsewhere says of answers is said before somebody writes one in vain', async (t) => {
  const { ctx, bea, carl } = await scene(t)
  const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public'
  await localFollow(ctx, bea.actor, carl)
  const arrived = async (more: Record<string, unknown>) => {
    const written = note(carl, more)
    t.equal(await receive(ctx, create(carl, written)), 'created')
    return (await ctx.db('objects').where({ iri: written['id'] }).first('id', 'iri'))!
  }
  const canReply = async (id: string) => (await bea.call('GET', `/api/v1/statuses/${id}`)).json.communer.can_reply
  const said = (policy: object) => ({ interactionPolicy: { canReply: policy } })
  const closed = [
    { commentsEnabled: false },
    { locked: true },
    said({ automaticApproval: [carl.iri] }),
    said({ always: [carl.iri], approvalRequired: [] })
  ]
  for (const more of closed) {
    const { id } = await arrived(more)
    t.equal(await canReply(id), false, JSON.stringify(more))
    t.equal((await bea.call('POST', '/api/v1/statuses', { status: 'Ah ?', in_reply_to_id: id })).status, 403)
  }
  for (const more of [
    {},
    { commentsEnabled: true },
    said({ automaticApproval: [PUBLIC] }),
    said({ automaticApproval: [carl.iri], manualApproval: [PUBLIC] }),
    said({ automaticApproval: [carl.followers_iri] })
  ])
    t.equal(await canReply((await arrived(more)).id), true, JSON.stringify(more))
  // What others rule is enforced where they are: answers that are there stay readable here.
  const quiet = await arrived({ commentsEnabled: false })
  const dan = await remotePerson(ctx, 'dan@other.example')
  await localFollow(ctx, bea.actor, dan)
  t.not(await receive(ctx, create(dan, note(dan, { inReplyTo: quiet.iri }))), 'refused-locked')
})

t.test('why one sees a post: the rules that put it there, whom they concern, and nothing of what one may not see', async (t) => {
  const { ctx, app, alice, bea, anyone, say } = await scene(t)
  const post = await say('Fête #jardin')
  const why = async (id: string, feed: string, who = bea) =>
    (await who.call('GET', `/api/communer/v1/statuses/${id}/why?feed=${feed}`)).json.map(
      ({ reason, account, tag, followers }: { reason: string; account: { acct: string } | null; tag?: string; followers?: number }) =>
        [reason, account?.acct ?? tag ?? followers].filter((part) => part !== undefined).join(' ')
    )
  t.same(await why(post.id, 'commune'), ['commune'])
  t.same(await why(post.id, 'commune', alice), ['commune', 'own'])
  await bea.call('POST', '/api/v1/tags/jardin/follow')
  t.same(await why(post.id, 'home'), ['tag jardin'])
  await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/follow`)
  t.same(await why(post.id, 'home'), ['follows alice', 'tag jardin'])
  const carla = await client(ctx, app, 'carla')
  await carla.call('POST', `/api/v1/accounts/${bea.actor.id}/follow`)
  const boost = (await bea.call('POST', `/api/v1/statuses/${post.id}/reblog`)).json
  t.same(await why(boost.id, 'home', carla), ['shared bea'])
  await alice.call('POST', '/api/communer/v1/groups', { name: 'Jardin', username: 'jardin' })
  await bea.call('POST', '/api/communer/v1/groups/jardin/join')
  const said = await say('Semis', { as: 'jardin' })
  t.same(await why(said.id, 'groups'), ['group jardin'])
  const secret = await say('@carla entre nous', { visibility: 'direct' })
  t.same(await why(secret.id, 'home', carla), ['named'])
  t.equal((await bea.call('GET', `/api/communer/v1/statuses/${secret.id}/why`)).status, 404)
  t.equal((await anyone('GET', `/api/communer/v1/statuses/${post.id}/why`)).status, 401)
})
