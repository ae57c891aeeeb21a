// The Mastodon API as clients use it: through HTTP, with tokens, on a real database.
import t from 'tap'
import { saveFollow } from '../../db/links.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { client, clientScene, type Client, type Json } from '../../test/client.ts'
import { localGroup, remotePerson } from '../../test/people.ts'

t.test('a post is written, read by anyone, answered, liked, boosted, edited and deleted', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const { status, json: post } = await alice.call(
    'POST',
    '/api/v1/statuses',
    { status: 'Bonjour #commune', language: 'fr' },
    { 'idempotency-key': 'a' }
  )
  t.equal(status, 200)
  t.match(post, {
    visibility: 'public',
    account: { acct: 'alice' },
    tags: [{ name: 'commune' }],
    reblog: null,
    poll: null,
    card: null,
    communer: { type: 'Note', event: null }
  })
  t.equal((await alice.call('POST', '/api/v1/statuses', { status: 'Bonjour #commune' }, { 'idempotency-key': 'a' })).json.id, post.id)
  const reply = (await bea.call('POST', '/api/v1/statuses', { status: '@alice salut', in_reply_to_id: post.id })).json
  t.match(reply, { in_reply_to_id: post.id, in_reply_to_account_id: alice.actor.id, mentions: [{ acct: 'alice' }] })
  t.match((await bea.call('POST', `/api/v1/statuses/${post.id}/favourite`)).json, {
    favourited: true,
    favourites_count: 1,
    replies_count: 1
  })
  t.match((await bea.call('GET', '/api/v1/favourites')).json, [{ id: post.id }])
  const boost = (await bea.call('POST', `/api/v1/statuses/${post.id}/reblog`)).json
  t.match(boost, { account: { acct: 'bea' }, reblog: { id: post.id, reblogged: true, reblogs_count: 1 } })
  const seen = (await anyone('GET', `/api/v1/statuses/${post.id}`)).json
  t.match(seen, { favourited: false, replies_count: 1, communer: { latest_reply: { id: reply.id, account: { acct: 'bea' } } } })
  t.match((await anyone('GET', `/api/v1/statuses/${post.id}/context`)).json, { ancestors: [], descendants: [{ id: reply.id }] })
  t.match((await anyone('GET', `/api/v1/statuses/${reply.id}/context`)).json, { ancestors: [{ id: post.id }], descendants: [] })
  t.match((await anyone('GET', `/api/v1/statuses/${post.id}/favourited_by`)).json, [{ acct: 'bea' }])
  t.match((await anyone('GET', `/api/v1/statuses/${post.id}/reblogged_by`)).json, [{ acct: 'bea' }])
  t.match((await alice.call('PUT', `/api/v1/statuses/${post.id}`, { status: 'Bonsoir' })).json, { content: '<p>Bonsoir</p>', tags: [] })
  t.match((await anyone('GET', `/api/v1/statuses/${post.id}/history`)).json, [{ content: /Bonjour/ }, { content: '<p>Bonsoir</p>' }])
  t.match((await alice.call('GET', `/api/v1/statuses/${post.id}/source`)).json, { text: 'Bonsoir' })
  t.equal((await bea.call('DELETE', `/api/v1/statuses/${post.id}`)).status, 403)
  t.match((await bea.call('POST', `/api/v1/statuses/${post.id}/unreblog`)).json, { reblogged: false, reblogs_count: 0 })
  t.match((await alice.call('DELETE', `/api/v1/statuses/${post.id}`)).json, { text: 'Bonsoir' })
  t.same((await anyone('GET', `/api/v1/statuses/${post.id}`)).status, 404)
})

t.test('a POST that announces JSON and says nothing is understood; broken JSON is not', async (t) => {
  const { app, ctx, alice } = await clientScene(t)
  const { id } = (await alice.call('POST', '/api/v1/statuses', { status: 'x' })).json
  const token = await createToken(ctx, (await ctx.db('accounts').where({ actor_id: alice.actor.id }).first()).id, 'write')
  const like = (payload: string) =>
    app.inject({
      method: 'POST',
      url: `/api/v1/statuses/${id}/favourite`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      payload
    })
  t.equal((await like('')).statusCode, 200)
  t.equal((await like('{')).statusCode, 400)
  t.equal((await like('{"__proto__":{"x":1}}')).statusCode, 400)
})

t.test('who may not see a post gets the very answer of one that does not exist (V02)', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const post = (await alice.call('POST', '/api/v1/statuses', { status: 'privé', visibility: 'private' })).json
  t.equal(post.visibility, 'private')
  for (const path of ['', '/context', '/favourited_by', '/reblogged_by', '/history']) {
    const hidden = await anyone('GET', `/api/v1/statuses/${post.id}${path}`)
    const missing = await anyone('GET', `/api/v1/statuses/1${path}`)
    t.same([hidden.status, hidden.json], [missing.status, missing.json], path)
    t.equal(hidden.status, 404)
  }
  t.equal((await bea.call('POST', `/api/v1/statuses/${post.id}/favourite`)).status, 404)
  t.equal((await bea.call('PUT', `/api/v1/statuses/${post.id}`, { status: 'x' })).status, 404)
  t.equal((await anyone('GET', '/api/v1/statuses/abc')).status, 404)
})

t.test('without a token nobody writes or reads homes; an unknown visibility is refused', async (t) => {
  const { app, ctx, alice, anyone } = await clientScene(t)
  t.equal((await anyone('POST', '/api/v1/statuses', { status: 'x' })).status, 401)
  t.equal((await anyone('GET', '/api/v1/timelines/home')).status, 401)
  t.equal((await anyone('GET', '/api/v2/search?q=x&resolve=true')).status, 401)
  const reader = await client(ctx, app, 'reader', 'read')
  t.equal((await reader.call('POST', '/api/v1/statuses', { status: 'x' })).status, 403)
  t.equal((await alice.call('POST', '/api/v1/statuses', { status: 'x', visibility: 'friends' })).status, 422)
  t.equal((await alice.call('POST', '/api/v1/statuses', { status: 'x', poll: { options: ['a'] } })).status, 422)
})

t.test('following fills the home, a block empties it, and relationships say so', async (t) => {
  const { alice, bea } = await clientScene(t)
  const post = (await alice.call('POST', '/api/v1/statuses', { status: 'avant' })).json
  t.match((await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/follow`)).json, {
    following: true,
    requested: false,
    showing_reblogs: true
  })
  t.match((await bea.call('GET', '/api/v1/timelines/home')).json, [{ id: post.id }])
  t.match((await alice.call('GET', '/api/v1/notifications')).json, [{ type: 'follow', account: { acct: 'bea' }, status: null }])
  t.match((await alice.call('GET', `/api/v1/accounts/${alice.actor.id}/followers`)).json, [{ acct: 'bea' }])
  t.match((await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/block`)).json, { blocking: true, followed_by: false })
  t.same((await bea.call('GET', '/api/v1/timelines/home')).json, [])
  t.match((await bea.call('GET', `/api/v1/accounts/relationships?id[]=${alice.actor.id}`)).json, [{ following: false, blocked_by: true }])
  t.equal((await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/follow`)).status, 403)
  t.match((await alice.call('GET', '/api/v1/blocks')).json, [{ acct: 'bea' }])
  t.match((await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/unblock`)).json, { blocking: false })
  t.equal((await alice.call('POST', `/api/v1/accounts/${alice.actor.id}/follow`)).status, 422)
})

t.test('a person who wants to be asked accepts or refuses requests', async (t) => {
  const { ctx, alice, bea } = await clientScene(t)
  await ctx.db('actors').where({ id: alice.actor.id }).update({ locked: true })
  t.match((await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/follow`)).json, { following: false, requested: true })
  t.match((await alice.call('GET', '/api/v1/follow_requests')).json, [{ acct: 'bea' }])
  t.match((await alice.call('POST', `/api/v1/follow_requests/${bea.actor.id}/authorize`)).json, { followed_by: true })
  t.match((await alice.call('GET', '/api/v1/notifications?types[]=follow_request')).json, [])
  t.match((await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/remove_from_followers`)).json, { followed_by: false })
})

t.test('the commune’s wall holds local first posts and boosts by groups; pages chain by Link without gap or double', async (t) => {
  const { ctx, alice, bea, anyone } = await clientScene(t)
  const jardin = await localGroup(ctx, 'jardin', alice.actor)
  const ids: string[] = []
  for (let i = 0; i < 5; i += 1) ids.unshift((await alice.call('POST', '/api/v1/statuses', { status: `n° ${i}` })).json.id)
  await bea.call('POST', '/api/v1/statuses', { status: 'réponse', in_reply_to_id: ids[0] })
  await bea.call('POST', `/api/v1/statuses/${ids[1]}/reblog`)
  const official = (await alice.call('POST', '/api/v1/statuses', { status: 'Au jardin', as: 'jardin' })).json
  t.match(official, { account: { acct: 'jardin', group: true }, communer: { group: { acct: 'jardin' }, author: { acct: 'alice' } } })
  const groupBoost = (await alice.call('POST', `/api/v1/statuses/${ids[4]}/reblog`, { as: 'jardin' })).json
  t.match(groupBoost, { account: { acct: jardin.username }, reblog: { id: ids[4] } })
  const expected = [groupBoost.id, official.id, ...ids]
  const seen: string[] = []
  let url: string | null = '/api/v1/timelines/public?local=true&limit=3'
  while (url !== null) {
    const page: Awaited<ReturnType<Client['call']>> = await anyone('GET', url)
    seen.push(...page.json.map((status: Json) => status['id']))
    const next = /<https:\/\/commune\.test([^>]+)>; rel="next"/.exec(String(page.headers['link'] ?? ''))
    url = next === null ? null : next[1]!
  }
  t.same(seen, expected)
  const newer = await anyone('GET', `/api/v1/timelines/public?local=true&limit=2&min_id=${ids[4]}`)
  t.same(
    newer.json.map((status: Json) => status['id']),
    [ids[2], ids[3]]
  )
})

t.test('a timeline page costs the same number of queries for 1 and for 30 posts', async (t) => {
  const { ctx, alice, bea, anyone } = await clientScene(t)
  const count = async (): Promise<number> => {
    let queries = 0
    const listen = (): void => void (queries += 1)
    ctx.db.on('query', listen)
    const answer = await anyone('GET', '/api/v1/timelines/public?local=true&limit=40')
    ctx.db.off('query', listen)
    t.ok(answer.json.length > 0)
    return queries
  }
  await alice.call('POST', '/api/v1/statuses', { status: 'seul' })
  const one = await count()
  for (let i = 0; i < 30; i += 1) {
    const who = i % 2 === 0 ? alice : bea
    const { json } = await who.call('POST', '/api/v1/statuses', { status: `@alice n° ${i} #tag${i}` })
    if (i % 3 === 0) await bea.call('POST', '/api/v1/statuses', { status: 'oui', in_reply_to_id: json.id })
  }
  const many = await count()
  t.equal(many, one)
  t.ok(many <= 5, `${many} queries`)
})

t.test('search finds people, posts and tags without accents; hidden posts never', async (t) => {
  const { ctx, alice, anyone } = await clientScene(t)
  await remotePerson(ctx, 'bob@mastodon.example', { name: 'Robert Élan' })
  await alice.call('POST', '/api/v1/statuses', { status: 'Fête du vélo #Vélorution' })
  await alice.call('POST', '/api/v1/statuses', { status: 'vélo secret', visibility: 'private' })
  t.match((await anyone('GET', '/api/v2/search?q=elan')).json, { accounts: [{ acct: 'bob@mastodon.example' }], statuses: [], hashtags: [] })
  const { json } = await anyone('GET', '/api/v2/search?q=velo')
  t.equal(json.statuses.length, 1)
  t.match(json.hashtags, [{ name: 'velorution' }])
  t.match((await anyone('GET', `/api/v2/search?q=${encodeURIComponent('https://mastodon.example/users/bob')}`)).json.accounts, [
    { acct: 'bob@mastodon.example' }
  ])
  t.match((await anyone('GET', '/api/v1/accounts/lookup?acct=bob@mastodon.example')).json, { acct: 'bob@mastodon.example' })
  t.match((await anyone('GET', '/api/v1/timelines/tag/velorution')).json, [{ tags: [{ name: 'Vélorution' }] }])
  t.equal((await anyone('GET', '/api/v2/search?q=%25%25%25')).json.accounts.length, 0)
})

t.test('search knows French endings, typing mistakes, exact words and the operators of Mastodon', async (t) => {
  const { ctx, alice, bea, anyone } = await clientScene(t)
  await ctx.db('actors').whereIn('id', [alice.actor.id, bea.actor.id]).update({ indexable: true })
  const write = async (who: Client, status: string, more = {}): Promise<string> =>
    (await who.call('POST', '/api/v1/statuses', { status, ...more })).json.id
  const atelier = await write(alice, 'Réparations de vélos samedi à l’école https://boulangerie.example/pain', { language: 'fr' })
  const answer = await write(bea, 'Je viens réparer le mien', { in_reply_to_id: atelier })
  await write(bea, 'réparer en secret', { visibility: 'private' })
  const ids = async (q: string, more = '', who: Client['call'] = anyone): Promise<string[]> =>
    (await who('GET', `/api/v2/search?type=statuses&q=${encodeURIComponent(q)}${more}`)).json.statuses.map((one: Json) => one.id)
  t.same(await ids('reparation'), [answer, atelier], 'endings and accents do not count')
  t.same(await ids('ecole VELO'), [atelier])
  t.same(await ids('samed'), [atelier], 'the beginning of a word is enough')
  t.same(await ids('réparer -vélo'), [answer])
  t.same(await ids('"samedi vélos"'), [], 'quoted words stand together in this order')
  t.same(await ids('href'), [], 'markup is no word')
  t.same(await ids('reparer from:bea'), [answer])
  t.same(await ids('from:me', '', alice.call), [atelier])
  t.same(await ids('from:nobody reparer'), [])
  t.same(await ids('réparer is:reply'), [answer])
  t.same(await ids('réparer -is:reply language:fr'), [atelier])
  t.same(await ids('réparer has:media'), [])
  t.same(await ids('réparer before:2001-01-01'), [])
  t.equal((await ids('réparer after:2001-01-01')).length, 2)
  t.same(await ids('réparer after:2001-02-31'), [], 'a day that does not exist is a word')
  t.same(await ids('has:poll'), [], 'operators alone are no search')
  t.same(await ids('réparer', `&account_id=${bea.actor.id}`), [answer])
  t.same(await ids('réparer', '&account_id=x'), [])
  t.same(await ids('réparer', `&max_id=${answer}`), [atelier])
  t.same(await ids('réparer', '&following=true&limit=5', alice.call), [])
  t.same(await ids('réparer', '&offset=1', alice.call), [atelier])
  t.equal((await anyone('GET', '/api/v2/search?q=x&following=true')).status, 401)
  await bea.call('PATCH', '/api/v1/accounts/update_credentials', { display_name: 'Béatrice Boulanger' })
  t.match((await anyone('GET', '/api/v2/search?q=boulengere')).json.accounts, [], 'too far')
  t.match((await anyone('GET', '/api/v2/search?q=beatrise')).json.accounts, [{ acct: 'bea' }], 'a mistake in a name of here')
  await ctx.db('actors').where({ id: alice.actor.id }).update({ indexable: false })
  t.same(await ids('réparations'), [answer], 'who does not want to be found is not')
  await write(bea, `${'mot '.repeat(900)}fin`)
})

t.test('remote pictures are never loaded from elsewhere by our readers', async (t) => {
  const { ctx, alice } = await clientScene(t)
  const bob = await remotePerson(ctx, 'bob@mastodon.example', {
    icon: JSON.stringify({ url: 'https://mastodon.example/a.png', mediaType: 'image/png' }) as never
  })
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f', follower: bob, followedId: alice.actor.id, state: 'accepted' })
  const [follower] = (await alice.call('GET', `/api/v1/accounts/${alice.actor.id}/followers`)).json
  t.match(follower.avatar, /^https:\/\/commune\.test\/media\/proxy\//)
  t.match(follower.header, 'https://commune.test/headers/original/missing.png')
})

t.test('notifications are listed by kind, put away one by one or all', async (t) => {
  const { alice, bea } = await clientScene(t)
  const post = (await alice.call('POST', '/api/v1/statuses', { status: 'Bonjour' })).json
  await bea.call('POST', `/api/v1/statuses/${post.id}/favourite`)
  await bea.call('POST', `/api/v1/statuses/${post.id}/reblog`)
  await bea.call('POST', '/api/v1/statuses', { status: '@alice oui', in_reply_to_id: post.id })
  const all = (await alice.call('GET', '/api/v1/notifications')).json
  t.same(
    all.map((one: Json) => one['type']),
    ['mention', 'reblog', 'favourite']
  )
  t.match(all[2], { status: { id: post.id }, account: { acct: 'bea' } })
  t.same(
    (await alice.call('GET', '/api/v1/notifications?exclude_types[]=mention&types[]=mention&types[]=reblog')).json.map(
      (one: Json) => one['type']
    ),
    ['reblog']
  )
  t.same((await alice.call('GET', '/api/v1/notifications/unread_count')).json, { count: 3 })
  t.equal((await bea.call('POST', `/api/v1/notifications/${all[0].id}/dismiss`)).status, 200)
  t.equal((await alice.call('GET', `/api/v1/notifications/${all[0].id}`)).status, 200, 'someone else cannot put it away')
  await alice.call('POST', `/api/v1/notifications/${all[0].id}/dismiss`)
  t.equal((await alice.call('GET', `/api/v1/notifications/${all[0].id}`)).status, 404)
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/mute`)
  t.same((await alice.call('GET', '/api/v1/notifications')).json, [])
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/unmute`)
  await alice.call('POST', '/api/v1/notifications/clear')
  t.same((await alice.call('GET', '/api/v1/notifications')).json, [])
})
